"""The login broken by hand, and how it comes back."""

from __future__ import annotations

from demo.folder import Folder
from demo.shell import Shell
from demo.single.istiod import login
from demo.single.prepare import CLUSTER
from demo.vault_rights import has_role, name_auth_mount
from demo.waiting import wait_until


def break_auth(shell: Shell, folder: Folder) -> None:
    """Delete the whole auth mount; wait until istiod can log in again."""
    shell.run("bao", "auth", "disable", name_auth_mount(CLUSTER))
    with shell.narrator.waiting("waiting for the operator to notice"):
        took = wait_until(
            lambda: has_role(shell, CLUSTER) and login(shell, folder, show=False) is not None,
            "The operator has not repaired the auth mount",
        )
    shell.narrator.good(f"istiod can log in again, {took:.1f} s later.")
