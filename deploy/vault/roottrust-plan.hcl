# Made by `roottrust vault-policy`, for the names of the guide. Where the operator's configuration
# grants others, print the policy for it by that command.
#
# What `roottrust plan` reads in Vault: for people and for CI. It allows no write, and nothing that
# is read by it is a secret. Load it by `vault policy write roottrust-plan FILE`.

# Which mounts exist.
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/auth" {
  capabilities = ["read"]
}
path "sys/mounts/pki/tune" {
  capabilities = ["read"]
}

# The root's certificate.
path "pki/config/issuers" {
  capabilities = ["read"]
}
path "pki/issuers" {
  capabilities = ["list"]
}
path "pki/issuer/+" {
  capabilities = ["read"]
}

# How each cluster logs in, and what its agents may do.
path "auth/kube-*" {
  capabilities = ["read", "list"]
}
path "sys/policies/acl/gen-int-ca-istio-*" {
  capabilities = ["read"]
}

# Its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
