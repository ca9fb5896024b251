"""The story of one cluster, which a person has: one policy, Vault's rights, and their repair."""
