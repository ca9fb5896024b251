"""The guide's manifest, applied as it is."""

from __future__ import annotations

from demo.operator_access import HUB_NAMESPACE
from demo.shell import Shell
from demo.single.journal import Journal

MANIFEST = "deploy/samples/guide-policy.yaml"
POLICY = "roottrustpolicy.admin.gloo.solo.io/cluster1"
_PLACE = f"--namespace={HUB_NAMESPACE}"


def apply_policy(shell: Shell, journal: Journal) -> None:
    """Apply it and wait as a pipeline would."""
    journal.remember(POLICY, namespace=HUB_NAMESPACE)
    shell.run("kubectl", "apply", f"--filename={MANIFEST}")
    shell.run("kubectl", "wait", "--for=condition=Ready", POLICY, _PLACE, "--timeout=60s")


def show_policy(shell: Shell) -> None:
    """Show it as people look at it."""
    shell.run("kubectl", "get", "rtp", "--all-namespaces")
    shell.run("kubectl", "describe", "rtp", "cluster1", _PLACE)


def show_events(shell: Shell) -> None:
    """Show what the operator said about it, in order."""
    shell.run(
        "kubectl",
        "get",
        "events",
        _PLACE,
        "--field-selector=involvedObject.name=cluster1",
        "--sort-by=.lastTimestamp",
        "--output=custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message",
    )
