"""The operator's own login with its ServiceAccount, as deploy/README.md sets it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from testbed import Cluster
from tests.integration.hub.rights import NAME, REMOVAL
from tests.integration.vault_calls import Ask, write

MOUNT = "kubernetes"


def enable_login(admin: Ask, cluster: Cluster, *, reviewer: str) -> None:
    """Make the auth mount, unless it is there, with the token of somebody who may review tokens."""
    admin("POST", f"sys/auth/{MOUNT}", {"type": "kubernetes"})
    config = {
        "kubernetes_host": cluster.server,
        "kubernetes_ca_cert": cluster.ca_file.read_text(),
        "token_reviewer_jwt": reviewer,
        "disable_local_ca_jwt": True,
    }
    write(admin, f"auth/{MOUNT}/config", config)


def allow_login(admin: Ask, account: str) -> None:
    """Let one account of the operator's namespace log in, to manage and to remove."""
    role = {
        "audience": "vault",
        "bound_service_account_names": account,
        "bound_service_account_namespaces": "gloo-mesh",
        "token_policies": [NAME, REMOVAL],
        "token_no_default_policy": True,
        "token_ttl": "1h",
    }
    write(admin, f"auth/{MOUNT}/role/{NAME}", role)


def build_login(cluster: Cluster, folder: Path) -> dict[str, Any]:
    """Return the operator's setting, with a token as the kubelet projects it."""
    words = ("create", "token", "roottrust-hub", "-n", "gloo-mesh", "--audience=vault")
    path = folder / "jwt"
    path.write_text(cluster.kubectl(*words).stdout.strip())
    return {"kubernetes": {"mount": MOUNT, "role": NAME, "tokenPath": str(path)}}
