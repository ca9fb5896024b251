"""What the guide has people type for one cluster: its steps 5 to 8, 11 and 12."""

from __future__ import annotations

from dataclasses import dataclass

from testbed import Cluster
from tests.integration.hub.istiod import Account
from tests.integration.hub.names import Names
from tests.integration.vault_calls import Ask, read, write

POLICY = """
path "{mount}/*" {{
  capabilities = ["create", "read", "update", "delete", "list"]
}}
path "pki/cert/ca" {{
  capabilities = ["read"]
}}
path "pki/root/sign-intermediate" {{
  capabilities = ["create", "read", "update", "list"]
}}
"""


@dataclass(frozen=True, kw_only=True)
class Accessors:
    """By what Vault tells a mount from one that was made anew under its name."""

    auth: str
    intermediate: str


def type_guide(admin: Ask, names: Names, *, cluster: Cluster, istiod: Account) -> Accessors:
    """Do by hand what the guide says, under a test's own names."""
    auth = f"auth/{names.auth_mount}"
    write(admin, f"sys/{auth}", {"type": "kubernetes"})
    reviewer = {"token_reviewer_jwt": istiod.make_token(), "disable_local_ca_jwt": True}
    where = {"kubernetes_host": cluster.server, "kubernetes_ca_cert": cluster.ca_file.read_text()}
    write(admin, f"{auth}/config", {**where, **reviewer})
    bound = {
        "bound_service_account_names": istiod.name,
        "bound_service_account_namespaces": istiod.namespace,
        "policies": names.role,
    }
    write(admin, f"{auth}/role/{names.role}", bound)
    write(admin, f"sys/mounts/{names.intermediate_mount}", {"type": "pki"})
    document = POLICY.format(mount=names.intermediate_mount)
    write(admin, f"sys/policies/acl/{names.role}", {"policy": document})
    return read_accessors(admin, names)


def read_accessors(admin: Ask, names: Names) -> Accessors:
    """Return the accessors of both mounts."""
    auth = (read(admin, "sys/auth") or {})[f"{names.auth_mount}/"]
    mount = (read(admin, "sys/mounts") or {})[f"{names.intermediate_mount}/"]
    return Accessors(auth=str(auth["accessor"]), intermediate=str(mount["accessor"]))
