"""What was seen of everything that one PodBounceDirective selects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from roottrust.api.pod_bounce_directive import BouncedWorkload, PodSelector
from roottrust.domain.bounced_workload import (
    BouncedPod,
    Workload,
    WorkloadKind,
    WorkloadName,
    read_template,
    read_workload,
)
from roottrust.domain.disruption_budget import find_budget
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.object_age import was_created_before
from roottrust.domain.pod_owner import LeftAlone, find_owner, read_pod


@dataclass(frozen=True, kw_only=True)
class NamespaceObjects:
    """What a namespace has: its workloads by kind, ReplicaSets by name, and disruption budgets."""

    workloads: Mapping[WorkloadKind, tuple[Manifest, ...]] = field(default_factory=dict)
    replica_sets: Mapping[str, Manifest] = field(default_factory=dict)
    budgets: tuple[Manifest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of a directive: what it selects.

    `waits_for_roots` names the copy of the roots that is not current yet.
    """

    workloads: tuple[Workload, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    ready_pods: int = 0
    wait_for_replicas: int = 0
    waits_for_roots: str | None = None


@dataclass(frozen=True, kw_only=True)
class BounceSnapshot:
    """Everything that a directive is planned by.

    `trust_hash` is what templates are to say, `later_hashes` what directives that are younger make
    them say: a workload that was restarted for one of those was restarted for this one as well.
    `before` is what the status says of this hash.
    """

    groups: tuple[Group, ...]
    trust_hash: str
    now: datetime
    later_hashes: frozenset[str] = frozenset()
    before: Mapping[WorkloadName, BouncedWorkload] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AgeLimit:
    """Which workloads are restarted for their age, and those that are being so, or have been.

    Of the latter no pod is old any more: they are known by `trust_hash`, or are in `started`.
    """

    created_before: datetime
    trust_hash: str
    started: frozenset[WorkloadName] = frozenset()

    def is_old(self, pod: Manifest) -> bool:
        """Whether a pod was created before, and is not going already."""
        metadata = read_mapping(pod.get("metadata"))
        is_old = was_created_before(metadata, self.created_before)
        return is_old and not metadata.get("deletionTimestamp")

    def has_begun(self, workload: Workload) -> bool:
        """Whether it was old once."""
        return workload.trust_hash == self.trust_hash or workload.name in self.started


def read_group(
    selector: PodSelector,
    pods: Iterable[Manifest],
    objects: NamespaceObjects,
    *,
    waits_for_roots: str | None,
    limit: AgeLimit | None = None,
) -> Group:
    """Return one group: the owners of the selected pods, and workloads that make such pods.

    The latter are there also while their pods are not, in the middle of their rollout.
    """
    kept: dict[WorkloadName, list[BouncedPod]] = {}
    left: dict[WorkloadName, LeftAlone] = {}
    old: set[WorkloadName] = set()
    ready = 0
    for pod in pods:
        owner = find_owner(pod, objects.replica_sets)
        is_old = limit is None or limit.is_old(pod)
        if isinstance(owner, LeftAlone):
            left |= {owner.name: owner} if is_old else {}
        elif owner is not None:
            kept.setdefault(owner, []).append(read_pod(pod))
            ready += kept[owner][-1].is_ready and not kept[owner][-1].is_leaving
            old |= {owner} if is_old else set()
    found = _read_workloads(selector, objects, kept)
    return Group(
        workloads=tuple(
            each for each in found if limit is None or each.name in old or limit.has_begun(each)
        ),
        left_alone=tuple(left.values()),
        ready_pods=ready,
        wait_for_replicas=selector.wait_for_replicas,
        waits_for_roots=waits_for_roots,
    )


def _read_workloads(
    selector: PodSelector,
    objects: NamespaceObjects,
    kept: Mapping[WorkloadName, list[BouncedPod]],
) -> tuple[Workload, ...]:
    found = (
        (read_workload(kind, manifest), manifest)
        for kind, manifests in objects.workloads.items()
        for manifest in manifests
    )
    return tuple(
        replace(
            workload,
            pods=tuple(kept.get(workload.name, ())),
            budget=find_budget(objects.budgets, workload.labels),
        )
        for workload, manifest in found
        if workload.name in kept or _makes_such_pods(selector, workload, manifest)
    )


def _makes_such_pods(selector: PodSelector, workload: Workload, manifest: Manifest) -> bool:
    labels = read_mapping(read_template(manifest).get("labels"))
    return workload.rollout.wanted > 0 and selector.labels.items() <= labels.items()
