# Made by `roottrust vault-policy`, for the names of the guide. Where the operator's configuration
# grants others, print the policy for it by that command.
#
# What the hub may remove from Vault, beside what its other policy lets it do: only where policies
# say management.deletionPolicy: Delete. Without it such a policy waits deletionSeconds when it is
# deleted, and tells what is left behind. No root can be removed with it. Load it by `vault policy
# write roottrust-hub-delete FILE`.

# Intermediate mounts, once it was seen that their issuers are no roots.
path "pki_int_*" {
  capabilities = ["read", "list"]
}
path "sys/mounts/pki_int_*" {
  capabilities = ["delete"]
}

# Auth mounts and their roles. Vault asks for sudo where auth mounts are disabled.
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
