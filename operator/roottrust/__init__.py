"""One root of trust for the Istio meshes of many clusters, kept in Vault."""
