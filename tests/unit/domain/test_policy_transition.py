from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.outcome import Outcome
from roottrust.domain.policy_transition import list_transitions
from roottrust.domain.reasons import Reason
from roottrust.domain.status import build_status
from roottrust.domain.transition import Transition
from tests.unit.domain.agent_entries import build_instance, build_mesh_status
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import (
    AWAY,
    FAILED,
    FAILING,
    ISSUED,
    NO_AGENT,
    OUTAGE,
    PENDING,
    READY,
    REFUSED,
    build_followed,
)


def build(outcome: Outcome) -> RootTrustPolicyStatus:
    return build_status(outcome, previous=None, now=NOW)


def find(before: Outcome | None, after: Outcome) -> list[tuple[str, bool]]:
    transitions = list_transitions(build(before) if before else None, build(after))
    return [(each.reason, each.is_normal) for each in transitions]


def test_a_first_success_is_told_once() -> None:
    assert find(None, READY) == [("Configured", True)]


def test_a_first_failure_is_told_without_what_holds() -> None:
    assert find(None, AWAY) == [("Sealed", False)]
    assert find(None, FAILED) == find(READY, FAILED)


def test_the_end_of_a_refusal_is_told() -> None:
    assert find(REFUSED, READY) == [("Accepted", True), ("Configured", True)]


@pytest.mark.parametrize("outcome", [READY, PENDING, AWAY, FAILED, REFUSED])
def test_what_did_not_turn_is_not_told_again(outcome: Outcome) -> None:
    assert find(outcome, replace(outcome, generation=9)) == []


def test_an_outage_is_told_once_and_not_by_what_waits_for_it() -> None:
    assert find(READY, AWAY) == [("Sealed", False)]
    (transition,) = list_transitions(build(READY), build(AWAY))
    assert transition == Transition(reason="Sealed", message=OUTAGE.message, is_normal=False)


def test_the_end_of_an_outage_is_told() -> None:
    assert find(AWAY, READY) == [("Reachable", True), ("Configured", True)]


def test_a_refusal_is_told_and_nothing_that_follows_from_it() -> None:
    assert find(READY, REFUSED) == [("InvalidPath", False)]


def test_what_a_mesh_lacks_and_gets_is_told() -> None:
    unreported = build_followed(mesh=build_mesh_status(root_fingerprints=()))
    assert find(None, unreported) == [("Configured", True), ("WaitingForAgent", False)]
    assert find(READY, unreported) == [("WaitingForAgent", False)]
    assert find(NO_AGENT, ISSUED) == [("Issued", True)]
    assert find(None, ISSUED) == [("Configured", True), ("Issued", True), ("Propagated", True)]


def test_what_a_cluster_has_yet_to_report_is_nothing_to_be_told() -> None:
    started = build_followed(build_instance(), mesh=build_mesh_status(namespaces=None))
    assert find(None, started) == [("Configured", True), ("Issued", True)]


def test_what_will_not_last_is_a_warning() -> None:
    assert find(ISSUED, FAILING) == [("AgentFailed", False)]


@pytest.mark.parametrize(
    "told", [{"loaded_by_istiod": False}, {"trust_bundle_fingerprint": "e" * 64}]
)
def test_what_every_renewal_goes_through_is_not_told(told: dict[str, Any]) -> None:
    renewing = build_followed(build_instance(**told))
    assert find(ISSUED, renewing) == []
    assert find(renewing, ISSUED) == [("Issued", True)]


def test_an_outage_does_not_repeat_itself_in_what_is_not_known_of_meshes() -> None:
    unknown = build_followed(plan=None, issuance=None, outage=OUTAGE)
    assert find(ISSUED, unknown) == [("Sealed", False)]


def test_another_reason_is_a_transition_though_the_status_stays() -> None:
    assert FAILED.failure is not None
    other = replace(FAILED, failure=replace(FAILED.failure, reason=Reason.CONFLICT))
    assert find(FAILED, other) == [("Conflict", False)]
