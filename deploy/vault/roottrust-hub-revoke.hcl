# What the hub may revoke: a root that is compromised, once nobody trusts it (`roottrust rotate root
# --compromised`). Nothing undoes that, so whoever has this can end a root for good; the hub has other
# rights to have a root sign no more. Give it beside roottrust-hub.hcl beforehand, or when a rotation
# waits for it in Retire: by then the root is distrusted. Without it, run the command that the status
# gives.
#   vault policy write roottrust-hub-revoke deploy/vault/roottrust-hub-revoke.hcl
# Where the operator's configuration grants other root mounts, write them here, too.
path "pki/issuer/+/revoke" {
  capabilities = ["update"]
}
