"""The conditions of a RootTrustPolicy, as a chain: each one asks for those before it."""

from __future__ import annotations

from dataclasses import replace

from roottrust.domain.condition_judgement import (
    Judgement,
    build_false,
    build_from_fault,
    build_true,
    build_unknown,
)
from roottrust.domain.fault import Fault, find_worst, name_cluster
from roottrust.domain.mesh_condition import MeshCondition, find_worst_condition
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.domain.some_names import list_some

NEEDS_AN_EDIT = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.INVALID_PATH,
        Reason.NOT_ALLOWED,
        Reason.NOT_SUPPORTED,
        Reason.OTHER_CLUSTER,
        Reason.REMOTE_POLICIES_OFF,
        Reason.UNKNOWN_SERVER,
        Reason.PLAIN_HTTP,
        Reason.INVALID_CA_BUNDLE,
        Reason.SELECTED_BY_OLDER_POLICY,
        Reason.CONFLICT,
        Reason.INVALID_ROOT_SECRET,
        Reason.ROOT_FOUND,
        Reason.ROOT_CHANGED,
        Reason.ROOT_NOT_USABLE,
        Reason.ROOT_EXPIRES_TOO_SOON,
    }
)


def judge(outcome: Outcome) -> tuple[Judgement, ...]:
    """Return all conditions; Reconciling and Stalled are there only while they hold."""
    accepted = _judge_accepted(outcome)
    reachable = _judge_reachable(outcome, accepted)
    configured = _judge_configured(outcome, reachable)
    issued = _judge_issued(outcome, configured)
    propagated = _judge_propagated(outcome, configured)
    of_meshes = (issued, propagated) if _list_meshes(outcome) or _has_trouble(outcome) else ()
    ready = _judge_ready(outcome, (accepted, reachable, configured, *of_meshes))
    return (accepted, reachable, configured, issued, propagated, ready, *_judge_progress(ready))


def _judge_accepted(outcome: Outcome) -> Judgement:
    kind = ConditionType.ACCEPTED
    if outcome.refusal is not None:
        return build_from_fault(kind, outcome.refusal)
    names = _name_clusters(outcome)
    return build_true(kind, Reason.ACCEPTED, f"The policy is accepted for {names}.")


def _judge_reachable(outcome: Outcome, accepted: Judgement) -> Judgement:
    kind = ConditionType.VAULT_REACHABLE
    if not accepted.is_true:
        return build_unknown(
            kind, accepted.reason, "Vault is not asked before the policy is accepted."
        )
    if outcome.outage is not None:
        return build_from_fault(kind, outcome.outage)
    server = outcome.target.server if outcome.target else "Vault"
    return build_true(kind, Reason.REACHABLE, f"{server} answers and is unsealed.")


def _judge_configured(outcome: Outcome, reachable: Judgement) -> Judgement:
    kind = ConditionType.VAULT_CONFIGURED
    if not reachable.is_true:
        reason = Reason.WAITING_FOR_VAULT if outcome.outage else reachable.reason
        return build_unknown(kind, reason, "What Vault holds is not known.")
    planned = find_plan_fault(outcome.plan) if outcome.plan else None
    fault = find_worst((outcome.failure, planned))
    if fault is not None:
        return build_from_fault(kind, fault)
    pending = len(outcome.plan.actions) if outcome.plan else 0
    if pending and outcome.is_observed_only:
        message = f"{pending} changes are not made (management.mode: Observe): see status.drift."
        return build_false(kind, Reason.CHANGES_PENDING, message)
    if pending or outcome.plan is None:
        message = f"{pending} changes in Vault are still to be made."
        return build_unknown(kind, Reason.CHANGES_PENDING, message)
    return build_true(kind, Reason.CONFIGURED, f"Vault is ready for {_name_clusters(outcome)}.")


def find_plan_fault(plan: Plan) -> Fault | None:
    """Return the first thing that stands in the plan's way; one that needs a person goes first."""
    return find_worst(
        (
            plan.root.fault,
            *(
                name_cluster(cluster.fault, name, among=plan.clusters)
                for name, cluster in plan.clusters.items()
                if cluster.fault is not None
            ),
        )
    )


