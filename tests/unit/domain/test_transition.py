from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.action import Action, Verb
from roottrust.domain.outcome import Outcome
from roottrust.domain.ownership import ManagedObject
from roottrust.domain.reasons import Reason
from roottrust.domain.status import build_status
from roottrust.domain.transition import Transition, list_repairs, list_transitions
from roottrust.domain.vault_object import Difference, VaultKind, VaultObject
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import AWAY, FAILED, OUTAGE, PENDING, READY, REFUSED


def build(outcome: Outcome) -> RootTrustPolicyStatus:
    return build_status(outcome, previous=None, now=NOW)


def find(before: Outcome | None, after: Outcome) -> list[tuple[str, bool]]:
    transitions = list_transitions(build(before) if before else None, build(after))
    return [(each.reason, each.is_normal) for each in transitions]


def build_action(path: str, *fields: str) -> Action:
    wanted = VaultObject(kind=VaultKind.ROLE, path=path, fields={})
    differences = tuple(
        Difference(path=path, field=field, wanted="1", found="2") for field in fields
    )
    verb = Verb.UPDATE if fields else Verb.CREATE
    return Action(verb=verb, wanted=wanted, differences=differences)


MANAGED = [each.path for each in build(READY).managed_objects]


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


def test_another_reason_is_a_transition_though_the_status_stays() -> None:
    assert FAILED.failure is not None
    other = replace(FAILED, failure=replace(FAILED.failure, reason=Reason.CONFLICT))
    assert find(FAILED, other) == [("Conflict", False)]


def test_a_write_that_no_edit_asked_for_is_a_repair() -> None:
    actions = [build_action(MANAGED[0]), build_action(MANAGED[1], "type", "description")]
    assert list_repairs(build(READY), READY.generation, actions) == (
        Transition(
            reason=Reason.DRIFT_REPAIRED,
            message=f"Repaired in Vault: {MANAGED[0]} was gone; {MANAGED[1]} had another type, "
            "description.",
            is_normal=False,
        ),
    )


def test_what_was_not_managed_before_is_no_repair() -> None:
    assert list_repairs(build(READY), READY.generation, [build_action("new")]) == ()
    assert list_repairs(build(READY), READY.generation, []) == ()


def test_the_writes_of_an_edit_are_no_repairs() -> None:
    action = build_action(MANAGED[0])
    assert list_repairs(build(READY), READY.generation + 1, [action]) == ()
    assert list_repairs(None, READY.generation, [action]) == ()


def test_an_edit_that_waited_for_vault_is_no_repair_but_what_is_gone_was_there() -> None:
    away = build_status(AWAY, previous=build(READY), now=NOW)
    assert away.observed_generation == AWAY.generation
    assert list_repairs(away, AWAY.generation, [build_action(MANAGED[1], "type")]) == ()
    (repair,) = list_repairs(away, AWAY.generation, [build_action(MANAGED[0])])
    assert repair.message == f"Repaired in Vault: {MANAGED[0]} was gone."


def test_ten_repairs_are_shown_and_the_rest_counted() -> None:
    assert READY.plan is not None
    (managed, *_) = READY.plan.clusters["cluster1"].managed
    root = replace(
        READY.plan.root,
        managed=tuple(
            ManagedObject(wanted=replace(managed.wanted, path=f"p{n}"), origin=managed.origin)
            for n in range(12)
        ),
    )
    before = build(replace(READY, plan=replace(READY.plan, root=root)))
    actions = [build_action(f"p{n}") for n in range(12)]
    (repair,) = list_repairs(before, READY.generation, actions)
    assert repair.message.endswith("p9 was gone; and 2 more.")
