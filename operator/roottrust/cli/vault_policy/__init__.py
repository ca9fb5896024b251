"""`roottrust vault-policy`: the rights that the operator itself needs in Vault."""
