"""The status of a RootTrustPolicy, worked out anew from what was found.

What could not be looked at this time (Vault is away) stays as it was last seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.api.choices import ConditionStatus, PolicyState, RotationStage, TrustReason
from roottrust.api.root_trust_policy_status import (
    DRIFT_MAX,
    MANAGED_OBJECTS_MAX,
    WARNINGS_MAX,
    Drift,
    ManagedObject,
    RootStatus,
    RootTrustPolicyStatus,
    TrustedRoot,
    VaultPlace,
)
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain import ownership
from roottrust.domain.action import Verb
from roottrust.domain.certificate import Certificate
from roottrust.domain.cluster_plan import ClusterPlan
from roottrust.domain.condition_judgement import Judgement, build_conditions
from roottrust.domain.deletion_judgement import judge_deletion
from roottrust.domain.judgement import judge
from roottrust.domain.mesh_status import count_meshes, list_meshes
from roottrust.domain.outcome import Outcome
from roottrust.domain.ownership import Conflict
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import ConditionType
from roottrust.domain.reviewer_status import list_reviewer_tokens
from roottrust.domain.rotation.posture import has_widened
from roottrust.domain.rotation.stage import is_final
from roottrust.domain.target import VaultTarget

_NOTHING = RootTrustPolicyStatus()


def build_status(
    outcome: Outcome, *, previous: RootTrustPolicyStatus | None, now: datetime
) -> RootTrustPolicyStatus:
    """Return the whole status; times of conditions move only with their status."""
    before = previous or _NOTHING
    judgements = _judge(outcome)
    status = RootTrustPolicyStatus(
        observed_generation=outcome.generation,
        state=_find_state(judgements, outcome),
        message=_get(judgements, ConditionType.READY).message,
        conditions=build_conditions(
            judgements, before.conditions, generation=outcome.generation, now=now
        ),
        warnings=_list_warnings(outcome, before),
        meshes=before.meshes,
        mesh_totals=before.mesh_totals,
        rotation=outcome.rotation.status if outcome.rotation else before.rotation,
        compromised_intermediates=outcome.revocations.entries
        if outcome.revocations
        else before.compromised_intermediates,
    )
    if outcome.target is not None:
        meshes = list_meshes(outcome.target, outcome.issuance)
        totals = count_meshes(outcome.target, outcome.issuance)
        status = status.model_copy(update={"meshes": meshes, "mesh_totals": totals})
    if outcome.plan is None or outcome.target is None:
        kept = ("vault", "root", "trust_bundle", "managed_objects", "reviewer_tokens", "drift")
        known = status.model_copy(update={name: getattr(before, name) for name in kept})
        return _drop_removed(known, outcome)
    place = describe_place(outcome.target)
    # What was told of another Vault says nothing of this one, though paths may be the same.
    there = before if before.vault == place else RootTrustPolicyStatus()
    tokens = list_reviewer_tokens(outcome, there)
    found = {"vault": place, "reviewer_tokens": tokens}
    return status.model_copy(update={**found, **_describe_vault(outcome.plan, there, status)})


def describe_place(target: VaultTarget) -> VaultPlace:
    """Return where a target is; its paths mean nothing elsewhere."""
    return VaultPlace(server=target.server, namespace=target.namespace)


def _judge(outcome: Outcome) -> tuple[Judgement, ...]:
    if outcome.deletion is None:
        return judge(outcome)
    return judge_deletion(outcome.deletion.message, outage=outcome.outage)


def _drop_removed(status: RootTrustPolicyStatus, outcome: Outcome) -> RootTrustPolicyStatus:
    removed = outcome.deletion.removed if outcome.deletion else frozenset()
    left = tuple(each for each in status.managed_objects if each.path not in removed)
    return status.model_copy(update={"managed_objects": left})


def _describe_vault(
    plan: Plan, before: RootTrustPolicyStatus, now: RootTrustPolicyStatus
) -> dict[str, object]:
    """Return what the plan tells; a root that is gone or exchanged stays the one in use."""
    drift = _list_drift(plan)
    root = plan.root.certificate
    if root is None:
        kept = ("root", "trust_bundle", "managed_objects")
        return {"drift": drift, **{name: getattr(before, name) for name in kept}}
    return {
        "root": _build_root(plan, root, before.root),
        "trust_bundle": tuple(_list_trusted(plan, root, now.rotation)),
        "managed_objects": _list_managed(plan, before),
        "drift": drift,
    }


def _build_root(plan: Plan, root: Certificate, before: RootStatus | None) -> RootStatus:
    """Return the root; once it was usable, it stays the one in use, whatever became of it."""
    is_same = before is not None and (before.fingerprint, before.mount) == (
        root.fingerprint,
        plan.root.mount,
    )
    known = before.issuer if before and is_same else None
    return RootStatus(
        subject=root.subject,
        fingerprint=root.fingerprint,
        not_after=root.not_after,
        issuer=plan.root.usable.issuer_id if plan.root.usable else known,
        mount=plan.root.mount,
    )


def _list_trusted(
    plan: Plan, root: Certificate, rotation: RotationStatus | None
) -> Iterator[TrustedRoot]:
    """Return the roots that meshes trust, or are to: in a rotation, both on the way."""
    following = plan.following.certificate if plan.following else None
    stage = rotation.stage if rotation else None
    if rotation is None or stage is None or following is None:
        yield from [_build_trusted(plan, root, TrustReason.ROOT)] if plan.root.usable else ()
    elif is_final(stage):
        yield _build_trusted(plan, following, TrustReason.NEXT_ROOT)
        if stage is RotationStage.DROP:
            yield _build_trusted(plan, root, TrustReason.PREVIOUS_ROOT)
    else:
        yield _build_trusted(plan, root, TrustReason.ROOT)
        if stage is not RotationStage.NARROW and has_widened(rotation):
            yield _build_trusted(plan, following, TrustReason.NEXT_ROOT)


def _build_trusted(plan: Plan, root: Certificate, reason: TrustReason) -> TrustedRoot:
    return TrustedRoot(
        fingerprint=root.fingerprint,
        reason=reason,
        subject=root.subject,
        not_after=root.not_after,
        source=plan.root.mount,
    )


def _list_managed(plan: Plan, before: RootTrustPolicyStatus) -> tuple[ManagedObject, ...]:
    """Return what is there and kept up; what could not be judged stays as it was told before.

    That we made an object is known from here alone once somebody took its mark off, so nothing may
    be listed that was never made, and nothing be lost while something else is in the way.
    """
    missing = {action.wanted.path for action in plan.actions if action.verb is Verb.CREATE}
    following = plan.next_root.managed if plan.next_root else ()
    found = [_build_managed(each) for each in (*plan.root.managed, *following)]
    for name, cluster in plan.clusters.items():
        found += [_build_managed(each, cluster=name) for each in cluster.managed]
        found += _keep_told(cluster, before, name=name)
    return tuple([each for each in found if each.path not in missing][:MANAGED_OBJECTS_MAX])


def _keep_told(
    cluster: ClusterPlan, before: RootTrustPolicyStatus, *, name: str
) -> list[ManagedObject]:
    """Return what was told of a cluster and is neither judged now nor somebody else's."""
    told = [each for each in before.managed_objects if each.cluster == name]
    if not cluster.managed and not cluster.conflicts:
        return told
    judged = {each.wanted.path for each in cluster.managed}
    open_paths = [each.path for each in cluster.conflicts if not each.is_others]
    return [
        each
        for each in told
        if each.path not in judged
        and any(each.path == path or each.path.startswith(f"{path}/") for path in open_paths)
    ]


