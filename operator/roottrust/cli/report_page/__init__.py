"""`roottrust report`: the status of trust as one page, pure from the report to the last byte."""
