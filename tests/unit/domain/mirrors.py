"""Meshes of another cluster and their mirrors, as API servers have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.manifest_change import merge_manifest
from roottrust.domain.mirror_mark import MirrorPlace
from roottrust.domain.mirror_plan import (
    MirrorPlanned,
    RemoveMirror,
    ToldCluster,
    ToldMesh,
    plan_mirrors,
)
from roottrust.domain.reasons import Reason
from roottrust.kube.status import dump_status
from tests.unit.domain.certificates import NOW

PLACE = MirrorPlace(hub="hub", home="gloo-mesh")
NAME = "istiod-istio-system-c2"
AWAY = ClusterTrouble(reason=Reason.CLUSTER_UNREACHABLE, message="It does not answer.", since=NOW)

Manifest = dict[str, Any]


def build_mesh(name: str = NAME, *, cluster: str = "c2", **status: Any) -> Manifest:
    """Return a Mesh as its own cluster has it."""
    namespace = "istio-system"
    found: Manifest = {
        "metadata": {"namespace": namespace, "name": name, "uid": "u-there", "generation": 7},
        "spec": {"istio": {"installation": {"namespace": namespace, "cluster": cluster}}},
    }
    return {**found, "status": status} if status else found


def build_condition(type_: str = "Ready", **changes: Any) -> Manifest:
    return {
        "type": type_,
        "status": "True",
        "reason": "Ready",
        "message": "All is well.",
        "lastTransitionTime": "2029-01-01T00:00:00Z",
        **changes,
    }


def tell(
    *meshes: ToldMesh, trouble: ClusterTrouble | None = None, is_known: bool = True
) -> ToldCluster:
    """Return what the cluster c2 tells."""
    return ToldCluster(name="c2", meshes=meshes if is_known else None, trouble=trouble)


def plan(
    told: ToldCluster, found: Mapping[str, Manifest] | None = None, *, now: Any = NOW
) -> MirrorPlanned:
    return plan_mirrors(told, found or {}, place=PLACE, now=now)


def apply(planned: MirrorPlanned, found: Mapping[str, Manifest] | None = None) -> dict[str, Any]:
    """Return the Meshes of the hub's namespace after all writes."""
    after: dict[str, Any] = dict(found or {})
    for action in planned.actions:
        if isinstance(action, RemoveMirror):
            del after[action.name]
            continue
        before = after.get(action.name)
        mirror = merge_manifest(before, action.manifest) if action.manifest else dict(before or {})
        mirror["metadata"] = {**mirror["metadata"], "uid": f"u-{action.name}"}
        if action.status is not None:
            mirror["status"] = dump_status(action.status)
        after[action.name] = mirror
    return after


def mirror(*meshes: ToldMesh, trouble: ClusterTrouble | None = None) -> dict[str, Any]:
    """Return the mirrors of meshes, as they are in the hub's namespace."""
    return apply(plan(tell(*meshes, trouble=trouble)))
