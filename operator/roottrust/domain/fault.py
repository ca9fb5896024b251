"""What stands in the way of a policy, in the words of a condition."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

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


def name_cluster(fault: Fault, cluster: str | None, *, among: Collection[str]) -> Fault:
    """Return the fault with the name of its cluster, where there are several."""
    if cluster is None or len(among) <= 1:
        return fault
    return replace(fault, message=f"{cluster}: {fault.message}")


def find_worst(faults: Iterable[Fault | None]) -> Fault | None:
    """Return the first fault that a person must act on, or else the first of all."""
    found = [fault for fault in faults if fault is not None]
    false = (fault for fault in found if fault.status is ConditionStatus.FALSE)
    return next(false, found[0] if found else None)


# One path may be slow, broken or limited in a Vault that is well.
_DOUBTFUL = frozenset({Reason.UNREACHABLE, Reason.SERVER_ERROR, Reason.RATE_LIMITED})
_OUTAGES = _DOUBTFUL | {
    Reason.UNTRUSTED_CERTIFICATE,
    Reason.SEALED,
    Reason.STANDBY,
    Reason.NOT_INITIALIZED,
    Reason.LOGIN_FAILED,
}


def is_outage(error: RootTrustError) -> bool:
    """Whether nothing can be done in a Vault of which not even the mounts can be read for this."""
    return error.reason in _OUTAGES


def is_doubtful(error: RootTrustError) -> bool:
    """Whether one request can fail by this in a Vault that is well: the server has to be asked."""
    return error.reason in _DOUBTFUL


def build_outage(error: RootTrustError) -> Fault:
    """Return what an outage means: certain to be the case, though it may pass."""
    return Fault(status=ConditionStatus.FALSE, reason=error.reason, message=error.message)
