from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.mesh_bounce import RestartCause
from roottrust.domain.observed_step import ObservedStep
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.stale_workloads import find_root_change
from roottrust.domain.step_restart import find_step_restart, note_requested, note_step
from roottrust.domain.trust_restart import WorkloadTrust, find_restart
from tests.unit.domain.observations import (
    OTHER,
    ROOT,
    build_istiod,
    build_root_pem,
    build_trust,
    publish,
)

SINCE = datetime(2030, 1, 1, 12, tzinfo=UTC)
BOTH = publish(build_root_pem() + build_root_pem("Other"))
HERE, ELSEWHERE = (ROOT.roots[0].fingerprint,), (OTHER.roots[0].fingerprint,)
STEP = ObservedStep(name="g2-abc", serving=frozenset({"istiod-1"}))
HELD = ObservedStep(name="g2-abc", holding=frozenset({"istiod-1"}))
DEAF = {"step": HELD, "published": OTHER}


def build(**changes: Any) -> ObservedTrust:
    return build_trust(**{"restarts_pods": True, "step": STEP, **changes})


def prove(total: int = 0, *, since: datetime | None = SINCE, **more: Any) -> RotationEvidence:
    return RotationEvidence(step="g2-abc", since=since, total=total, **more)


def test_workloads_from_before_are_restarted_once_for_each_step() -> None:
    restart = find_step_restart(build(), prove(3))
    assert restart is not None
    assert restart.cause is RestartCause.STEP_OF_WORKLOADS
    assert restart.created_before == SINCE + timedelta(seconds=1)
    asked = note_requested(prove(3), restart)
    assert asked.restarts_requested == (RestartScope.WORKLOADS,)
    assert find_step_restart(build(), asked) is None
    following = asked.model_copy(update={"step": "g2-def", "restarts_requested": ()})
    other = find_step_restart(build(), following)
    assert other is not None
    assert other.trust_hash != restart.trust_hash


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"restarts_pods": False}, prove(3)),
        ({}, prove()),
        ({}, prove(since=None)),
    ],
)
def test_nothing_is_restarted_without_need(
    changes: dict[str, Any], evidence: RotationEvidence
) -> None:
    assert find_step_restart(build(**changes), evidence) is None


def test_an_istiod_that_takes_no_other_roots_is_restarted_once() -> None:
    evidence = prove(since=None)
    restart = find_step_restart(build(**DEAF), evidence)
    assert restart is not None
    old = build_istiod(version="1.19.10", multi_root=True)
    assert find_step_restart(build(**{**DEAF, "istiod": old}), evidence) == restart
    assert (restart.cause, restart.created_before) == (RestartCause.STEP_OF_ISTIOD, None)
    asked = note_requested(evidence, restart)
    assert find_step_restart(build(**DEAF), asked) is None
    workloads = find_step_restart(build(), asked.model_copy(update={"since": SINCE, "total": 1}))
    assert workloads is not None
    assert workloads.trust_hash != restart.trust_hash


STALE = ObservedStep(name="g2-abc", serving=frozenset({"istiod-1"}), stale=frozenset({"istiod-1"}))
ALONE = {"step": STALE, "restarts_istiod_alone": True, "istiod": build_istiod(multi_root=True)}


def test_an_istiod_that_knows_its_clients_by_the_roots_before_is_restarted_once() -> None:
    restart = find_step_restart(build(**ALONE), prove(3))
    assert restart is not None
    assert (restart.cause, restart.created_before) == (RestartCause.STEP_OF_CLIENTS, None)
    assert restart.cause.is_istiod_alone
    assert restart.cause.has_istiod
    asked = note_requested(prove(3), restart)
    assert asked.restarts_requested == (RestartScope.ISTIOD,)
    assert find_step_restart(build(**ALONE), asked) is None
    # Its directive has the name of the other one for istiod: never both in one step.
    deaf = find_step_restart(build(**DEAF), prove(since=None))
    assert deaf is not None
    assert deaf.trust_hash == restart.trust_hash


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"step": STEP}, prove(3)),  # it has started since
        ({}, prove(since=None)),  # it does not serve the step everywhere yet
        ({"restarts_pods": False}, prove()),
        ({"restarts_istiod_alone": False}, prove()),
        ({}, prove(restarts_requested=(RestartScope.ISTIOD,))),
    ],
)
def test_clients_are_no_reason_to_restart_an_istiod_before_they_have_to_be(
    changes: dict[str, Any], evidence: RotationEvidence
) -> None:
    assert find_step_restart(build(**{**ALONE, **changes}), evidence) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"istiod": build_istiod(multi_root=True)},
        {"istiod": build_istiod(multi_root=None)},
        {"istiod": build_istiod(wanted=2)},
        {"published": ROOT},  # it publishes them: a new intermediate alone is on its way
        {"step": STEP},
        {"step": ObservedStep(name="g2-abc", lacking=frozenset({"istiod-1"}))},
        {"restarts_pods": False},
    ],
)
def test_an_istiod_is_not_restarted_without_need(changes: dict[str, Any]) -> None:
    assert find_step_restart(build(**{**DEAF, **changes}), prove(since=None)) is None


def test_the_restart_for_changed_roots_and_its_warning_stay_out_of_a_rotation() -> None:
    known = WorkloadTrust(restarted_for=ELSEWHERE, generation=1)
    issuance = {"restarts_on_issuance": True, "generation": 2, "is_generation_served": True}
    for trust in (build(), build(**issuance)):
        assert find_restart(trust, known) is None
        told = StaleWorkloads(since=SINCE, roots=ELSEWHERE, total=1)
        for stale in (None, told):
            change = find_root_change(trust, restarted_for=ELSEWHERE, told=stale, now=SINCE)
            assert change is None
    assert find_restart(build(step=None), known) is not None


def note(evidence: RotationEvidence, restarted_for: tuple[str, ...], **changes: Any) -> object:
    known = WorkloadTrust(restarted_for=restarted_for)
    return note_step(build(**changes), known, evidence).restarted_for


def test_once_all_have_followed_the_roots_of_a_step_bring_no_further_restart() -> None:
    wide: dict[str, Any] = {"published": BOTH, "pinned": BOTH.text_fingerprint}
    both = (*HERE, *ELSEWHERE)
    assert note(prove(2), ELSEWHERE, **wide) == ELSEWHERE
    assert note(prove(since=None), ELSEWHERE, **wide) == ELSEWHERE
    assert note(prove(), ELSEWHERE, **wide) == both
    # Whoever knew both knows the one that is left.
    assert note(prove(2), both) == HERE
    assert note(prove(2, since=None), both) == both
    # It ended before all had followed: that is due after it.
    assert note(prove(2), ELSEWHERE) == ELSEWHERE


@pytest.mark.parametrize("changes", [{"published": None}, {"published": OTHER}])
def test_what_istiod_publishes_of_its_own_counts_for_nobody(changes: dict[str, Any]) -> None:
    assert note(prove(), HERE, **changes) == HERE


def test_what_was_told_of_a_change_is_over_in_a_rotation() -> None:
    stale = StaleWorkloads(since=SINCE, roots=HERE, total=1)
    known = WorkloadTrust(restarted_for=HERE, stale=stale)
    assert note_step(build(), known, prove(2)).stale is None
