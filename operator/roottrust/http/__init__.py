"""What talking to Vault and talking to Kubernetes have in common."""
