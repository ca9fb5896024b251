"""The options of commands that read the management cluster, as the policies that they choose."""

from __future__ import annotations

from pathlib import Path

from roottrust.cli.status.reader import Choice


def build_choice(
    policy: str | None,
    namespace: str | None,
    *,
    operator_namespace: str,
    kubeconfig: Path | None,
    context: str | None,
) -> Choice:
    """Return which policy is meant, by what these options were given."""
    return Choice(
        name=policy,
        namespace=namespace,
        operator_namespace=operator_namespace,
        kubeconfig=kubeconfig,
        context=context,
    )
