"""`roottrust before-uninstall`."""
