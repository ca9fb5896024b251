"""Controllers of the hub role: RootTrustPolicy to Vault."""
