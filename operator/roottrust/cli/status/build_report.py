"""From the objects of the management cluster to the tree that is shown; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import ValidationError

from roottrust.api.choices import ConditionStatus
from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.api.condition import Condition
from roottrust.api.root_trust_policy_status import (
    RootStatus,
    RootTrustPolicyStatus,
    TrustedRoot,
)
from roottrust.cli.status.build_mesh import MeshSources, build_mesh
from roottrust.cli.status.build_operator import build_operator
from roottrust.cli.status.build_rotation import build_rotation
from roottrust.cli.status.found import FoundObjects, Known, Manifest, MeshKey, read_known
from roottrust.cli.status.found_rotation import read_rotation
from roottrust.cli.status.report import (
    CompromisedReport,
    ConditionReport,
    MeshReport,
    PolicyReport,
    Result,
    RootReport,
    StatusReport,
    Summary,
)
from roottrust.cli.status.rotation_report import TrustedRootReport
from roottrust.domain.health import Health, find_worst_health, judge_end, judge_status
from roottrust.domain.issuance_object import find_pinned
from roottrust.domain.reasons import ConditionType
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY
from roottrust.domain.rotation.known_roots import list_known_roots

# They hold while something is not as it should be, and say what Ready says.
_OF_PROGRESS = frozenset({ConditionType.RECONCILING, ConditionType.STALLED})
_NOTHING = RootTrustPolicyStatus()


def build_report(found: FoundObjects, *, read_at: datetime) -> StatusReport:
    """Return the whole tree, judged as of the moment at which the objects were read."""
    known = read_known(found)
    ordered = sorted(found.policies, key=_get_place)
    policies = tuple(build_policy(each, known, now=read_at) for each in ordered)
    operator = build_operator(found.lease, now=read_at)
    healths = [each.health for each in policies]
    healths += [operator.health] if operator else []
    return StatusReport(
        read_at=read_at,
        result=find_result(healths),
        summary=Summary(
            policies=len(policies),
            well=sum(each.health in {Health.GOOD, Health.WARNING} for each in policies),
            meshes=sum(each.meshes_total for each in policies),
            meshes_ready=sum(each.meshes_ready for each in policies),
            warnings=sum(len(each.warnings) for each in policies),
        ),
        operator=operator,
        policies=policies,
    )


def find_result(healths: Iterable[Health]) -> Result:
    """Return what the exit code says: what is wrong goes before what is not finished."""
    worst = find_worst_health(healths)
    if worst is Health.BAD:
        return Result.FAULTY
    return Result.UNFINISHED if worst is Health.UNKNOWN else Result.WELL


def build_policy(manifest: Manifest, known: Known, *, now: datetime) -> PolicyReport:
    """Return one policy, with everything under its root."""
    metadata = manifest["metadata"]
    status = read_policy_status(manifest)
    root = _build_root(status.root, now=now) if status.root else None
    turning = build_rotation(manifest, status, known.reports, now=now)
    meshes = _build_meshes(manifest, status, known, now=now)
    conditions = _list_unmet(status.conditions)
    is_outdated = is_status_outdated(manifest, status)
    healths = [each.health for each in meshes]
    healths += [each.health for each in conditions]
    healths += [root.health] if root else []
    healths += [turning.health] if turning else []
    compromised = tuple(
        _build_compromised(each, warnings=status.warnings)
        for each in status.compromised_intermediates
    )
    healths += [each.health for each in compromised]
    healths += [Health.UNKNOWN] if is_outdated else []
    healths += [Health.WARNING] if status.warnings else []
    totals = status.mesh_totals
    rotation = read_rotation(manifest)
    return PolicyReport(
        namespace=metadata["namespace"],
        name=metadata["name"],
        health=find_worst_health(healths),
        ready=_find_ready(status.conditions),
        deleting=bool(metadata.get("deletionTimestamp")),
        outdated=is_outdated,
        generation=rotation.intermediate_generation,
        cluster_generations={each.name: each.intermediate_generation for each in rotation.clusters},
        root=root,
        trust_bundle=tuple(map(_build_trusted, status.trust_bundle)),
        rotation=turning,
        compromised=compromised,
        meshes_ready=totals.ready if totals else 0,
        meshes_total=max(totals.total if totals else 0, len(meshes)),
        meshes=meshes,
        conditions=conditions,
        warnings=status.warnings,
    )


def read_policy_status(manifest: Manifest) -> RootTrustPolicyStatus:
    """Return the status, an empty one before there is one that this version can read."""
    try:
        return RootTrustPolicyStatus.model_validate(manifest.get("status") or {})
    except ValidationError:
        return _NOTHING


def is_status_outdated(manifest: Manifest, status: RootTrustPolicyStatus) -> bool:
    """Whether the operator has not seen the last edit, or has never seen the policy at all."""
    generation = int(manifest["metadata"].get("generation") or 0)
    return (status.observed_generation or -1) < generation


def _get_place(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _build_root(root: RootStatus, *, now: datetime) -> RootReport:
    return RootReport(
        health=judge_end(root.not_after, now=now, warn_before=WARN_BEFORE_EXPIRY),
        subject=root.subject,
        fingerprint=root.fingerprint,
        not_after=root.not_after,
        mount=root.mount,
    )


def _build_compromised(
    told: CompromisedIntermediates, *, warnings: tuple[str, ...]
) -> CompromisedReport:
    """Return one cluster; whether anybody trusts them still, the operator's warning says."""
    trusted = Health.WARNING if told.message in warnings else Health.GOOD
    return CompromisedReport(
        cluster=told.cluster,
        health=Health.UNKNOWN if told.revoked_at is None else trusted,
        generation=told.generation,
        revoked=told.revoked,
        left=told.left,
        trusted_until=told.trusted_until,
        revoked_at=told.revoked_at,
        needs_person=told.needs_person,
        message=told.message,
    )