def _judge_issued(outcome: Outcome, configured: Judgement) -> Judgement:
    kind, issuance = ConditionType.CERTIFICATES_ISSUED, outcome.issuance
    if issuance is not None and issuance.fault is not None:
        return build_from_fault(kind, issuance.fault)
    if issuance is not None and issuance.pending:
        message = (
            f"{issuance.pending} writes of IssuedCertificates are not made (management.mode: "
            "Observe): `roottrust plan` shows them."
        )
        return build_false(kind, Reason.CHANGES_PENDING, message)
    reports = issuance.meshes if issuance else ()
    worst = find_worst_condition(each.issued for each in reports)
    return _build_from_meshes(kind, worst, outcome, configured)


def _judge_propagated(outcome: Outcome, configured: Judgement) -> Judgement:
    reports = outcome.issuance.meshes if outcome.issuance else ()
    worst = find_worst_condition(each.propagated for each in reports)
    return _build_from_meshes(ConditionType.TRUST_PROPAGATED, worst, outcome, configured)


def _build_from_meshes(
    kind: ConditionType, worst: MeshCondition | None, outcome: Outcome, configured: Judgement
) -> Judgement:
    """Return what the worst of all meshes says, which it does also while Vault is away."""
    if worst is not None:
        return Judgement(type=kind, status=worst.status, reason=worst.reason, message=worst.message)
    if not configured.is_true:
        return build_unknown(kind, configured.reason, "Vault is not ready yet.")
    if _list_meshes(outcome):
        message = "How far the meshes are is not known."
        return build_unknown(kind, Reason.WAITING_FOR_REPORT, message)
    if _find_near_miss(outcome) is not None:
        message = f"No istiod in {_name_clusters(outcome)} matches: {_find_near_miss(outcome)}."
        return build_unknown(kind, Reason.NO_MESH_SELECTED, message)
    message = f"No mesh is found yet in {_name_clusters(outcome)}."
    return build_unknown(kind, Reason.WAITING_FOR_MESH, message)


def _judge_ready(outcome: Outcome, before: tuple[Judgement, ...]) -> Judgement:
    kind = ConditionType.READY
    hindrance = next((each for each in before if not each.is_true), None)
    if hindrance is not None:
        return replace(hindrance, type=kind)
    names, meshes = _name_clusters(outcome), _list_meshes(outcome)
    if not meshes and _find_near_miss(outcome) is not None:
        message = f"Vault is ready for istiod of {names}; none matches: {_find_near_miss(outcome)}."
        return build_true(kind, Reason.NO_MESH_SELECTED, message)
    if not meshes:
        message = f"Vault is ready for istiod of {names}; no mesh is found there yet."
        return build_true(kind, Reason.WAITING_FOR_MESH, message)
    warnings = outcome.issuance.warnings if outcome.issuance else ()
    what = f"istiod of {meshes[0]} signs" if len(meshes) == 1 else f"{len(meshes)} meshes sign"
    rotation = outcome.rotation.status if outcome.rotation else None
    if rotation is not None and rotation.stage is not None and rotation.message:
        message = f"{what}; rotation of the root: {rotation.message}"
        return build_true(kind, Reason.READY, message)
    message = warnings[0] if warnings else f"{what} under the root of this policy."
    return build_true(kind, Reason.READY, message)


def _judge_progress(ready: Judgement) -> tuple[Judgement, ...]:
    if ready.is_true:
        return ()
    if ready.reason in NEEDS_AN_EDIT:
        return (build_true(ConditionType.STALLED, ready.reason, ready.message),)
    return (build_true(ConditionType.RECONCILING, Reason.RETRYING, ready.message),)


def _name_clusters(outcome: Outcome) -> str:
    names = [each.cluster for each in outcome.target.clusters] if outcome.target else []
    return list_some(names)


def _find_near_miss(outcome: Outcome) -> str | None:
    return outcome.target.near_miss if outcome.target else None


def _list_meshes(outcome: Outcome) -> tuple[str, ...]:
    clusters = outcome.target.clusters if outcome.target else ()
    return tuple(mesh.name for cluster in clusters for mesh in cluster.meshes)


def _has_trouble(outcome: Outcome) -> bool:
    """Whether a cluster tells nothing: it may have meshes that are not known."""
    clusters = outcome.target.clusters if outcome.target else ()
    return any(each.trouble is not None for each in clusters)
