"""The only code that talks to Vault."""
