"""How far the intermediates of a mesh are, told on its mirror and read from there.

The hub has the IssuedCertificate of the mesh's own cluster and judges what it proves. Who reads the
mirror has that judgement alone; what time alone changes of it is judged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from roottrust.api.choices import ReplicaState
from roottrust.api.issued_certificate import INSTANCES_MAX, Instance
from roottrust.api.mirrored_issuance import MirroredInstance, MirroredIssuance
from roottrust.domain.instance_check import (
    CheckedInstance,
    InstanceState,
    ToldCertificate,
)
from roottrust.domain.issuance_object import find_pinned, read_instances, read_issuance
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.manifest import Manifest
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.target import MeshTarget

STATES = {
    InstanceState.FALSE: ReplicaState.NOT_BELIEVED,
    InstanceState.EXPIRED: ReplicaState.EXPIRED,
    InstanceState.FAILED: ReplicaState.FAILED,
    InstanceState.WAITING: ReplicaState.WAITING,
    InstanceState.OUTDATED: ReplicaState.OUTDATED,
    InstanceState.UNLOADED: ReplicaState.NOT_LOADED,
    InstanceState.OVERDUE: ReplicaState.OVERDUE,
    InstanceState.FAILING: ReplicaState.FAILING,
    InstanceState.SERVING: ReplicaState.SERVING,
}
_STATES_OF = {word: state for state, word in STATES.items()}

# The fingerprints of the roots that a policy uses, none for one that does not select the mesh.
FindRoots = Callable[[str], frozenset[str]]


def judge_issuance(
    certificate: Manifest | None, *, find_roots: FindRoots, now: datetime
) -> tuple[MirroredIssuance | None, datetime | None]:
    """Return what is told of an IssuedCertificate, and when time alone will change that.

    None is told of one that is not as a policy wants it: somebody has changed it, or made it.
    """
    mark = read_owner(certificate) if certificate else None
    if certificate is None or mark is None:
        return None, None
    policy = mark.policy.full_name
    issuance, root = read_issuance(certificate, replicas=None, now=now), find_pinned(certificate)
    if issuance is None or root is None or root not in find_roots(policy):
        return None, None
    reported = {each.pod: each for each in read_instances(certificate)}
    checked = {each.pod: each for each in issuance.instances}
    told = MirroredIssuance(
        policy=policy,
        root_fingerprint=root,
        intermediate_generation=_read_generation(certificate),
        instances=tuple(
            _tell(checked[pod], reported[pod]) for pod in sorted(checked)[:INSTANCES_MAX]
        ),
    )
    return told, issuance.find_next_change(now)


def restore_issuance(
    told: MirroredIssuance, *, mesh: MeshTarget, replicas: int | None, now: datetime
) -> MeshIssuance:
    """Return what was told as it is judged of a cluster's own objects; ends are judged now."""
    return MeshIssuance(
        mesh=mesh,
        instances=tuple(_restore(each, now=now) for each in told.instances),
        replicas=replicas,
    )


def _read_generation(certificate: Manifest) -> int:
    spec: Mapping[str, int] = certificate["spec"]
    return spec.get("intermediateGeneration") or 1


def _tell(checked: CheckedInstance, reported: Instance) -> MirroredInstance:
    """Return a replica; of one that is not believed nothing is told but that."""
    certificate = checked.believed
    return MirroredInstance(
        pod=checked.pod,
        state=STATES[checked.state],
        message=checked.clause or None,
        serial=certificate.serial if certificate else None,
        fingerprint=certificate.fingerprint if certificate else None,
        intermediate_generation=reported.intermediate_generation if certificate else None,
        not_after=certificate.not_after if certificate else None,
        next_renewal=reported.next_renewal if certificate else None,
        loaded_by_istiod=reported.loaded_by_istiod if certificate else None,
    )


def _restore(told: MirroredInstance, *, now: datetime) -> CheckedInstance:
    state = _STATES_OF[told.state]
    held: ToldCertificate | None = None
    if told.serial and told.fingerprint and told.not_after:
        held = ToldCertificate(
            serial=told.serial, fingerprint=told.fingerprint, not_after=told.not_after
        )
    if told.not_after is not None and now >= told.not_after:
        state = InstanceState.EXPIRED
    return CheckedInstance(pod=told.pod, state=state, clause=told.message or "", told=held)
