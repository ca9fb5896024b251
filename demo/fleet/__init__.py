"""The story of three clusters: one root, restarts in order, and a rotation that nobody notices."""
