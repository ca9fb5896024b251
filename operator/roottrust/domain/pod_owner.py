"""Who keeps a pod: what can be restarted, and what is left alone and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.domain.bounced_workload import (
    TRUST_HASH_ANNOTATION,
    BouncedPod,
    WorkloadKind,
    WorkloadName,
)
from roottrust.domain.manifest import Manifest, read_mapping, read_mappings
from roottrust.domain.object_condition import find_condition
from roottrust.domain.reasons import Reason

_APPS = "apps/"
_MIRROR = "kubernetes.io/config.mirror"
_ENDED = frozenset({"Succeeded", "Failed"})
_WORKLOADS = frozenset(kind.value for kind in WorkloadKind)


@dataclass(frozen=True, kw_only=True)
class LeftAlone:
    """Something that was selected and is not restarted."""

    name: WorkloadName
    reason: Reason
    message: str


def find_owner(
    pod: Manifest, replica_sets: Mapping[str, Manifest]
) -> WorkloadName | LeftAlone | None:
    """Return the workload that keeps a pod, or why it is left alone.

    None where it needs no restart: it has ended, or its ReplicaSet went while we looked.
    """
    if read_mapping(pod.get("status")).get("phase") in _ENDED:
        return None
    metadata = read_mapping(pod.get("metadata"))
    namespace = str(metadata.get("namespace") or "")
    if _MIRROR in read_mapping(metadata.get("annotations")):
        return _leave_pod(metadata, Reason.MIRROR_POD, "a kubelet keeps it by a file of its node")
    owner = find_controller(metadata)
    if owner is None:
        return _leave_pod(
            metadata, Reason.NO_CONTROLLER, "it has no controller that would replace it"
        )
    if _is(owner, _APPS, "ReplicaSet"):
        known = replica_sets.get(str(owner.get("name")))
        if known is None:
            return None
        owner = find_controller(read_mapping(known.get("metadata"))) or owner
    name = WorkloadName(
        namespace=namespace, kind=str(owner.get("kind"))[:63], name=str(owner.get("name"))
    )
    return name if name.kind in _WORKLOADS and _is(owner, _APPS) else _leave_owner(name, owner)


def read_pod(pod: Manifest) -> BouncedPod:
    """Return what a restart has to know of a pod."""
    metadata, status = read_mapping(pod.get("metadata")), read_mapping(pod.get("status"))
    return BouncedPod(
        name=str(metadata.get("name") or ""),
        uid=str(metadata.get("uid") or ""),
        trust_hash=read_mapping(metadata.get("annotations")).get(TRUST_HASH_ANNOTATION),
        is_ready=find_condition(status, "Ready").get("status") == "True",
        is_leaving=bool(metadata.get("deletionTimestamp")),
    )


def find_controller(metadata: Manifest) -> Manifest | None:
    """Return the owner that keeps an object, None where nobody does."""
    owners = read_mappings(metadata.get("ownerReferences"))
    return next((each for each in owners if each.get("controller") is True), None)


def _is(owner: Manifest, group: str, kind: str | None = None) -> bool:
    return str(owner.get("apiVersion")).startswith(group) and kind in {None, owner.get("kind")}


def _leave_pod(metadata: Manifest, reason: Reason, why: str) -> LeftAlone:
    name = WorkloadName(
        namespace=str(metadata.get("namespace") or ""),
        kind="Pod",
        name=str(metadata.get("name") or ""),
    )
    return LeftAlone(name=name, reason=reason, message=f"Left alone: {why}; replace it yourself.")


def _leave_owner(name: WorkloadName, owner: Manifest) -> LeftAlone:
    if _is(owner, "batch/", "Job"):
        message = "Left alone: a Job runs to its end; what it starts next has the new roots."
        return LeftAlone(name=name, reason=Reason.JOB, message=message)
    message = (
        f"Left alone: how a {name.kind} ({str(owner.get('apiVersion'))[:128]}) is restarted is not "
        "known; restart it yourself."
    )
    return LeftAlone(name=name, reason=Reason.UNKNOWN_OWNER, message=message)
