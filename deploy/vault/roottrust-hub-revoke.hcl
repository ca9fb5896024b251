# Made by `roottrust vault-policy`, for the names of the guide. Where the operator's configuration
# grants others, print the policy for it by that command.
#
# What the hub may revoke, which nothing undoes: whoever has this can end a root for good. Give it
# beside the hub's other policy beforehand, or when a status asks for it: by then a compromised root
# is distrusted, and of compromised intermediates none is in use. Without it, run the commands that
# the status gives. Load it by `vault policy write roottrust-hub-revoke FILE`.

# A root that is compromised, once nobody trusts it.
path "pki/issuer/+/revoke" {
  capabilities = ["update"]
}

# Intermediates of a cluster that are compromised, once no istiod uses them. Vault cannot narrow
# this to them: where the mount signs for others, too, leave it out.
path "pki/revoke" {
  capabilities = ["update"]
}
