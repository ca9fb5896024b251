"""The one warning of a policy about workloads that may still trust only the roots before."""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_advice import RESTARTED_BY_ITSELF, advise_restart, describe_stale


def warn_of_stale(meshes: Iterable[MeshReport], *, restarts_pods: bool) -> str | None:
    """Return it, with the command for the first of them; None where no cluster reports any."""
    found = sorted(
        ((each.key, each.stale) for each in meshes if each.stale is not None),
        key=lambda each: each[0],
    )
    if not found:
        return None
    key, first = found[0]
    others = f" of {len(found)} meshes" if len(found) > 1 else ""
    what = describe_stale(
        sum(stale.total for _, stale in found),
        first.first,
        of=others or f" of {key.name} in {key.cluster}",
    )
    advice = advise_restart(first.first, where=f" in {key.cluster}")
    return f"{Reason.WORKLOADS_STALE}: {what}: {RESTARTED_BY_ITSELF if restarts_pods else advice}."


def find_stale_warning(warnings: Iterable[str]) -> str | None:
    """Return that one of a policy's warnings, None if it is not among them."""
    return next((each for each in warnings if each.startswith(f"{Reason.WORKLOADS_STALE}:")), None)
