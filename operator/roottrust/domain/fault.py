"""What stands in the way of a policy, in the words of a condition."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import ConditionStatus
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    InvalidSpecError,
    RootTrustError,
)
from roottrust.domain.reasons import Reason

_NEEDS_A_PERSON = (InvalidSpecError, AccessDeniedError, ConflictError)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A condition that is not true: False where a person must act, Unknown where it may pass."""

    status: ConditionStatus
    reason: Reason
    message: str


def build_fault(error: RootTrustError) -> Fault:
    """Return what a classified failure means for a condition (`design.md`, errors)."""
    is_false = isinstance(error, _NEEDS_A_PERSON)
    return Fault(
        status=ConditionStatus.FALSE if is_false else ConditionStatus.UNKNOWN,
        reason=error.reason,
        message=error.message,
    )


_OUTAGES = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.UNTRUSTED_CERTIFICATE,
        Reason.SEALED,
        Reason.STANDBY,
        Reason.NOT_INITIALIZED,
        Reason.SERVER_ERROR,
        Reason.RATE_LIMITED,
        Reason.LOGIN_FAILED,
    }
)


def is_outage(error: RootTrustError) -> bool:
    """Whether nothing can be done in that Vault, as against one request that failed."""
    return error.reason in _OUTAGES


def build_outage(error: RootTrustError) -> Fault:
    """Return what an outage means: certain to be the case, though it may pass."""
    return Fault(status=ConditionStatus.FALSE, reason=error.reason, message=error.message)
