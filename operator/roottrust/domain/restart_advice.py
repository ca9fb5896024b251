"""Workloads that may trust only the roots before: who they are, and how to restart them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roottrust.api.mesh import RotationEvidence
from roottrust.domain.bounced_workload import WorkloadKind
from roottrust.domain.counted import count
from roottrust.domain.moment import show_time
from roottrust.domain.some_names import list_some

_KINDS = frozenset(each.value for each in WorkloadKind)

NONE_IS_STALE = "No workload is left that may trust only the roots before."
RESTARTED_BY_ITSELF = (
    "autoRestartPods has them restarted: `kubectl get podbouncedirectives -A` in their cluster "
    "shows how far that is"
)
ASKED_OF_HUB = (
    "autoRestartPods has them restarted: the hub is asked to write a PodBounceDirective (see "
    "restartRequest), which takes it seconds where it runs and reaches Vault"
)


def describe_stale(total: int, first: Sequence[str], *, of: str = "") -> str:
    """Return how many there are and the first of them, as a clause; `of` is whose they are."""
    names = list_some(first, of=total)
    return f"{count(total, 'workload')}{of} may still trust only the roots before ({names})"


def describe_old_leaves(
    evidence: RotationEvidence, *, restarts_pods: bool, is_asked: bool = False
) -> str:
    """Return whose certificates are from before a step of a rotation, and when that ends.

    `is_asked` is whether the hub has yet to write their directive.
    """
    names = list_some(evidence.first, of=evidence.total)
    ends = f" by {show_time(evidence.ends_at)}" if evidence.ends_at else " with time"
    command = build_restart_command(evidence.first)
    by_hand = "at once when they are restarted" + (f", as by `{command}`" if command else "")
    by_itself = ASKED_OF_HUB if is_asked else RESTARTED_BY_ITSELF
    return (
        f"{count(evidence.total, 'workload')} may have a certificate from before this step of the "
        f"root's rotation ({names}): they get another one by themselves{ends}, or "
        f"{by_itself if restarts_pods else by_hand}."
    )


def build_restart_command(workloads: Iterable[str]) -> str | None:
    """Return the command for the first that kubectl can restart, None if there is none.

    Workloads are NAMESPACE/KIND/NAME.
    """
    for each in workloads:
        namespace, kind, name = each.split("/")
        if kind in _KINDS:
            return f"kubectl rollout restart {kind.lower()}/{name} -n {namespace}"
    return None


def advise_restart(workloads: Iterable[str], *, where: str = "") -> str:
    """Return what to do about workloads that nobody restarts, as a clause."""
    command = build_restart_command(workloads)
    by_hand = f"restart them yourself{where}" + (f", as by `{command}`" if command else "")
    return (
        "set config.autoRestartPods in the RootTrustPolicy to have them restarted in order, "
        "create a PodBounceDirective, or "
        f"{by_hand}"
    )
