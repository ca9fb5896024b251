"""Workloads, pods and directives as an API server has them, and what directives plan by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from roottrust.api.choices import WorkloadState
from roottrust.api.pod_bounce_directive import BouncedWorkload
from roottrust.domain.bounce_plan import Action, StartRestart
from roottrust.domain.bounce_snapshot import BounceSnapshot, Group
from roottrust.domain.bounced_workload import (
    TRUST_HASH_ANNOTATION,
    BouncedPod,
    Rank,
    Workload,
    WorkloadName,
)
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.reasons import Reason
from roottrust.domain.rollout import Rollout

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HASH, OLD, LATER = "a" * 64, "b" * 64, "c" * 64


def build_name(name: str, *, kind: str = "Deployment", namespace: str = "bookinfo") -> WorkloadName:
    return WorkloadName(namespace=namespace, kind=kind, name=name)


def build_workload(
    name: str = "reviews",
    *,
    kind: str = "Deployment",
    rank: Rank = Rank.WORKLOAD,
    trust_hash: str | None = None,
    fresh: int | None = None,
    wanted: int = 1,
    hold: Reason | None = None,
    has_failed: bool = False,
    pods: tuple[BouncedPod, ...] = (),
    is_on_delete: bool = False,
    is_seen: bool = True,
    budget: Budget | None = None,
    may_miss: int = 0,
) -> Workload:
    """Build a workload whose rollout is complete unless `fresh` says how far it is."""
    return Workload(
        name=build_name(name, kind=kind),
        uid=f"uid-of-{name}",
        rank=rank,
        trust_hash=trust_hash,
        rollout=Rollout(
            wanted=wanted,
            is_seen=is_seen,
            is_complete=fresh is None,
            hold=hold,
            has_failed=has_failed,
            is_on_delete=is_on_delete,
            may_miss=may_miss,
        ),
        pods=pods
        or tuple(_build_new_pod(name, number, trust_hash) for number in range(fresh or 0)),
        budget=budget,
    )


def _build_new_pod(workload: str, number: int, trust_hash: str | None) -> BouncedPod:
    return build_pod(f"{workload}-{number}", trust_hash=trust_hash)


def build_pod(
    name: str, *, trust_hash: str | None = None, is_ready: bool = True, is_leaving: bool = False
) -> BouncedPod:
    return BouncedPod(
        name=name,
        uid=f"uid-of-{name}",
        trust_hash=trust_hash,
        is_ready=is_ready,
        is_leaving=is_leaving,
    )


def build_group(*workloads: Workload, **content: Any) -> Group:
    return Group(workloads=workloads, **content)


def build_snapshot(*groups: Group, **content: Any) -> BounceSnapshot:
    content.setdefault("trust_hash", HASH)
    content.setdefault("now", NOW)
    return BounceSnapshot(groups=groups, **content)


def build_entry(
    name: str = "reviews", *, state: WorkloadState = WorkloadState.RESTARTING, **content: Any
) -> dict[WorkloadName, BouncedWorkload]:
    """Build what a status said of a workload."""
    kind = content.pop("kind", "Deployment")
    entry = BouncedWorkload(namespace="bookinfo", kind=kind, name=name, state=state, **content)
    return {build_name(name, kind=kind): entry}


def apply(snapshot: BounceSnapshot, actions: tuple[Action, ...]) -> BounceSnapshot:
    """Return what is seen right after these actions, before any controller does anything."""
    started = {each.workload: each.trust_hash for each in actions if isinstance(each, StartRestart)}
    evicted = {each.pod for each in actions if not isinstance(each, StartRestart)}

    def change(workload: Workload) -> Workload:
        pods = tuple(
            replace(pod, is_leaving=True) if pod.name in evicted else pod for pod in workload.pods
        )
        if workload.name not in started:
            return replace(workload, pods=pods)
        rollout = replace(workload.rollout, is_seen=False, is_complete=False, has_failed=False)
        return replace(workload, trust_hash=started[workload.name], rollout=rollout, pods=pods)

    groups = tuple(
        replace(group, workloads=tuple(map(change, group.workloads))) for group in snapshot.groups
    )
    return replace(snapshot, groups=groups)


def build_manifest(kind: str, name: str = "reviews", **content: Any) -> dict[str, Any]:
    """Build a workload as an API server has it, its rollout seen."""
    labels, annotations = content.pop("labels", {"app": name}), content.pop("annotations", {})
    metadata = {"namespace": "bookinfo", "name": name, "uid": "u-1", "generation": 2}
    template = {"metadata": {"labels": labels, "annotations": annotations}}
    spec = {"replicas": 2, "template": template, **content.pop("spec", {})}
    status = {"observedGeneration": 2, **content.pop("status", {})}
    return {"kind": kind, "metadata": metadata, "spec": spec, "status": status}


def build_pod_manifest(
    name: str,
    *,
    owner: tuple[str, str, str] | None = None,
    phase: str = "Running",
    trust_hash: str | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    """Build a ready pod; its owner is its version, its kind and its name."""
    annotations = {} if trust_hash is None else {TRUST_HASH_ANNOTATION: trust_hash}
    annotations |= metadata.pop("annotations", {})
    owners = [build_owner(*owner)] if owner else []
    return {
        "metadata": {
            "namespace": "bookinfo",
            "name": name,
            "uid": f"uid-of-{name}",
            "annotations": annotations,
            "ownerReferences": owners,
            **metadata,
        },
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def build_owner(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "name": name, "controller": True}


def build_directive(
    *groups: dict[str, Any], namespace: str = "gloo-mesh", **content: Any
) -> dict[str, Any]:
    """Build a PodBounceDirective as an API server has it."""
    name, created = content.pop("name", "directive"), content.pop("created", "2030-01-01T00:00:00Z")
    metadata = {
        "namespace": namespace,
        "name": name,
        "uid": f"uid-of-{name}",
        "generation": content.pop("generation", 1),
        "creationTimestamp": created,
    }
    selected = {"namespace": "bookinfo", "labels": {"app": "reviews"}}
    spec = {"podsToBounce": list(groups) or [selected], **content}
    return {"metadata": metadata, "spec": spec}
