"""What the hub says in conditions of policies, as findings with the command that helps."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.finding import Check, Finding, found
from roottrust.cli.doctor.remedy import find_remedy
from roottrust.cli.status.report import ConditionReport, PolicyReport
from roottrust.domain.health import Health
from roottrust.domain.reasons import Reason


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


def _judge(policy: PolicyReport, check: Check, condition: ConditionReport) -> Finding:
    cluster = next((each.cluster for each in policy.meshes), "")
    remedy = find_remedy(condition.reason, policy=policy.full_name, cluster=cluster)
    what = f"{condition.type} is {condition.status} ({condition.reason}): {condition.message}"
    return found(
        check,
        f"RootTrustPolicy {policy.full_name}",
        Health.BAD if remedy.needs_person else condition.health,
        what,
        why=remedy.why,
        fix=remedy.fix,
    )
