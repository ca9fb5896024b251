"""What a person does once: the root CA, and the operator with its few rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.background import Background
from demo.fleet.stage import MANAGEMENT, MEMBERS
from demo.folder import Folder
from demo.operator_access import (
    HUB,
    HUB_NAMESPACE,
    build_vault_server,
    make_cluster_login,
    make_vault_login,
    tell_of_logins,
)
from demo.operator_process import Operator, start_operators, write_configuration
from demo.shell import Shell
from testbed.free_port import find_free_port

PLACE = f"--namespace={HUB_NAMESPACE}"

_RESYNC_SECONDS = 10  # what is broken in Vault is seen then; 300 unless configured


def prepare_root(shell: Shell, folder: Folder, root: Background[tuple[str, str]]) -> None:
    """Give Vault a root CA of a person's own making."""
    key, certificate = root.result()
    bundle = folder.write("root-bundle.pem", key + certificate)
    shell.do("bao", "secrets", "enable", "-max-lease-ttl=87600h", "pki")
    shell.do("bao", "write", "pki/config/ca", f"pem_bundle=@{bundle}")
    bundle.unlink()
    shell.narrator.good("Vault has the root's key; there is no copy of it.")


def install_operator(
    shell: Shell, folder: Folder, *, settings: Mapping[str, Any] | None = None
) -> None:
    """Prepare the clusters for it, and start it: the hub in one, the cluster role in the others.

    The settings are what the hub's configuration has beside what it needs.
    """
    _install_kinds(shell)
    account = ("kubectl", "create", "serviceaccount", HUB, PLACE)
    shell.do_together(
        _build_grant("deploy/base/rbac.yaml", MANAGEMENT),
        *((*account, f"--context={each}") for each in MEMBERS),
    )
    shell.do_together(*(_build_grant("deploy/base/cluster-rbac.yaml", each) for each in MEMBERS))
    make_vault_login(shell, folder)
    hub = Operator(name="hub", roles="hub", port=find_free_port())
    configuration = {
        "cluster": {"name": MANAGEMENT},
        "vaultServers": [build_vault_server(shell, folder)],
        "resyncSeconds": _RESYNC_SECONDS,
        **(settings or {}),
    }
    write_configuration(folder, hub, configuration)
    make_cluster_login(shell, folder, file=hub.kubeconfig, context=MANAGEMENT)
    cluster_roles = [_build_cluster_role(shell, folder, each) for each in MEMBERS]
    tell_of_logins(shell)
    start_operators(shell.narrator, folder, [hub, *cluster_roles])


def _install_kinds(shell: Shell) -> None:
    contexts = [f"--context={name}" for name in (MANAGEMENT, *MEMBERS)]
    apply = ("kubectl", "apply", "--server-side", "--filename=crds")
    namespace = ("kubectl", "create", "namespace", HUB_NAMESPACE)
    shell.do_together(
        *((*apply, each) for each in contexts), *((*namespace, each) for each in contexts)
    )
    for each in contexts:
        wait = ("wait", "--for=condition=Established", "--filename=crds", each)
        shell.run("kubectl", *wait, show=False)


def _build_grant(manifest: str, cluster: str) -> tuple[str, ...]:
    return ("kubectl", "apply", PLACE, f"--filename={manifest}", f"--context={cluster}")


def _build_cluster_role(shell: Shell, folder: Folder, cluster: str) -> Operator:
    operator = Operator(name=cluster, roles="cluster", port=find_free_port())
    write_configuration(folder, operator, {"cluster": {"name": cluster}})
    make_cluster_login(shell, folder, file=operator.kubeconfig, context=cluster)
    return operator
