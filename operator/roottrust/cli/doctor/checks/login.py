"""The hub's login in Vault and what it may do there, as the policies' conditions tell.

Its credentials are its own: a person could only try with other ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.facts import Facts
from roottrust.cli.doctor.finding import Check, Finding
from roottrust.cli.doctor.told import list_told, passed_if_of_now
from roottrust.domain.reasons import ConditionType

TYPES = frozenset({ConditionType.VAULT_REACHABLE, ConditionType.VAULT_CONFIGURED})


def check_login(facts: Facts) -> Iterator[Finding]:
    """Judge each policy whose status is of its last edit."""
    for policy in facts.tree.policies:
        if policy.outdated:
            continue
        unmet = {each.type for each in policy.conditions}
        yield from list_told(policy, Check.VAULT, TYPES)
        if not unmet & (TYPES | {ConditionType.ACCEPTED}):
            what = "the hub logs in to its Vault, and may do there what it needs"
            subject = f"RootTrustPolicy {policy.full_name}"
            yield passed_if_of_now(facts, Check.VAULT, subject, what)
