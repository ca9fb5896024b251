from __future__ import annotations

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    InvalidSpecError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.fault import (
    Fault,
    build_fault,
    build_outage,
    find_worst,
    is_doubtful,
    is_outage,
    name_cluster,
)
from roottrust.domain.reasons import Reason

DENIED = AccessDeniedError("m.", reason=Reason.ACCESS_DENIED, path="p", capability="read")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidSpecError("m.", reason=Reason.INVALID_PATH), ConditionStatus.FALSE),
        (ConflictError("m.", reason=Reason.CONFLICT), ConditionStatus.FALSE),
        (DENIED, ConditionStatus.FALSE),
        (
            DependencyMissingError("m.", reason=Reason.NO_CLUSTER_SELECTED),
            ConditionStatus.UNKNOWN,
        ),
        (TransientError("m.", reason=Reason.SEALED), ConditionStatus.UNKNOWN),
        (RootTrustError("m.", reason=Reason.API_REFUSED), ConditionStatus.UNKNOWN),
    ],
)
def test_a_fault_is_false_where_a_person_must_act_and_else_unknown(
    error: RootTrustError, status: ConditionStatus
) -> None:
    assert build_fault(error) == Fault(status=status, reason=error.reason, message="m.")


@pytest.mark.parametrize(
    "reason",
    [
        Reason.UNREACHABLE,
        Reason.UNTRUSTED_CERTIFICATE,
        Reason.SEALED,
        Reason.STANDBY,
        Reason.NOT_INITIALIZED,
        Reason.SERVER_ERROR,
        Reason.RATE_LIMITED,
        Reason.LOGIN_FAILED,
    ],
)
def test_an_outage_is_certain_though_it_may_pass(reason: Reason) -> None:
    error = TransientError("m.", reason=reason)
    assert is_outage(error)
    assert build_outage(error) == Fault(status=ConditionStatus.FALSE, reason=reason, message="m.")


@pytest.mark.parametrize("reason", [Reason.ACCESS_DENIED, Reason.REJECTED_BY_VAULT])
def test_a_request_that_failed_is_no_outage(reason: Reason) -> None:
    assert not is_outage(DependencyMissingError("m.", reason=reason))


@pytest.mark.parametrize(
    ("reason", "doubtful"),
    [(Reason.SERVER_ERROR, True), (Reason.RATE_LIMITED, True), (Reason.SEALED, False)],
)
def test_some_outages_may_be_one_path_alone(reason: Reason, *, doubtful: bool) -> None:
    assert is_doubtful(TransientError("m.", reason=reason)) is doubtful


def test_a_cluster_is_named_where_there_are_several() -> None:
    fault = build_fault(DENIED)
    assert name_cluster(fault, "a", among=("a", "b")).message == "a: m."
    assert name_cluster(fault, "a", among=("a",)) == name_cluster(fault, None, among="ab") == fault


def test_what_a_person_must_act_on_goes_first() -> None:
    passing = build_fault(TransientError("t.", reason=Reason.SERVER_ERROR))
    assert find_worst((None, passing, build_fault(DENIED))) == build_fault(DENIED)
    assert find_worst((passing, None)) == passing
    assert find_worst(()) is None
