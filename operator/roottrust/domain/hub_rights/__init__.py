"""What the hub itself may do in Vault, by its configuration: the least that lets it work."""
