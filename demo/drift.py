"""Vault broken by hand, and how it comes back."""

from __future__ import annotations

from demo.folder import Folder
from demo.istiod import AUTH_MOUNT, AUTH_PATH, ROLE, login, read_policy
from demo.shell import Shell
from demo.waiting import wait_until

_GENEROUS = """
path "pki/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
"""


def break_rights(shell: Shell) -> None:
    """Delete the role and widen the policy; wait until both are as they were."""
    before = read_policy(shell)
    shell.run("bao", "delete", f"{AUTH_PATH}/role/{ROLE}")
    shell.narrator.say("And the policy is opened to the whole root mount:")
    shell.run("bao", "policy", "write", ROLE, "-", stdin=before + _GENEROUS)
    took = wait_until(
        lambda: read_policy(shell) == before and _has_role(shell),
        "The operator has not repaired role and policy",
    )
    shell.narrator.good(f"Role and policy are as they were, {took:.1f} s later.")


def break_auth(shell: Shell, folder: Folder) -> None:
    """Delete the whole auth mount; wait until istiod can log in again."""
    shell.run("bao", "auth", "disable", AUTH_MOUNT)
    took = wait_until(
        lambda: _has_role(shell) and login(shell, folder, show=False) is not None,
        "The operator has not repaired the auth mount",
    )
    shell.narrator.good(f"istiod can log in again, {took:.1f} s later.")


def _has_role(shell: Shell) -> bool:
    return shell.ask("bao", "read", f"{AUTH_PATH}/role/{ROLE}").ok
