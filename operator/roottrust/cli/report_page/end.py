"""What ends when: every root once, and every intermediate that is told of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roottrust.api.choices import ReplicaState
from roottrust.cli.status.report import MeshReport, PolicyReport
from roottrust.domain.health import Health, find_worst_health, judge_end
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY

_NO_TIME = timedelta(0)


class EndKind(StrEnum):
    """What it is that ends."""

    ROOT = "Root"
    INTERMEDIATE = "Intermediate"


@dataclass(frozen=True, kw_only=True)
class End:
    """One certificate, and when it ends."""

    kind: EndKind
    name: str
    not_after: datetime
    health: Health
    next_renewal: datetime | None = None


def list_ends(policies: Iterable[PolicyReport], *, now: datetime) -> tuple[End, ...]:
    """Return all ends, the first one first."""
    shown = tuple(policies)
    meshes = (mesh for policy in shown for mesh in policy.meshes)
    found = [*_list_roots(shown, now=now)]
    found += [end for mesh in meshes for end in _list_intermediates(mesh, now=now)]
    return tuple(sorted(found, key=lambda each: (each.not_after, each.kind, each.name)))


def _list_roots(policies: Iterable[PolicyReport], *, now: datetime) -> Iterator[End]:
    ends: dict[str, tuple[str, datetime]] = {}
    for policy in policies:
        for trusted in policy.trust_bundle:
            if trusted.not_after is not None:
                ends[trusted.fingerprint] = (trusted.subject or trusted.reason, trusted.not_after)
        if policy.root is not None:
            ends[policy.root.fingerprint] = (policy.root.subject, policy.root.not_after)
    for name, not_after in ends.values():
        health = judge_end(not_after, now=now, warn_before=WARN_BEFORE_EXPIRY)
        yield End(kind=EndKind.ROOT, name=name, not_after=not_after, health=health)


def _list_intermediates(mesh: MeshReport, *, now: datetime) -> Iterator[End]:
    """Return one for each istiod, or the first of a mesh of whose istiods nobody tells."""
    told = [(each, each.not_after) for each in mesh.instances or () if each.not_after]
    for each, not_after in told:
        late = Health.WARNING if each.state == ReplicaState.OVERDUE else Health.GOOD
        yield End(
            kind=EndKind.INTERMEDIATE,
            name=f"{mesh.cluster} {each.pod}",
            not_after=not_after,
            health=find_worst_health((late, _judge(not_after, now=now))),
            next_renewal=each.next_renewal,
        )
    if not told and mesh.earliest_not_after is not None:
        yield End(
            kind=EndKind.INTERMEDIATE,
            name=f"{mesh.cluster} {mesh.mesh}",
            not_after=mesh.earliest_not_after,
            health=_judge(mesh.earliest_not_after, now=now),
        )


def _judge(not_after: datetime, *, now: datetime) -> Health:
    return judge_end(not_after, now=now, warn_before=_NO_TIME)
