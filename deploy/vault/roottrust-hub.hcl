# Made by `roottrust vault-policy`, for the names of the guide. Where the operator's configuration
# grants others, print the policy for it by that command.
#
# What the hub may do in Vault. Whoever may write policies and roles can give itself any right. So
# the hub's login is to be guarded like an administrator's; this list keeps its mistakes small and
# its audit log short. Load it by `vault policy write roottrust-hub FILE`.

# Which mounts exist.
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/auth" {
  capabilities = ["read"]
}

# The root's mount: enabled and tuned where the hub makes the root, never disabled.
path "sys/mounts/pki" {
  capabilities = ["create", "update"]
}
path "sys/mounts/pki/tune" {
  capabilities = ["read", "update"]
}

# The root: made inside Vault, and looked up.
path "pki/root/generate/internal" {
  capabilities = ["create", "update"]
}

# The default issuer is changed where a policy has allowUnnamedIssuer, and at a rotation's end.
path "pki/config/issuers" {
  capabilities = ["read", "update"]
}
path "pki/issuers" {
  capabilities = ["list"]
}
path "pki/issuer/+" {
  capabilities = ["read", "patch"]
}

# While a root is rotated, the one in use signs the next one; nothing else is signed by the hub. Who
# may do this can have any root of theirs signed: leave it out where rotation.strategy is MultiRoot.
path "pki/issuer/+/sign-self-issued" {
  capabilities = ["update"]
}

# Before the root that was in use is dropped: what it has signed is looked through for intermediates
# that belong to no policy. Each certificate (cert/SERIAL) is public. Without it a person has to
# approve Drop.
path "pki/certs" {
  capabilities = ["list"]
}

# A root from a Secret (source Import), with its name. patch above is for this, and for taking the
# right to sign from a root that is retired.
path "pki/issuers/import/bundle" {
  capabilities = ["create", "update"]
}
path "pki/key/+" {
  capabilities = ["update"]
}

# Mounts in which Vault makes keys for agents: enabled and tuned.
path "sys/mounts/pki_int_*" {
  capabilities = ["create", "update"]
}

# Their keys: listed, and removed once nobody can use them. No request reads a key, and none is made
# or used with this. A `*` ends a path in Vault, so that keys alone cannot be named for all
# clusters: where that is too much, name the clusters (--cluster). Without it, keys stay, and status
# says so.
path "pki_int_*" {
  capabilities = ["read", "list", "delete"]
}

# One auth mount for each cluster. Vault asks for sudo where auth mounts are enabled.
path "sys/auth/kube-*" {
  capabilities = ["create", "update", "sudo"]
}
path "sys/mounts/auth/kube-*" {
  capabilities = ["update"]
}
path "auth/kube-*" {
  capabilities = ["create", "read", "update", "list"]
}

# One policy for each cluster's agents.
path "sys/policies/acl/gen-int-ca-istio-*" {
  capabilities = ["create", "read", "update"]
}

# Its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
