from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.mesh_bounce import MeshRestart, RestartCause, build_request
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.restart_hash import build_issuance_hash
from roottrust.domain.trust_restart import (
    WorkloadTrust,
    find_restart,
    is_restart_due,
    note_written,
    read_workload_trust,
    see_first,
)
from tests.unit.domain.observations import (
    OTHER,
    ROOT,
    build_istiod,
    build_root_pem,
    build_trust,
    publish,
)

HERE, ELSEWHERE = (ROOT.roots[0].fingerprint,), (OTHER.roots[0].fingerprint,)
BOTH = publish(build_root_pem() + build_root_pem("Other"))
ASKS = {"restarts_pods": True, "restarts_on_issuance": True, "is_generation_served": True}


def ask(generation: int | None = 2, **changes: object) -> ObservedTrust:
    """Return that of a mesh whose policy asks for restarts at an issuance."""
    return build_trust(**{**ASKS, "generation": generation, **changes})


def test_a_changed_root_asks_for_restarts() -> None:
    assert is_restart_due(build_trust(), ELSEWHERE)
    both = build_trust(published=BOTH, pinned=BOTH.text_fingerprint)
    assert is_restart_due(both, HERE)


def test_nothing_is_asked_for_where_nothing_has_changed() -> None:
    assert not is_restart_due(build_trust(), HERE)


def test_another_text_or_order_of_the_same_roots_is_no_change() -> None:
    text = publish(build_root_pem() + "\n")
    assert not is_restart_due(build_trust(published=text, pinned=text.text_fingerprint), HERE)
    both = build_trust(published=BOTH, pinned=BOTH.text_fingerprint)
    assert not is_restart_due(both, ELSEWHERE + HERE)


@pytest.mark.parametrize("changes", [{"published": None}, {"pinned": None}, {"published": OTHER}])
def test_nothing_is_asked_for_before_istiod_publishes_what_is_pinned(
    changes: dict[str, object],
) -> None:
    assert not is_restart_due(build_trust(**changes), ELSEWHERE)
    known = WorkloadTrust(restarted_for=HERE, generation=1)
    assert find_restart(ask(**changes), known) is None


def test_at_first_sight_what_is_there_is_right() -> None:
    assert not is_restart_due(build_trust(), ())
    assert see_first(build_trust(), WorkloadTrust()) == WorkloadTrust(restarted_for=HERE)
    assert see_first(build_trust(published=None), WorkloadTrust()) == WorkloadTrust()
    known = WorkloadTrust(restarted_for=ELSEWHERE)
    assert see_first(build_trust(), known) == known
    assert see_first(ask(5), WorkloadTrust()) == WorkloadTrust(restarted_for=HERE, generation=5)
    assert read_workload_trust(None) == WorkloadTrust()


def test_a_raised_generation_is_restarted_for_once() -> None:
    known = see_first(ask(2), WorkloadTrust(restarted_for=HERE, generation=1))
    restart = find_restart(ask(2), known)
    assert restart == MeshRestart(
        trust_hash=build_issuance_hash(ROOT.text_fingerprint, 2), cause=RestartCause.ISSUANCE
    )
    done = note_written(ask(2), known, restart, request=None)
    assert done.generation == 2
    assert find_restart(ask(2), see_first(ask(2), done)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"is_generation_served": False},
        {"restarts_on_issuance": False},
        {"restarts_pods": False, "restarts_on_issuance": False},
        {"generation": None},
        {"generation": 1},
    ],
)
def test_nothing_is_restarted_for_an_issuance_that_is_not_or_was_not_asked_for(
    changes: dict[str, object],
) -> None:
    known = WorkloadTrust(restarted_for=HERE, generation=1)
    assert find_restart(ask(**changes), known) is None


def test_what_was_issued_before_anybody_asked_is_over() -> None:
    passed = see_first(ask(2, restarts_on_issuance=False), WorkloadTrust(generation=1))
    assert passed.generation == 2
    assert find_restart(ask(2), replace(passed, restarted_for=HERE)) is None


def test_a_generation_that_is_raised_with_the_very_edit_that_asks_is_restarted_for() -> None:
    before = see_first(ask(1, restarts_on_issuance=False), WorkloadTrust())
    assert find_restart(ask(2), see_first(ask(2), before)) is not None


