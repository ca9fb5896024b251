# What the hub may remove from Vault, beside what roottrust-hub.hcl lets it do. Only where policies
# say management.deletionPolicy: Delete; load it, and add it to the policies of the hub's login:
#   vault policy write roottrust-hub-delete deploy/vault/roottrust-hub-delete.hcl
#
# Without it such a policy waits deletionSeconds when it is deleted, and tells what is left behind.
# No root can be removed with it.

# Intermediate mounts, once it was seen that their issuers are no roots.
path "pki_int_*" {
  capabilities = ["read", "list"]
}
path "sys/mounts/pki_int_*" {
  capabilities = ["delete"]
}

# Auth mounts and their roles. Vault asks for sudo wherever auth mounts are disabled.
path "sys/auth/kube-*" {
  capabilities = ["delete", "sudo"]
}
path "auth/kube-*" {
  capabilities = ["delete"]
}

# The policies of agents.
path "sys/policies/acl/gen-int-ca-istio-*" {
  capabilities = ["delete"]
}
