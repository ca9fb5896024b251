from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.choices import BounceState
from roottrust.api.pod_bounce_directive import WORKLOADS_MAX, PodBounceDirectiveStatus
from roottrust.domain.bounce_plan import plan_bounce
from roottrust.domain.bounce_snapshot import BounceSnapshot
from roottrust.domain.bounce_status import (
    build_bounce_status,
    build_interruption,
    build_refusal,
    is_settled,
    list_bounce_transitions,
)
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.pod_owner import LeftAlone
from roottrust.domain.reasons import Reason
from tests.unit.domain.bounces import (
    HASH,
    NOW,
    build_group,
    build_name,
    build_snapshot,
    build_workload,
)

NOTHING = "No workload has these labels: nothing is to be restarted."
DONE = build_workload("done", trust_hash=HASH)
RUNNING = build_workload("running", trust_hash=HASH, fresh=1, wanted=3)
FAILED = build_workload("failed", trust_hash=HASH, fresh=0, has_failed=True)
HELD = build_workload("held", hold=Reason.ROLLOUT_PAUSED)
BARE = LeftAlone(name=build_name("bare", kind="Pod"), reason=Reason.NO_CONTROLLER, message="Left.")


def build(
    snapshot: BounceSnapshot, before: PodBounceDirectiveStatus | None = None
) -> PodBounceDirectiveStatus:
    return build_bounce_status(
        plan_bounce(snapshot), trust_hash=HASH, before=before, generation=3, now=NOW
    )


def get_reasons(status: PodBounceDirectiveStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status.value, each.reason) for each in status.conditions}


def test_it_tells_which_are_being_restarted_and_how_far_they_are() -> None:
    status = build(build_snapshot(build_group(DONE, RUNNING, build_workload("next"))))
    assert (status.state, status.done, status.total) == (BounceState.RESTARTING, 1, 3)
    assert status.message == (
        "Deployment bookinfo/next (0/1), Deployment bookinfo/running (1/3) are being restarted."
    )
    assert get_reasons(status) == {
        "Accepted": ("True", "Accepted"),
        "Complete": ("False", "Restarting"),
        "Reconciling": ("True", "Restarting"),
    }


def test_those_that_are_not_done_come_first() -> None:
    group = build_group(DONE, RUNNING, HELD, left_alone=(BARE,))
    names = [each.name for each in build(build_snapshot(group)).workloads]
    assert names == ["running", "held", "bare", "done"]
    many = build_group(*(build_workload(f"w{number}") for number in range(600)))
    status = build(build_snapshot(many))
    assert (len(status.workloads), status.total) == (WORKLOADS_MAX, 600)


def test_a_failure_is_told_before_everything_else() -> None:
    status = build(build_snapshot(build_group(RUNNING, FAILED)))
    assert status.state is BounceState.FAILED
    assert (status.message or "").startswith("Deployment bookinfo/failed: Its rollout has failed")
    assert get_reasons(status)["Stalled"] == ("True", "RolloutFailed")


def test_what_holds_it_up_is_told_once_nothing_moves() -> None:
    status = build(build_snapshot(build_group(HELD)))
    assert (status.state, get_reasons(status)["Complete"][1]) == (
        BounceState.PENDING,
        "RolloutPaused",
    )
    paused = build_workload("a", trust_hash=HASH, fresh=1, wanted=2, hold=Reason.ROLLOUT_PAUSED)
    status = build(build_snapshot(build_group(paused, HELD)))
    assert (status.message or "").startswith("Deployment bookinfo/a: 1 of 2 pods are new")
    strict = build_workload("b", budget=Budget(name="p", allowed=0), may_miss=1)
    status = build(build_snapshot(build_group(DONE), build_group(strict)))
    assert get_reasons(status)["Complete"][1] == "BudgetExhausted"


def test_what_it_waits_for_as_a_whole_is_told() -> None:
    group = build_group(build_workload("a"), waits_for_roots="ConfigMap a/b")
    status = build(build_snapshot(build_group(DONE), group))
    assert get_reasons(status)["Complete"][1] == "WaitingForRoots"
    assert status.state is BounceState.RESTARTING


@pytest.mark.parametrize(
    ("group", "reason", "message"),
    [
        (build_group(DONE), "Complete", "1 workload is restarted."),
        (
            build_group(DONE, build_workload("b", trust_hash=HASH), left_alone=(BARE,)),
            "Complete",
            "2 workloads are restarted. Left alone beside them: 1, see workloads.",
        ),
        (
            build_group(),
            "NothingSelected",
            NOTHING,
        ),
        (
            build_group(left_alone=(BARE,)),
            "NothingSelected",
            f"{NOTHING} Left alone: 1, see workloads.",
        ),
    ],
)
def test_its_end_is_told(group: Any, reason: str, message: str) -> None:
    status = build(build_snapshot(group))
    assert (status.state, status.message) == (BounceState.FINISHED, message)
    assert get_reasons(status) == {
        "Accepted": ("True", "Accepted"),
        "Complete": ("True", reason),
    }


def test_only_what_is_finished_as_it_is_written_is_settled() -> None:
    status = build(build_snapshot(build_group(DONE)))
    assert is_settled(status, trust_hash=HASH, generation=3)
    assert not is_settled(status, trust_hash="b" * 64, generation=3)
    assert not is_settled(status, trust_hash=HASH, generation=4)
    running = build(build_snapshot(build_group(RUNNING)))
    assert not is_settled(running, trust_hash=HASH, generation=3)


def refuse() -> PodBounceDirectiveStatus:
    return build_refusal(
        reason=Reason.NOT_ALLOWED, message="No.", before=None, generation=3, now=NOW
    )


def test_a_refusal_says_why() -> None:
    status = refuse()
    assert (status.state, status.message, status.workloads) == (BounceState.FAILED, "No.", ())
    assert get_reasons(status)["Accepted"] == ("False", "NotAllowed")


def test_an_interruption_keeps_what_is_known_of_the_workloads() -> None:
    known = build(build_snapshot(build_group(RUNNING)))
    for before in (known, None):
        status = build_interruption(
            before, reason=Reason.ACCESS_DENIED, message="Grant it.", generation=4, now=NOW
        )
        assert status.workloads == (before.workloads if before else ())
        assert get_reasons(status)["Complete"] == ("False", "AccessDenied")


def test_events_tell_of_what_turned() -> None:
    running = build(build_snapshot(build_group(RUNNING)))
    assert [(each.reason, each.is_normal) for each in list_bounce_transitions(None, running)] == [
        ("Restarting", True)
    ]
    more = build(build_snapshot(build_group(RUNNING, DONE)), running)
    assert list_bounce_transitions(running, more) == ()
    failed = build(build_snapshot(build_group(RUNNING, FAILED)), running)
    assert [each.is_normal for each in list_bounce_transitions(running, failed)] == [False]
    (refused,) = list_bounce_transitions(None, refuse())
    assert (refused.reason, refused.is_normal) == ("NotAllowed", False)
