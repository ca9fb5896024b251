"""From what a reconcile did and met to the outcome that its status is made from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from roottrust.api.choices import ManagementMode, RootSource
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.fault import (
    Fault,
    build_fault,
    build_outage,
    find_worst,
    is_outage,
    name_cluster,
)
from roottrust.domain.outcome import Outcome
from roottrust.domain.reviewer import find_next_renewal
from roottrust.domain.target import VaultTarget
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.root_secret import SECRET_SECONDS
from roottrust.hub.vault_work import VaultWork


def build_outcome(
    policy: PolicyObject, spec: RootTrustPolicySpec, target: VaultTarget, work: VaultWork
) -> Outcome:
    """Return what an accepted policy's status is made from."""
    error = work.failure
    away = work.outage or (error if work.plan is None and error and is_outage(error) else None)
    return Outcome(
        generation=policy.generation,
        target=target,
        outage=build_outage(away) if away else None,
        failure=None if away else _find_failure(work),
        plan=None if away else work.plan,
        reviewer_tokens=work.reviewer_tokens,
        is_observed_only=spec.management.mode is ManagementMode.OBSERVE,
    )


def find_next_look(
    outcome: Outcome, now: datetime, *, looks: Iterable[datetime | None] = ()
) -> float | None:
    """Return when to look again though nothing tells to, None if that is not needed; in seconds.

    `looks` are when what takes its time has to be looked at.
    """
    if _waits_for_secret(outcome):
        return SECRET_SECONDS
    renewal = find_next_renewal((outcome.reviewer_tokens or {}).values(), now)
    change = outcome.issuance.find_next_change(now) if outcome.issuance else None
    moments = [each for each in (change, *looks) if each is not None]
    seconds = [max((each - now).total_seconds(), 0.0) for each in moments]
    return min((*seconds, *(() if renewal is None else (renewal,))), default=None)


def _waits_for_secret(outcome: Outcome) -> bool:
    """Whether a Secret would have to change, of which nobody would tell."""
    is_imported = outcome.target is not None and outcome.target.root.source is RootSource.IMPORT
    return is_imported and outcome.plan is not None and outcome.plan.root.fault is not None


def _find_failure(work: VaultWork) -> Fault | None:
    """Return what a write or the whole look at Vault has met; the plan tells the rest itself."""
    if work.plan is None:
        return build_fault(work.failure) if work.failure else None
    faults = [
        name_cluster(
            build_fault(error), part if isinstance(part, str) else None, among=work.plan.clusters
        )
        for part, error in work.refused.items()
    ]
    return find_worst(faults)
