"""`roottrust istiod-patch`."""
