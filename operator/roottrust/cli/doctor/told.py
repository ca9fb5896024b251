"""What the hub says in conditions of policies, as findings with the command that helps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roottrust.cli.doctor.facts import Facts, list_seen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.remedy import find_policy_remedy
from roottrust.cli.status.report import ConditionReport, PolicyReport
from roottrust.domain.health import Health
from roottrust.domain.reasons import Reason

_NAME = re.compile(r"[a-z0-9][-a-z0-9]*")
_OF_BEFORE = "a status stays as it is when its operator is gone"


def list_told(policy: PolicyReport, check: Check, types: frozenset[str]) -> Iterator[Finding]:
    """Return the conditions of these types that do not hold, each cause once.

    What follows from a condition has its reason, or waits for what that one tells of.
    """
    firsts = {each.reason: each for each in reversed(policy.conditions)}
    for number, condition in enumerate(policy.conditions):
        is_first = firsts[condition.reason] is condition
        follows = number > 0 and condition.reason == Reason.WAITING_FOR_VAULT
        if condition.type in types and is_first and not follows:
            yield _judge(policy, check, condition)


def passed_if_of_now(facts: Facts, check: Check, subject: str, what: str) -> Finding:
    """Return a pass by the hub's word, which counts only while a hub works."""
    if is_hub_working(facts):
        return passed(check, subject, what)
    words = f"as it was told last: {what}; no hub works that would tell of now"
    fix = f"kubectl get pods -n {facts.home}"
    return found(check, subject, Health.UNKNOWN, words, why=_OF_BEFORE, fix=fix)


def is_hub_working(facts: Facts) -> bool:
    """Whether nothing speaks against it: a Lease that nobody renews, or replicas that are gone."""
    operator = facts.tree.operator
    if operator is not None:
        return operator.health is Health.GOOD
    deployments = list_seen(facts.deployments)
    ready = [(each.get("status") or {}).get("availableReplicas") for each in deployments]
    return any(ready) or not ready


def _judge(policy: PolicyReport, check: Check, condition: ConditionReport) -> Finding:
    cluster = _find_cluster(policy, condition)
    remedy = find_policy_remedy(condition.reason, policy=policy.full_name, cluster=cluster)
    what = f"{condition.type} is {condition.status} ({condition.reason}): {condition.message}"
    return found(
        check,
        f"RootTrustPolicy {policy.full_name}",
        Health.BAD if remedy.needs_person else condition.health,
        what,
        why=remedy.why,
        fix=remedy.fix,
    )


def _find_cluster(policy: PolicyReport, condition: ConditionReport) -> str:
    """Return the cluster that a condition is of, empty where that may be any of several."""
    clusters = {each.cluster for each in policy.meshes}
    meant = clusters.intersection(_NAME.findall(condition.message)) or clusters
    return meant.pop() if len(meant) == 1 else ""
