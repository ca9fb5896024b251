"""`roottrust verify`: whether every part of a mesh trusts and uses the root that was pinned."""
