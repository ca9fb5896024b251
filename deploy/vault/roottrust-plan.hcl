# What `roottrust plan` reads in Vault, with the names of the guide: for people and for CI. Load it,
# for example:
#   vault policy write roottrust-plan deploy/vault/roottrust-plan.hcl
#
# It allows no write, and nothing that is read by it is a secret.
# Where the operator's configuration grants other names, write them here, too.

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
