from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.observed_step import ObservedStep, read_step
from tests.unit.domain.agent_entries import INTERMEDIATE, LATER, SECOND, build_instance, dump
from tests.unit.domain.issuances import build_certificate

ONE, TWO = "istiod-5d9c7b6f4-abcde", "istiod-5d9c7b6f4-fghij"


def read(*instances: Any, **spec: Any) -> ObservedStep | None:
    found = build_certificate(**{"rotationStep": "g2-abc", **spec})
    return read_step({**found, "status": {"instances": dump(*instances)}}, now=LATER)


def test_without_a_rotation_there_is_no_step() -> None:
    assert read_step(build_certificate(), now=LATER) is None
    assert read_step({}, now=LATER) is None


def test_replicas_that_serve_what_is_asked_for() -> None:
    step = read(build_instance(pod=ONE), build_instance(SECOND, pod=TWO))
    assert step == ObservedStep(name="g2-abc", serving=frozenset({ONE, TWO}))
    assert [step.is_served_by(count) for count in (0, 1, 2, 3)] == [False, True, True, False]
    assert not step.is_held_by(2)


@pytest.mark.parametrize(
    "changes",
    [
        {"trust_bundle_fingerprint": "0" * 64},
        {"intermediate_generation": None},
        {"chain": None},
        {"serial": "1"},
    ],
)
def test_one_that_has_something_else_keeps_all_from_being_served(changes: dict[str, Any]) -> None:
    other = build_instance(SECOND, pod=TWO, **changes)
    step = read(build_instance(pod=ONE), other)
    assert step == ObservedStep(name="g2-abc", serving=frozenset({ONE}), lacking=frozenset({TWO}))
    assert not step.is_served_by(1)
    assert not step.is_held_by(2)


def test_one_whose_istiod_does_not_serve_it_holds_it() -> None:
    other = build_instance(SECOND, pod=TWO, loaded_by_istiod=False)
    step = read(build_instance(INTERMEDIATE, pod=ONE), other)
    assert step is not None
    assert step.holding == {TWO}
    assert not step.is_served_by(1)
    assert [step.is_held_by(count) for count in (0, 2, 3)] == [False, True, False]


def test_one_that_started_with_other_roots_knows_its_clients_by_these() -> None:
    pinned = build_instance().trust_bundle_fingerprint
    young = build_instance(pod=ONE, started_with_roots=pinned)
    step = read(young, build_instance(SECOND, pod=TWO, started_with_roots="0" * 64))
    assert step is not None
    assert (step.serving, step.stale) == ({ONE, TWO}, {TWO})
    assert step.is_served_by(2)
    for other in ({"started_with_roots": None}, {"loaded_by_istiod": False}):
        changes = {"started_with_roots": "0" * 64, **other}
        untold = read(young, build_instance(SECOND, pod=TWO, **changes))
        assert untold is not None
        assert untold.stale == frozenset()


def test_an_ended_intermediate_is_not_served() -> None:
    found = build_certificate(rotationStep="g2-abc")
    content = {**found, "status": {"instances": dump(build_instance(pod=ONE))}}
    step = read_step(content, now=INTERMEDIATE.not_after + timedelta(seconds=1))
    assert step == ObservedStep(name="g2-abc", lacking=frozenset({ONE}))


def test_of_what_cannot_be_read_nobody_serves_and_the_step_is_known() -> None:
    assert read(build_instance(), trustBundle="no PEM") == ObservedStep(name="g2-abc")
