"""`roottrust plan`: what the operator would change, shown before it does."""
