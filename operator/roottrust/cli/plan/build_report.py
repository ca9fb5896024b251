"""From what the hub's planner found out to the result that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from roottrust.api.condition import Condition
from roottrust.api.kind import ROOT_TRUST_POLICY
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.cli.plan.report import (
    ClusterReport,
    ConditionReport,
    ConflictReport,
    FieldReport,
    ObjectReport,
    PlanReport,
    PolicyReport,
    ProblemReport,
    Result,
    Summary,
)
from roottrust.domain.change import (
    FieldChange,
    ObjectChange,
    list_changes,
    list_obstacles,
    list_withheld,
)
from roottrust.domain.condition_judgement import Judgement
from roottrust.domain.fault import Fault
from roottrust.domain.issuance_change import (
    list_certificate_changes,
    list_certificate_obstacles,
    list_directive_changes,
)
from roottrust.domain.manifest_change import list_manifest_changes
from roottrust.domain.reasons import Reason
from roottrust.hub.policy_planner import PolicyPreview
from roottrust.runtime.store import ObjectKey

Before = Mapping[ObjectKey, Mapping[str, Any] | None]


def build_report(
    previews: Iterable[PolicyPreview], *, before: Before, planned_at: datetime
) -> PlanReport:
    """Return the result; `before` has what Kubernetes had of policies that come from files."""
    policies = tuple(_build_policy(each, before) for each in previews)
    return PlanReport(
        planned_at=planned_at,
        result=_find_result(policies),
        summary=_count(policies),
        policies=policies,
    )


def _find_result(policies: tuple[PolicyReport, ...]) -> Result:
    if any(each.is_hindered for each in policies):
        return Result.FAILED
    return Result.CHANGES if any(each.has_changes for each in policies) else Result.NO_CHANGES


def _count(policies: tuple[PolicyReport, ...]) -> Summary:
    verbs = [each.action for policy in policies for each in policy.vault]
    return Summary(
        policies=len(policies),
        create=verbs.count("create"),
        update=verbs.count("update"),
        delete=verbs.count("delete"),
        kubernetes=sum(len(policy.kubernetes) for policy in policies),
        conflicts=sum(len(policy.conflicts) for policy in policies),
        hindered_policies=sum(policy.is_hindered for policy in policies),
    )


def _build_policy(preview: PolicyPreview, before: Before) -> PolicyReport:
    identity, target, plan = preview.policy.identity, preview.target, preview.plan
    warnings = target.warnings if target else ()
    return PolicyReport(
        namespace=identity.namespace,
        name=identity.name,
        server=target.server if target else None,
        vault_namespace=target.namespace if target else None,
        given=preview.policy.key in before,
        mode="Observe" if preview.is_observed_only else "Manage",
        clusters=tuple(
            ClusterReport(name=each.cluster, meshes=tuple(mesh.name for mesh in each.meshes))
            for each in (target.clusters if target else ())
        ),
        kubernetes=(*_build_kubernetes(preview, before), *_build_in_clusters(preview)),
        vault=tuple(_build_object(each) for each in list_changes(plan)) if plan else (),
        rotation=preview.rotation,
        conflicts=_build_conflicts(preview),
        withheld=tuple(_build_object(each) for each in list_withheld(plan)) if plan else (),
        problems=tuple(_list_problems(preview)),
        warnings=plan.warnings if plan else warnings,
        conditions=tuple(_compare_conditions(preview.policy.status, preview.judgements)),
    )


def _build_kubernetes(preview: PolicyPreview, before: Before) -> tuple[ObjectReport, ...]:
    key = preview.policy.key
    if key not in before:
        return ()
    known = before[key]
    fields = list_manifest_changes(known, preview.policy.manifest, spec=RootTrustPolicySpec)
    if known is not None and not fields:
        return ()
    return (
        ObjectReport(
            action="create" if known is None else "update",
            kind=ROOT_TRUST_POLICY.kind,
            path=preview.policy.identity.full_name,
            fields=_build_fields(fields),
        ),
    )


def _build_in_clusters(preview: PolicyPreview) -> Iterator[ObjectReport]:
    certificates = list_certificate_changes(preview.certificates)
    return map(_build_object, (*certificates, *list_directive_changes(preview.directives)))


def _build_object(change: ObjectChange) -> ObjectReport:
    return ObjectReport(
        action=change.verb,
        kind=change.kind,
        path=change.path,
        cluster=change.cluster,
        fields=_build_fields(change.fields),
    )


def _build_fields(fields: Iterable[FieldChange]) -> tuple[FieldReport, ...]:
    return tuple(
        FieldReport(
            name=each.name,
            before=each.before,
            after=each.after,
            sensitive=each.is_sensitive,
            known_after_apply=each.is_unknown,
        )
        for each in fields
    )


def _build_conflicts(preview: PolicyPreview) -> tuple[ConflictReport, ...]:
    in_vault = list_obstacles(preview.plan) if preview.plan else ()
    return tuple(
        ConflictReport(
            path=each.path,
            kind=each.kind,
            cluster=each.cluster,
            owner=each.owner,
            note=each.note,
            fields=_build_fields(each.fields),
            next_step=each.next_step,
        )
        for each in (*in_vault, *list_certificate_obstacles(preview.certificates))
    )


def _list_problems(preview: PolicyPreview) -> Iterator[ProblemReport]:
    """Return what stands in the way but conflicts, which are told one by one."""
    if preview.error is not None:
        yield ProblemReport(reason=preview.error.reason, message=preview.error.message)
    for target in preview.target.clusters if preview.target else ():
        if target.trouble is not None:
            message = target.trouble.message
            yield ProblemReport(
                reason=target.trouble.reason, message=message, cluster=target.cluster
            )
    if preview.plan is None:
        return
    parts: list[tuple[str | None, Fault | None]] = [(None, preview.plan.root.fault)]
    parts += [(name, each.fault) for name, each in preview.plan.clusters.items()]
    for cluster, fault in parts:
        if fault is not None and fault.reason is not Reason.CONFLICT:
            yield ProblemReport(reason=fault.reason, message=fault.message, cluster=cluster)


def _compare_conditions(
    before: RootTrustPolicyStatus | None, after: Iterable[Judgement]
) -> Iterator[ConditionReport]:
    old = {each.type: _describe(each) for each in (before.conditions if before else ())}
    new = {str(each.type): _describe(each) for each in after}
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            yield ConditionReport(type=name, before=old.get(name), after=new.get(name))


def _describe(condition: Condition | Judgement) -> str:
    return f"{condition.status} ({condition.reason})"
