"""One mesh of the tree: what its own objects prove, and where they are not here, what the hub says.

Its IssuedCertificate lies in its own cluster. In the management cluster, and in a fleet of one,
that is at hand and judged as of now; of others the mirror of the Mesh has what the hub judged, and
where there is none, the status of the policy has the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.api.choices import ConditionStatus
from roottrust.api.issued_certificate import Instance
from roottrust.api.mesh import MeshStatus as ReportedMesh
from roottrust.api.mirrored_issuance import MirroredInstance
from roottrust.api.root_trust_policy_status import MeshStatus
from roottrust.api.stale_workloads import StaleWorkloads, ToldStaleWorkloads
from roottrust.cli.status.found import Manifest, MeshKey, MirroredMesh
from roottrust.cli.status.report import InstanceReport, MeshReport, NamespacesReport
from roottrust.domain.health import (
    Health,
    find_worst_health,
    judge_end,
    judge_instance,
    judge_mesh_condition,
)
from roottrust.domain.instance_check import CheckedInstance
from roottrust.domain.issuance_object import (
    read_instances,
    read_issuance,
    read_roots,
    read_spec,
)
from roottrust.domain.mesh_condition import MeshCondition, build_unknown
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mesh_propagation import judge_propagation
from roottrust.domain.mirror_status import find_current
from roottrust.domain.mirrored_issuance import STATES, restore_issuance
from roottrust.domain.reasons import Reason
from roottrust.domain.target import MeshTarget

_NO_TIME = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class MeshSources:
    """All that is known of one mesh; None for what is not there.

    `told` is what the policy's status says, `reported` what its cluster reports, `mirrored` what
    the hub judged of its intermediates. Of the policy are `bundle`, the fingerprints of its roots,
    and its messages: of conditions that are False, and of warnings. `is_turning` says that its root
    is being rotated, so that clusters do not all have the same roots.
    """

    key: MeshKey
    told: MeshStatus | None
    reported: ReportedMesh | None
    certificate: Manifest | None
    bundle: tuple[str, ...] | None
    mirrored: MirroredMesh | None = None
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_turning: bool = False

    @property
    def roots(self) -> tuple[str, ...] | None:
        """The fingerprints of the roots that this mesh is to have, None where nobody tells."""
        if not self.is_turning:
            return self.bundle
        spec = read_spec(self.certificate) if self.certificate else None
        return tuple(each.fingerprint for each in read_roots(spec.trust_bundle)) if spec else None

    @property
    def outdated(self) -> MeshCondition | None:
        """Why what its cluster reports is not of now, None where it is."""
        current = find_current(self.reported) if self.reported else None
        if self.reported is None or current is None or current.status is ConditionStatus.TRUE:
            return None
        message = self.reported.message or current.message
        return build_unknown(Reason.CLUSTER_UNREACHABLE, message)


def build_mesh(sources: MeshSources, *, now: datetime) -> MeshReport:
    """Return the mesh, judged as of now."""
    issuance = _read_issuance(sources, now=now)
    told = sources.told or MeshStatus(cluster=sources.key.cluster, mesh=sources.key.name)
    namespaces = _build_namespaces(sources)
    stale = _find_stale(sources)
    conditions = tuple(_list_conditions(sources, issuance))
    end = issuance.earliest_not_after if issuance else told.earliest_not_after
    healths = [judge_mesh_condition(each) for each in conditions]
    healths += [judge_end(end, now=now, warn_before=_NO_TIME)] if end else []
    healths += [namespaces.health] if namespaces else []
    healths += [Health.WARNING] if stale and stale.total else []
    healths.append(_judge_message(sources, told.message))
    if issuance is None and told.instances_ready < max(told.instances_total, 1):
        healths.append(Health.UNKNOWN)
    return MeshReport(
        cluster=sources.key.cluster,
        mesh=sources.key.name,
        health=find_worst_health(healths),
        message=_find_message(conditions, told.message),
        generation=_find_generation(sources),
        instances_ready=issuance.ready if issuance else told.instances_ready,
        instances_total=issuance.total if issuance else told.instances_total,
        earliest_not_after=end,
        instances=_build_instances(sources, issuance) if issuance else None,
        namespaces=namespaces,
        stale_workloads=stale.first if stale else None,
        stale_workloads_total=stale.total if stale else None,
    )


def _judge_message(sources: MeshSources, message: str | None) -> Health:
    """Return how well a mesh is of which the hub says this: its status tells it in words alone.

    What the hub warns of stands among the policy's warnings, and the worst of what is wrong is what
    a condition says, before it counts the others.
    """
    if message is None:
        return Health.GOOD
    if message in sources.warnings:
        return Health.WARNING
    is_wrong = any(each.startswith(message) for each in sources.failures)
    return Health.BAD if is_wrong else Health.UNKNOWN


def _read_issuance(sources: MeshSources, *, now: datetime) -> MeshIssuance | None:
    istiod = sources.reported.istiod if sources.reported else None
    replicas = istiod.total if istiod else None
    if sources.certificate is not None:
        return read_issuance(sources.certificate, replicas=replicas, now=now)
    if sources.mirrored is None:
        return None
    mirrored = sources.mirrored
    mesh = MeshTarget(name=sources.key.name, namespace=mirrored.namespace, deployment="")
    return restore_issuance(mirrored.issuance, mesh=mesh, replicas=replicas, now=now)


def _list_conditions(
    sources: MeshSources, issuance: MeshIssuance | None
) -> Iterator[MeshCondition]:
    """Return what can be judged here, as the hub judges it."""
    if sources.outdated is not None:
        yield sources.outdated
    if issuance is not None:
        yield issuance.judge()
    roots = sources.roots
    if sources.reported is not None and (roots or not sources.is_turning):
        name = sources.key.name
        target = issuance.mesh if issuance else MeshTarget(name=name, namespace="", deployment="")
        yield judge_propagation(target, sources.reported, bundle=roots)


def _find_message(conditions: tuple[MeshCondition, ...], told: str | None) -> str | None:
    worst = min(conditions, key=lambda each: each.rank, default=None)
    if worst is not None and (not worst.is_true or worst.is_warning):
        return worst.message
    return told


def _find_generation(sources: MeshSources) -> int | None:
    if sources.certificate is None:
        mirrored = sources.mirrored
        return mirrored.issuance.intermediate_generation if mirrored else None
    spec = read_spec(sources.certificate)
    return spec.intermediate_generation if spec else None


def _build_namespaces(sources: MeshSources) -> NamespacesReport | None:
    reported = sources.reported.namespaces if sources.reported else None
    if reported is not None:
        in_sync, total, stale = reported.in_sync, reported.total, reported.stale
    elif sources.told is not None and sources.told.namespaces_total:
        told = sources.told
        in_sync, total, stale = told.namespaces_in_sync, told.namespaces_total, ()
    else:
        return None
    is_in_sync = in_sync >= total and sources.outdated is None
    health = Health.GOOD if is_in_sync else Health.UNKNOWN
    return NamespacesReport(health=health, in_sync=in_sync, total=total, stale=stale)


def _find_stale(sources: MeshSources) -> StaleWorkloads | ToldStaleWorkloads | None:
    """Return the workloads that its cluster reports, None where nobody says whether there are any.

    What the hub has no word on may be none, or not be reported.
    """
    if sources.reported is not None:
        return sources.reported.stale_workloads or ToldStaleWorkloads()
    return sources.told.stale_workloads if sources.told else None


def _build_instances(sources: MeshSources, issuance: MeshIssuance) -> tuple[InstanceReport, ...]:
    reported = {each.pod: each for each in _list_reported(sources)}
    return tuple(
        _build_instance(each, reported[each.pod], is_of_now=sources.outdated is None)
        for each in sorted(issuance.instances, key=lambda each: each.pod)
    )


def _list_reported(sources: MeshSources) -> Iterable[Instance | MirroredInstance]:
    if sources.certificate is not None:
        return read_instances(sources.certificate)
    return sources.mirrored.issuance.instances if sources.mirrored else ()


def _build_instance(
    checked: CheckedInstance, reported: Instance | MirroredInstance, *, is_of_now: bool
) -> InstanceReport:
    """Return a replica; of one that is not believed nothing is told but that."""
    certificate = checked.believed
    health = judge_instance(checked.state)
    return InstanceReport(
        pod=checked.pod,
        health=health if is_of_now else find_worst_health((health, Health.UNKNOWN)),
        state=STATES[checked.state],
        message=checked.clause or None,
        serial=certificate.serial if certificate else None,
        fingerprint=certificate.fingerprint if certificate else None,
        generation=reported.intermediate_generation if certificate else None,
        not_after=certificate.not_after if certificate else None,
        next_renewal=reported.next_renewal if certificate else None,
        loaded_by_istiod=reported.loaded_by_istiod if certificate else None,
    )
