"""`roottrust cluster`: registering clusters with the hub, by a person."""
