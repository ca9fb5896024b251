"""Controllers of the cluster role: meshes and restarts."""