def _build_trusted(root: TrustedRoot) -> TrustedRootReport:
    return TrustedRootReport(
        fingerprint=root.fingerprint,
        reason=root.reason,
        subject=root.subject,
        not_after=root.not_after,
    )


def _build_meshes(
    manifest: Manifest, status: RootTrustPolicyStatus, known: Known, *, now: datetime
) -> tuple[MeshReport, ...]:
    """Return the meshes of the status, and those that IssuedCertificates and mirrors add to them.

    One that pins another root than the policy's proves nothing under that.
    """
    full_name = "/".join(_get_place(manifest))
    told = {MeshKey(each.cluster, each.mesh): each for each in status.meshes}
    roots = list_known_roots(status)
    certificates = {
        key: found
        for key, found in known.certificates.get(full_name, {}).items()
        if status.root is None or find_pinned(found) in roots
    }
    mirrored = {
        key: found
        for key, found in known.mirrored.get(full_name, {}).items()
        if status.root is None or found.issuance.root_fingerprint in roots
    }
    bundle = tuple(each.fingerprint for each in status.trust_bundle) or None
    failures = tuple(
        each.message for each in status.conditions if each.status is ConditionStatus.FALSE
    )
    return tuple(
        build_mesh(
            MeshSources(
                key=key,
                told=told.get(key),
                reported=known.reports.get(key),
                certificate=certificates.get(key),
                mirrored=mirrored.get(key),
                bundle=bundle,
                failures=failures,
                warnings=status.warnings,
                is_turning=status.rotation is not None and status.rotation.stage is not None,
            ),
            now=now,
        )
        for key in sorted(told.keys() | certificates.keys() | mirrored.keys())
    )


def _list_unmet(conditions: tuple[Condition, ...]) -> tuple[ConditionReport, ...]:
    """Return the conditions that do not hold; Ready only if it says more than those before it."""
    unmet = [
        each
        for each in conditions
        if each.type not in _OF_PROGRESS and each.status is not ConditionStatus.TRUE
    ]
    said = {each.message for each in unmet if each.type != ConditionType.READY}
    return tuple(
        ConditionReport(
            type=each.type,
            health=judge_status(each.status),
            status=each.status,
            reason=each.reason,
            message=each.message,
            since=each.last_transition_time,
        )
        for each in unmet
        if each.type != ConditionType.READY or each.message not in said
    )


def _find_ready(conditions: tuple[Condition, ...]) -> ConditionStatus:
    found = (each.status for each in conditions if each.type == ConditionType.READY)
    return next(found, ConditionStatus.UNKNOWN)
