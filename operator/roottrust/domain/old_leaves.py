"""Workloads whose certificates may be older than a step of a rotation of their root.

A pod that is younger than the step has its certificate of istiods that serve what the step asks
for. Any other one may have what it got a moment before, as long as such a certificate lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.api.stale_workloads import STALE_WORKLOADS_MAX
from roottrust.domain.discovery import Istiod
from roottrust.domain.leaf_life import find_leaf_life
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mesh_proxy import is_node_proxy, may_be_signed_by
from roottrust.domain.object_age import was_created_after
from roottrust.domain.stale_workloads import name_workload

# API servers tell whole seconds, and cut what is less.
CUT = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class OldLeaves:
    """The workloads, and when the last leaf of each ends by itself; None if nobody can tell.

    `node_proxies` are the pods of ztunnel that are as old, whenever their leaves end.
    """

    ends: Mapping[str, datetime | None] = field(default_factory=dict)
    node_proxies: int = 0

    def add(
        self, istiod: Istiod, pods: Iterable[Manifest], *, since: datetime, now: datetime
    ) -> OldLeaves:
        """Return these and what living pods add to them."""
        ends, node_proxies = dict(self.ends), self.node_proxies
        for pod in pods:
            metadata = read_mapping(pod.get("metadata"))
            if not may_be_signed_by(istiod, pod) or was_created_after(metadata, since):
                continue
            node_proxies += is_node_proxy(pod)
            life = find_leaf_life(pod, istiod.leaf_lives)
            ends_at = None if life is None else since + life + CUT
            if ends_at is None or now < ends_at:
                name = name_workload(metadata)
                ends[name] = _find_later(ends_at, ends.get(name, ends_at))
        return OldLeaves(ends=ends, node_proxies=node_proxies)

    def tell(
        self, step: str, *, since: datetime, requested: tuple[RestartScope, ...]
    ) -> RotationEvidence:
        """Return what a Mesh tells of it."""
        last = self.ends.values()
        known = [each for each in last if each is not None]
        return RotationEvidence(
            step=step,
            since=since,
            total=len(self.ends),
            first=tuple(sorted(self.ends)[:STALE_WORKLOADS_MAX]),
            ends_at=max(known) if known and len(known) == len(last) else None,
            node_proxies=self.node_proxies,
            restarts_requested=requested,
        )


def _find_later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later moment; what nobody can tell is later than any."""
    return None if one is None or other is None else max(one, other)