def test_another_policy_counts_from_its_own_generation() -> None:
    known = WorkloadTrust(restarted_for=HERE, generation=5)
    assert see_first(ask(None), known).generation == 5
    lower = see_first(ask(1), known)
    assert find_restart(ask(1), lower) is None
    assert find_restart(ask(2), see_first(ask(2), lower)) is not None


def test_changed_roots_go_first_and_may_be_for_the_issuance_as_well() -> None:
    known = WorkloadTrust(restarted_for=ELSEWHERE, generation=1)
    restart = find_restart(ask(2), known)
    assert restart == MeshRestart(trust_hash=ROOT.text_fingerprint, cause=RestartCause.ROOTS)
    whole = build_request(build_istiod(), (), restart=restart, part=1, begins=True, served=2)
    at_once = note_written(ask(2), known, restart, request=whole)
    assert (at_once.restarted_for, at_once.generation) == (HERE, 2)
    early = whole.model_copy(update={"intermediate_generation": None})
    other = whole.model_copy(update={"trust_hash": "b" * 64})
    for each in (early, other, None):
        assert note_written(ask(2), known, restart, request=each).generation == 1


@dataclass
class Fleet:
    """A mesh in which a person raises generations, istiods come and go, and the role restarts.

    Every istiod that starts obtains an intermediate of the generation that is asked for.
    """

    generation: int = 1
    istiods: list[int] = field(default_factory=lambda: [1])
    asks: bool = True
    kept: WorkloadTrust = field(default_factory=WorkloadTrust)
    restarts: list[str] = field(default_factory=list)

    def look(self) -> None:
        trust = ask(
            self.generation,
            restarts_on_issuance=self.asks,
            is_generation_served=bool(self.istiods)
            and all(each >= self.generation for each in self.istiods),
        )
        known = see_first(trust, self.kept)
        restart = find_restart(trust, known)
        if restart is not None:
            self.restarts.append(restart.trust_hash)
            known = note_written(trust, known, restart, request=None)
        self.kept = known

    def happen(self, event: str) -> None:
        match event:
            case "raise":
                self.generation += 1
            case "renew":  # in place, or because the generation was raised
                self.istiods = [self.generation for _ in self.istiods]
            case "one renews" if self.istiods:
                self.istiods = [self.generation, *self.istiods[1:]]
            case "istiod restarts" if self.istiods:
                self.istiods = [*self.istiods[1:], self.generation]
            case "scale up":
                self.istiods = [*self.istiods, self.generation]
            case "scale down":
                self.istiods = self.istiods[1:]
            case "toggle":
                self.asks = not self.asks
        self.look()


EVENTS = (
    "raise",
    "renew",
    "one renews",
    "istiod restarts",
    "scale up",
    "scale down",
    "toggle",
    "operator restarts",
)


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_no_generation_is_ever_restarted_for_twice(events: list[str]) -> None:
    fleet = Fleet()
    fleet.look()
    raised = 0
    for event in events:
        raised += event == "raise"
        before = len(fleet.restarts)
        fleet.happen(event)
        assert len(fleet.restarts) - before <= 1
        fleet.look()
        assert len(fleet.restarts) - before <= 1
    assert len(set(fleet.restarts)) == len(fleet.restarts) <= raised


@given(st.lists(st.sampled_from([each for each in EVENTS if each != "raise"]), max_size=40))
def test_nothing_is_restarted_while_nobody_raises_a_generation(events: list[str]) -> None:
    fleet = Fleet()
    for event in events:
        fleet.happen(event)
    assert fleet.restarts == []


@given(st.lists(st.sampled_from(EVENTS[:-2]), max_size=40))
def test_what_was_raised_is_restarted_for_once_all_serve_it(events: list[str]) -> None:
    fleet = Fleet()
    fleet.look()
    for event in events:
        fleet.happen(event)
    fleet.istiods = [fleet.generation]
    fleet.happen("raise")
    before = len(fleet.restarts)
    fleet.happen("renew")
    assert len(fleet.restarts) == before + 1
