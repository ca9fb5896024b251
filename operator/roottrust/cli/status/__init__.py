"""`roottrust status`: the tree of trust, as the management cluster tells it."""
