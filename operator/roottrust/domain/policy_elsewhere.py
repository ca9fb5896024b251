"""The status of a RootTrustPolicy in a cluster where no hub looks at it: where to apply it instead.

The hub would tell a status by the same field manager: one of them speaks at a time, and what the
other said goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from roottrust.api.choices import ConditionStatus
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.fault import Fault
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.domain.some_names import list_some
from roottrust.domain.status import build_status


def find_hubs(certificates: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the hubs whose marks IssuedCertificates have, which are called as their clusters."""
    marks = (read_owner(each) for each in certificates)
    return tuple(sorted({mark.hub for mark in marks if mark is not None}))


def build_answer(
    *,
    cluster: str,
    management: tuple[str, ...],
    before: RootTrustPolicyStatus | None,
    generation: int,
    now: datetime,
) -> RootTrustPolicyStatus:
    """Return the whole status; `management` is what is known of the management cluster's name."""
    named = f" {list_some(management)}" if management else ""
    refusal = Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.REMOTE_POLICIES_OFF,
        message=f"No hub looks at RootTrustPolicies in cluster {cluster}: apply this one in the "
        f"management cluster{named}, or set remotePolicies: true in the operator's configuration "
        "there and here.",
    )
    # Of what a hub may have told before, the times of the conditions are all that still counts.
    known = RootTrustPolicyStatus(conditions=before.conditions) if before else None
    return build_status(Outcome(generation=generation, refusal=refusal), previous=known, now=now)


def is_answer(status: RootTrustPolicyStatus | None) -> bool:
    """Whether a status is such an answer."""
    return status is not None and any(
        each.type == ConditionType.ACCEPTED and each.reason == Reason.REMOTE_POLICIES_OFF
        for each in status.conditions
    )
