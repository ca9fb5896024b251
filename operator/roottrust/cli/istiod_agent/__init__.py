"""`roottrust init-container`, `sidecar` and `agent`: beside istiod, told by the environment."""
