"""The product, shown step by step on a real cluster and a real Vault."""
