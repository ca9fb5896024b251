"""Each RootTrustPolicy: seen by the operator, accepted, and its root."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.checks import login
from roottrust.cli.doctor.facts import Facts, Unseen
from roottrust.cli.doctor.finding import Check, Finding, found
from roottrust.cli.doctor.told import list_told, passed_if_of_now
from roottrust.cli.status.report import PolicyReport
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_end
from roottrust.domain.reasons import ConditionType

_TYPES = frozenset(ConditionType) - login.TYPES


def check_policies(facts: Facts) -> Iterator[Finding]:
    """Judge each of them; without one there is nothing that could be well."""
    if isinstance(facts.policies, Unseen):
        return
    for policy in facts.tree.policies:
        yield from _judge(policy, facts)
    if not facts.policies:
        what = "there is none: the operator has nothing to do"
        why = "every mesh has a root of its own"
        fix = "kubectl apply -f deploy/samples/every-cluster.yaml"
        yield found(Check.POLICIES, "RootTrustPolicies", Health.WARNING, what, why=why, fix=fix)


def _judge(policy: PolicyReport, facts: Facts) -> Iterator[Finding]:
    subject = f"RootTrustPolicy {policy.full_name}"
    findings = list(list_told(policy, Check.POLICIES, _TYPES))
    if policy.outdated:
        what = "the operator has not seen its last edit"
        why = "what its status says is of before"
        fix = f"kubectl get lease roottrust-hub -n {facts.home}"
        findings.append(found(Check.POLICIES, subject, Health.UNKNOWN, what, why=why, fix=fix))
    if policy.root is not None and policy.root.health is not Health.GOOD:
        end = tell_end(policy.root.not_after, now=facts.read_at)
        what = f"its root {policy.root.subject} {end}"
        why = "with its root every certificate of its meshes ends"
        fix = f"roottrust rotate root {policy.full_name}"
        findings.append(found(Check.POLICIES, subject, policy.root.health, what, why=why, fix=fix))
    for warning in policy.warnings:
        why = "it works, and should not stay so"
        fix = f"kubectl describe rtp {policy.name} -n {policy.namespace}"
        findings.append(found(Check.POLICIES, subject, Health.WARNING, warning, why=why, fix=fix))
    rotation = policy.rotation
    if rotation is not None and rotation.needs_person:
        what = f"its rotation waits: {rotation.message}"
        why = "until it goes on, old and new root are both trusted"
        fix = f"roottrust status {policy.full_name}"
        findings.append(found(Check.POLICIES, subject, rotation.health, what, why=why, fix=fix))
    yield from findings
    if not findings:
        what = "it is accepted, and seen by the operator"
        yield passed_if_of_now(facts, Check.POLICIES, subject, what)
