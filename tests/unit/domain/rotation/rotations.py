"""Rotations of a root as they stand in the middle, and fleets that are seen in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.mesh import RotationEvidence
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.rotation.evidence import FleetView, MeshView, VaultView
from roottrust.domain.rotation.posture import find_posture, name_step
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.domain.rotation.model_vault import build_cross

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)

OLD = RotationRoot(issuer="a", fingerprint="a" * 64)
NEW = RotationRoot(issuer="b", fingerprint="b" * 64)
CROSS = build_cross(2, 1)


def build_state(
    stage: Stage, strategy: Strategy | None = Strategy.CROSS_SIGNED, **content: object
) -> RotationStatus:
    """Return a rotation from generation 1 to 2 of the clusters c0 and c1, long in its stage."""
    fields: dict[str, object] = {
        "root_generation": 1,
        "to_generation": 2,
        "strategy": strategy,
        "stage": stage,
        "wave": 0,
        "started_at": LONG_AGO,
        "stage_started_at": LONG_AGO,
        "previous": OLD,
        "next": NEW,
        "cross_certificate": CROSS,
        "members": ("c0", "c1"),
    }
    return RotationStatus.model_validate({**fields, **content})


def build_wish(*, orders: Orders | None = None, **content: object) -> RotationWish:
    """Return a wish for generation 2."""
    fields = {"generation": 2, "orders": orders or Orders(), **content}
    return RotationWish(**fields)  # type: ignore[arg-type]


def build_vault(**content: object) -> VaultView:
    """Return what Vault has once all is there."""
    fields: dict[str, object] = {
        "previous": OLD,
        "next": NEW,
        "can_cross_sign": True,
        "cross_certificate": CROSS,
        "is_settled": True,
        "default_issuer": "a",
    }
    return VaultView(**{**fields, **content})  # type: ignore[arg-type]


def build_mesh(
    state: RotationStatus, cluster: str, wish: RotationWish | None = None, **content: object
) -> MeshView:
    """Return a mesh in which all is proven that the stage asks of it."""
    wave = (wish or build_wish()).find_wave(cluster)
    step = name_step(state, find_posture(state, wave=wave))
    fields: dict[str, object] = {
        "cluster": cluster,
        "mesh": f"mesh-{cluster}",
        "step": step,
        "serves": True,
        "has_roots": True,
        "evidence": RotationEvidence(step=step, since=LONG_AGO),
        "multi_root": True,
        "version": "1.30.1",
        "replicas": 2,
        "namespace": "istio-system",
        "deployment": "istiod",
    }
    return MeshView(**{**fields, **content})  # type: ignore[arg-type]


def build_view(
    state: RotationStatus, wish: RotationWish | None = None, **content: object
) -> FleetView:
    """Return a fleet of which all is proven."""
    fields: dict[str, object] = {
        "vault": build_vault(),
        "meshes": tuple(build_mesh(state, each, wish) for each in ("c0", "c1")),
        "heard": frozenset({"c0", "c1"}),
    }
    return FleetView(**{**fields, **content})  # type: ignore[arg-type]