def _build_managed(managed: ownership.ManagedObject, cluster: str | None = None) -> ManagedObject:
    return ManagedObject(
        path=managed.wanted.path, kind=managed.wanted.kind, origin=managed.origin, cluster=cluster
    )


def _list_drift(plan: Plan) -> tuple[Drift, ...]:
    conflicts = plan.root.conflicts + tuple(
        conflict for cluster in plan.clusters.values() for conflict in cluster.conflicts
    )
    found = [drift for conflict in conflicts for drift in _describe_conflict(conflict)]
    for action in (*plan.actions, *plan.withheld):
        if not action.differences:
            found.append(Drift(path=action.wanted.path, message="It does not exist."))
        found += [
            Drift(path=each.path, field=each.field, expected=each.wanted, actual=each.found)
            for each in action.differences
        ]
    return tuple(found[:DRIFT_MAX])


def _describe_conflict(conflict: Conflict) -> list[Drift]:
    if conflict.owner is not None:
        gone = ", which exists no more" if conflict.is_abandoned else ""
        return [Drift(path=conflict.path, message=f"It belongs to {conflict.owner}{gone}.")]
    if not conflict.differences:
        return [Drift(path=conflict.path, message=f"Not roottrust's: {conflict.note}.")]
    return [
        Drift(path=each.path, field=each.field, expected=each.wanted, actual=each.found)
        for each in conflict.differences
    ]


def _list_warnings(outcome: Outcome, before: RootTrustPolicyStatus) -> tuple[str, ...]:
    if outcome.plan is not None:
        found = outcome.plan.warnings
    elif outcome.target is not None:
        found = outcome.target.warnings
    else:
        return before.warnings
    # What will not last goes first: there is a place for so many only.
    soon = outcome.rotation.warnings if outcome.rotation else ()
    soon += outcome.revocations.warnings if outcome.revocations else ()
    soon += outcome.issuance.warnings if outcome.issuance else ()
    return tuple(dict.fromkeys((*soon, *found)))[:WARNINGS_MAX]


def _find_state(judgements: tuple[Judgement, ...], outcome: Outcome) -> PolicyState:
    accepted = _get(judgements, ConditionType.ACCEPTED)
    ready = _get(judgements, ConditionType.READY)
    if accepted.status is ConditionStatus.FALSE:
        return PolicyState.INVALID
    if ready.status is ConditionStatus.UNKNOWN or outcome.deletion is not None:
        return PolicyState.PENDING
    if ready.status is ConditionStatus.FALSE:
        return PolicyState.FAILED
    has_warnings = outcome.plan is not None and bool(_list_warnings(outcome, _NOTHING))
    return PolicyState.WARNING if has_warnings else PolicyState.ACCEPTED


def _get(judgements: tuple[Judgement, ...], kind: ConditionType) -> Judgement:
    return next(each for each in judgements if each.type is kind)
