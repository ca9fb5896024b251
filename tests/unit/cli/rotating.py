"""Policies whose root is being rotated to generation 2, with the status that the hub gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.mesh import RotationEvidence
from roottrust.api.rotation import Rotation
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.rotation.evidence import FleetView, MeshView, VaultView
from roottrust.domain.rotation.hurry import hurry
from roottrust.domain.rotation.machine import advance
from roottrust.domain.rotation.posture import find_posture, name_step
from roottrust.domain.rotation.report import tell_rotation
from roottrust.domain.rotation.wish import read_wish
from tests.unit.cli.status.objects import (
    MESH,
    POLICY,
    build_condition,
    build_mesh,
    build_policy,
    build_told,
)
from tests.unit.domain.agent_entries import LATER
from tests.unit.domain.samples import OTHER_ROOT, ROOT

A = RotationRoot(issuer="1", fingerprint=ROOT.fingerprint)
B = RotationRoot(issuer="2", fingerprint=OTHER_ROOT.fingerprint)
BEGUN = LATER - timedelta(hours=5)
STAGE_BEGUN = LATER - timedelta(hours=3)
ENDS_AT = LATER + timedelta(hours=20)
FAR = MESH.replace("cluster1", "cluster2")
MESHES = (("cluster1", MESH), ("cluster2", FAR))
WORKLOADS = ("shop/Deployment/cart", "shop/StatefulSet/db")


def build_state(
    stage: Stage = Stage.PROVE, *, strategy: Strategy | None = Strategy.CROSS_SIGNED, **fields: Any
) -> RotationStatus:
    """Return what is kept of a rotation in a stage."""
    known: dict[str, Any] = {
        "root_generation": 1,
        "to_generation": 2,
        "strategy": None if stage is Stage.PREPARE else strategy,
        "stage": stage,
        "wave": 0,
        "started_at": BEGUN,
        "stage_started_at": STAGE_BEGUN,
        "previous": A,
        "next": None if stage is Stage.PREPARE else B,
        "default_issuer": "1",
        "members": ("cluster1", "cluster2"),
    }
    return RotationStatus(**{**known, **fields})


def build_view(state: RotationStatus, *, late: int = 0, silent: str | None = None) -> FleetView:
    """Return two meshes that have given all evidence, but for workloads of the second one."""
    step = name_step(state, find_posture(state, wave=0))
    evidence = RotationEvidence(step=step, since=STAGE_BEGUN)
    first = MeshView(
        cluster="cluster1", mesh=MESH, step=step, serves=True, has_roots=True, evidence=evidence
    )
    told = {"total": late, "first": WORKLOADS[:late], "ends_at": ENDS_AT}
    second = replace(
        first,
        cluster="cluster2",
        mesh=FAR,
        evidence=evidence.model_copy(update=told) if late else evidence,
    )
    names = frozenset({"cluster1", "cluster2"} - {silent})
    return FleetView(
        vault=VaultView(previous=A, next=state.next, can_cross_sign=True, default_issuer="1"),
        meshes=(first, second),
        heard=names,
        silent={silent: f"{silent} cannot be reached."} if silent else {},
    )


def build_rotating(
    state: RotationStatus | None = None,
    view: FleetView | None = None,
    *,
    spec: dict[str, Any] | None = None,
    annotations: dict[str, str] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """Return the policy after the hub has looked: it has gone as far as one step."""
    rotation = {"rootGeneration": 2, **(spec or {})}
    given = annotations or {}
    kept = state or build_state()
    seen = view or build_view(kept)
    asked = read_wish(Rotation.model_validate(rotation), annotations=given, labels={})
    wish = hurry(asked, kept)
    told = tell_rotation(advance(kept, wish, seen, now=LATER), wish, seen)
    written = {
        "meshes": [build_told(cluster, mesh) for cluster, mesh in MESHES],
        "warnings": list(told.warnings),
        "rotation": told.status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    return build_owner(rotation, given, **{**written, **status})


def build_resting(rotation: dict[str, Any], *, wanted: int = 1, **status: Any) -> dict[str, Any]:
    """Return a policy whose root nobody rotates now."""
    return build_owner({"rootGeneration": wanted}, {}, rotation=rotation, **status)


def build_owner(
    asked: dict[str, Any], annotations: dict[str, str], *, name: str = POLICY, **status: Any
) -> dict[str, Any]:
    policy = build_policy(name, spec={"rotation": asked}, **status)
    if annotations:
        policy["metadata"]["annotations"] = annotations
    return policy


def build_sharing(state: RotationStatus, *, owner: str = POLICY) -> dict[str, Any]:
    """Return another policy that shares the root."""
    told = state.model_copy(update={"owner": owner}).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    far = build_told("cluster3", MESH.replace("cluster1", "cluster3"))
    return build_owner({"rootGeneration": 1}, {}, name="team-a/shop", rotation=told, meshes=[far])


def build_reporting(state: RotationStatus, *, late: int) -> dict[str, Any]:
    """Return the mirror of the second mesh, which tells of workloads with a leaf from before."""
    evidence = build_view(state, late=late).meshes[1].evidence
    assert evidence
    told = evidence.model_dump(mode="json", by_alias=True, exclude_none=True)
    return build_mesh(cluster="cluster2", rotation=told, conditions=[build_condition("Current")])
