"""`roottrust rotate`: replacing before its time what a policy keeps, followed to the end."""
