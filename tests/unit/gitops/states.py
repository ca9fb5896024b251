"""Objects in each state that GitOps tools meet, with statuses that our own code writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.mesh import MeshStatus
from roottrust.domain.bounce_plan import plan_bounce
from roottrust.domain.bounce_status import build_bounce_status, build_refusal
from roottrust.domain.deletion_report import DeletionProgress
from roottrust.domain.instance_check import check_instances
from roottrust.domain.issuance_status import build_certificate_status
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mirror_status import build_mirror_status
from roottrust.domain.observed_mesh_status import build_mesh_status
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.machine import advance
from roottrust.domain.rotation.report import ToldRotation, tell_rotation
from roottrust.domain.rotation.wish import Orders, RotationWish
from roottrust.domain.status import build_status
from roottrust.domain.trust_restart import read_workload_trust
from tests.unit.domain.agent_entries import LATER, PINNED, build_instance
from tests.unit.domain.bounces import HASH, build_group, build_snapshot, build_workload
from tests.unit.domain.certificates import NOW
from tests.unit.domain.issuances import build_certificate
from tests.unit.domain.mirrors import AWAY as CLUSTER_AWAY
from tests.unit.domain.observations import SELF_MADE, build_trust
from tests.unit.domain.outcomes import AWAY, ISSUED, NO_AGENT, OBSERVED, REFUSED
from tests.unit.domain.rotation.rotations import NOW as IN_ROTATION
from tests.unit.domain.rotation.rotations import build_state, build_view, build_wish
from tests.unit.domain.samples import MESH

GENERATION = 3
LONG_AFTER = LATER + timedelta(days=9999)
POLICY = "admin.gloo.solo.io_RootTrustPolicy"
BOUNCE = "internal.gloo.solo.io_PodBounceDirective"
MESH_KIND = "internal.gloo.solo.io_Mesh"
CERTIFICATE = "internal.gloo.solo.io_IssuedCertificate"

Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class State:
    """An object, and what each tool has to say of it."""

    name: str
    kind: str
    manifest: Manifest
    argo: str
    flux: str
    kstatus: str

    def __str__(self) -> str:
        return self.name


def build_object(status: Any, *, generation: int = GENERATION, deleted: bool = False) -> Manifest:
    """Return an object as the API server shows it."""
    metadata: Manifest = {"name": "mine", "namespace": "gloo-mesh", "generation": generation}
    if deleted:
        metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    if isinstance(status, BaseModel):
        status = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"metadata": metadata, "spec": {}, **({} if status is None else {"status": status})}


def list_states() -> tuple[State, ...]:
    """List all of them."""
    return (*_list_policies(), *_list_bounces(), *_list_meshes(), *_list_certificates())


def _list_policies() -> tuple[State, ...]:
    ready = _tell(ISSUED)
    deleting = _tell(replace(ISSUED, deletion=DeletionProgress(message="2 are left.")))
    return (
        _policy("unseen", build_object(None), "Progressing", "Error", "Current"),
        _policy("ready", ready, "Healthy", "Current", "Current"),
        _policy("waits for its agent", _tell(NO_AGENT), "Progressing", "InProgress", "InProgress"),
        _policy("Vault is sealed", _tell(AWAY), "Degraded", "InProgress", "InProgress"),
        _policy("needs an edit", _tell(REFUSED), "Degraded", "Failed", "Failed"),
        _policy("observes", _tell(OBSERVED), "Suspended", "InProgress", "InProgress"),
        _policy("edited since", _age(ready), "Progressing", "InProgress", "InProgress"),
        _policy("refused, edited since", _age(_tell(REFUSED)), *_IN_PROGRESS),
        _policy("deleting", _delete(deleting), "Progressing", "InProgress", "Terminating"),
        _policy("rotates", _rotate(_WAITING), "Progressing", "Current", "Current"),
        _policy("rotation is paused", _rotate(_PAUSED), "Suspended", "Current", "Current"),
        _policy("needs approval", _rotate(_MANUAL), "Suspended", "Current", "Current"),
    )


def _list_bounces() -> tuple[State, ...]:
    done, running, failed = (
        build_workload("done", trust_hash=HASH),
        build_workload("running", trust_hash=HASH, fresh=1, wanted=3),
        build_workload("failed", trust_hash=HASH, fresh=0, has_failed=True),
    )
    refused = build_object(
        build_refusal(
            reason=Reason.NOT_ALLOWED, message="No.", before=None, generation=GENERATION, now=NOW
        )
    )
    return (
        _bounce("unseen directive", build_object(None), "Progressing", "Error", "Current"),
        _bounce("restarted", _restart(done), "Healthy", "Current", "Current"),
        _bounce("restarting", _restart(done, running), *_IN_PROGRESS),
        _bounce("rollout failed", _restart(failed), "Degraded", "Failed", "Failed"),
        _bounce("not obeyed", refused, "Degraded", "Failed", "Failed"),
        _bounce("directive edited since", _age(refused), *_IN_PROGRESS),
    )


def _list_meshes() -> tuple[State, ...]:
    well, ill = _observe(build_trust()), _observe(build_trust(published=SELF_MADE))
    mirror = _mirror(well)
    return (
        _mesh("unseen mesh", build_object(None), "Progressing", "Error", "Current"),
        _mesh("well", well, "Healthy", "Current", "Current"),
        _mesh("not well", ill, "Degraded", "InProgress", "InProgress"),
        _mesh("mesh edited since", _age(well), *_IN_PROGRESS),
        _mesh("mirror", mirror, "Healthy", "Current", "Current"),
        _mesh("mirror of a cluster that is away", _mirror(well, is_away=True), *_IN_PROGRESS),
    )


def _list_certificates() -> tuple[State, ...]:
    return (
        _certificate("unseen certificate", build_object(None), "Progressing", "Error", "Current"),
        _certificate("serves", _issue(build_instance()), "Healthy", "Current", "Current"),
        _certificate("no agent", _issue(), *_IN_PROGRESS),
        _certificate(
            "expired",
            _issue(build_instance(), now=LONG_AFTER),
            "Degraded",
            "InProgress",
            "InProgress",
        ),
        _certificate("certificate edited since", _age(_issue(build_instance())), *_IN_PROGRESS),
    )


_IN_PROGRESS = ("Progressing", "InProgress", "InProgress")
_WAITING = build_wish()
_PAUSED = build_wish(orders=Orders(paused=frozenset({2})))
_MANUAL = build_wish(is_manual=True)


def _policy(name: str, manifest: Manifest, argo: str, flux: str, kstatus: str) -> State:
    return _state(name, POLICY, manifest, argo, flux, kstatus)


def _bounce(name: str, manifest: Manifest, argo: str, flux: str, kstatus: str) -> State:
    return _state(name, BOUNCE, manifest, argo, flux, kstatus)


def _mesh(name: str, manifest: Manifest, argo: str, flux: str, kstatus: str) -> State:
    return _state(name, MESH_KIND, manifest, argo, flux, kstatus)


def _certificate(name: str, manifest: Manifest, argo: str, flux: str, kstatus: str) -> State:
    return _state(name, CERTIFICATE, manifest, argo, flux, kstatus)


def _state(name: str, kind: str, manifest: Manifest, argo: str, flux: str, kstatus: str) -> State:
    return State(name=name, kind=kind, manifest=manifest, argo=argo, flux=flux, kstatus=kstatus)


def _tell(outcome: Outcome) -> Manifest:
    return build_object(build_status(outcome, previous=None, now=NOW))


def _rotate(wish: RotationWish) -> Manifest:
    """Return a policy in the middle of a rotation that waits for what the wish makes it wait."""
    state = build_state(Stage.PROVE)
    view = build_view(state, meshes=()) if wish is _WAITING else build_view(state, wish)
    told: ToldRotation = tell_rotation(advance(state, wish, view, now=IN_ROTATION), wish, view)
    return _tell(replace(ISSUED, rotation=told))


def _age(manifest: Manifest) -> Manifest:
    metadata = {**manifest["metadata"], "generation": GENERATION + 1}
    return {**manifest, "metadata": metadata}


def _delete(manifest: Manifest) -> Manifest:
    return build_object(manifest["status"], deleted=True)


def _restart(*workloads: Any) -> Manifest:
    plan = plan_bounce(build_snapshot(build_group(*workloads)))
    return build_object(
        build_bounce_status(plan, trust_hash=HASH, before=None, generation=GENERATION, now=NOW)
    )


def _observe(trust: ObservedTrust) -> Manifest:
    workloads = read_workload_trust(None)
    return build_object(
        build_mesh_status(trust, previous=None, workloads=workloads, generation=GENERATION, now=NOW)
    )


def _mirror(told: Manifest, *, is_away: bool = False) -> Manifest:
    status = build_mirror_status(
        MeshStatus.model_validate(told["status"]),
        issuance=None,
        cluster="c2",
        trouble=CLUSTER_AWAY if is_away else None,
        previous=None,
        now=NOW,
    )
    return build_object(status)


def _issue(*entries: Any, now: datetime = LATER) -> Manifest:
    checked = check_instances(entries, PINNED, now=now)
    issuance = MeshIssuance(mesh=MESH, instances=checked, replicas=1)
    found = build_certificate()
    found["metadata"]["generation"] = GENERATION
    return build_object(build_certificate_status(found, issuance, now=now))
