"""The operator's own few rights: an account in a cluster, a token in Vault."""

from __future__ import annotations

from typing import Any

from demo.folder import Folder
from demo.shell import Shell
from testbed.kubeconfig import with_token

HUB_NAMESPACE = "gloo-mesh"
HUB = "roottrust-hub"

_TOKEN = "hub-token"  # noqa: S105  the name of a file


def make_vault_login(shell: Shell, folder: Folder) -> None:
    """Give the hub a token that may do what its policy lists, and nothing more."""
    shell.do("bao", "policy", "write", HUB, "deploy/vault/roottrust-hub.hcl")
    words = ("token", "create", f"-policy={HUB}", "-no-default-policy", "-orphan", "-field=token")
    shell.narrator.command(("bao", *words))
    folder.write(_TOKEN, shell.run("bao", *words, show=False).strip())


def make_cluster_login(
    shell: Shell, folder: Folder, *, file: str, context: str | None = None
) -> None:
    """Make a kubeconfig with the operator's own account instead of the administrator's."""
    place = [f"--context={context}"] if context else []
    words = ("create", "token", HUB, f"--namespace={HUB_NAMESPACE}", "--duration=8h", *place)
    shell.narrator.command(("kubectl", *words))
    token = shell.run("kubectl", *words, show=False).strip()
    view = ("config", "view", "--raw", "--minify", "--flatten", *place)
    folder.write(file, with_token(shell.run("kubectl", *view, show=False), token))


def tell_of_logins(shell: Shell) -> None:
    """Say where tokens are: a person who reads along has missed them."""
    shell.narrator.output("(tokens are kept in files that only their owner reads)")


def build_vault_server(shell: Shell, folder: Folder) -> dict[str, Any]:
    """Return the Vault of this stage as the hub's configuration has it."""
    return {
        # The policy says where agents find Vault; here it is somewhere else.
        "address": "https://vault.example:8200",
        "endpoint": shell.stage.vault_address,
        "caFile": str(shell.stage.vault_ca),
        "login": {"tokenFile": {"path": str(folder.file(_TOKEN))}},
    }
