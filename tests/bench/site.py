"""What the operator needs before it starts: kinds, rights, and its logins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testbed import Cluster, Testbed, Vault
from testbed.kubeconfig import with_token
from tests.bench.bare_vault import BareVault
from tests.bench.fleet import HUB, NAMESPACE, SERVER

KUBECONFIG = "kubeconfig"

_REPOSITORY = Path(__file__).parents[2]
_ACCOUNT = "roottrust-hub"
_TOKEN = "token"


def bring_up(bed: Testbed, folder: Path) -> None:
    """Bring a control plane and OpenBao up, with the kinds and the hub's rights; no pods."""
    bed.up([HUB], nodes=False)
    cluster = bed.cluster(HUB)
    crds = _REPOSITORY / "crds"
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", crds)
    cluster.kubectl("apply", "-f", _REPOSITORY / "deploy/base/namespace.yaml")
    place = f"--namespace={NAMESPACE}"
    cluster.kubectl("apply", place, "-f", _REPOSITORY / "deploy/base/rbac.yaml")
    # The hub logs in to Vault with its own token, which Vault has reviewed with that very token.
    cluster.kubectl("delete", "clusterrolebinding", "bench-reviews", "--ignore-not-found")
    words = ("--clusterrole=system:auth-delegator", f"--serviceaccount={NAMESPACE}:{_ACCOUNT}")
    cluster.kubectl("create", "clusterrolebinding", "bench-reviews", *words)
    token = cluster.kubectl("create", "token", _ACCOUNT, place, "--duration=8h").stdout.strip()
    _write(folder / _TOKEN, token)
    _write(folder / KUBECONFIG, with_token(cluster.kubeconfig.read_text(), token))


async def make_token(admin: BareVault) -> str:
    """Return a token that may do in an empty Vault what the hub may."""
    rights = (_REPOSITORY / "deploy/vault/roottrust-hub.hcl").read_text(encoding="utf-8")
    await admin.write(f"sys/policies/acl/{_ACCOUNT}", {"policy": rights})
    wanted = {"policies": [_ACCOUNT], "no_default_policy": True, "ttl": "1h"}
    answer = json.loads(await admin.write("auth/token/create", wanted))
    return str(answer["auth"]["client_token"])


async def make_login(admin: BareVault, cluster: Cluster) -> None:
    """Let the hub log in by its ServiceAccount."""
    await admin.write("sys/auth/kubernetes", {"type": "kubernetes"})
    config = {
        "kubernetes_host": cluster.server,
        "kubernetes_ca_cert": cluster.ca_file.read_text(encoding="utf-8"),
        "disable_local_ca_jwt": True,
    }
    await admin.write("auth/kubernetes/config", config)
    role = {
        "bound_service_account_names": [_ACCOUNT],
        "bound_service_account_namespaces": [NAMESPACE],
        "token_policies": [_ACCOUNT],
        "token_no_default_policy": True,
        "token_ttl": "1h",
    }
    await admin.write(f"auth/kubernetes/role/{_ACCOUNT}", role)


def build_config(vault: Vault, folder: Path) -> dict[str, Any]:
    """Return the operator's configuration: what is not said here is as delivered."""
    login = {"mount": "kubernetes", "role": _ACCOUNT, "tokenPath": str(folder / _TOKEN)}
    server = {
        "address": SERVER,
        "endpoint": vault.address,
        "caFile": str(vault.ca_file),
        "login": {"kubernetes": login},
    }
    return {"cluster": {"name": HUB}, "namespace": NAMESPACE, "vaultServers": [server]}


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
