"""One policy for all clusters, and what it comes to."""

from __future__ import annotations

from demo.operator_access import HUB_NAMESPACE
from demo.shell import Shell

POLICY = "roottrustpolicy/fleet"
PLACE = f"--namespace={HUB_NAMESPACE}"

_MANIFEST = "demo/fleet/policy.yaml"


def apply_policy(shell: Shell, manifest: str = _MANIFEST) -> None:
    """Show it, apply it, and wait until Vault is ready for both clusters."""
    shell.narrator.output((shell.directory / manifest).read_text())
    shell.run("kubectl", "apply", f"--filename={manifest}")
    wait_for(shell, "VaultConfigured", seconds=30)
    shell.narrator.say("What it has made in Vault, by cluster:")
    path = r'{range .status.managedObjects[*]}{.cluster}  {.path}{"\n"}{end}'
    shell.run("kubectl", "get", POLICY, PLACE, f"--output=jsonpath={path}")


def wait_for(shell: Shell, condition: str, *, seconds: int) -> None:
    """Wait as a pipeline would."""
    words = ("wait", f"--for=condition={condition}", POLICY, PLACE, f"--timeout={seconds}s")
    shell.run("kubectl", *words)


def show_status(shell: Shell, *, wants_well: bool = False) -> None:
    """Show the tree of trust."""
    shell.narrator.command(("roottrust", "status"))
    colour = "always" if shell.narrator.is_terminal else "never"
    words = ("roottrust", "status", f"--color={colour}")
    answer = shell.run(*words, show=False) if wants_well else shell.ask(*words).output
    shell.narrator.coloured(answer)
