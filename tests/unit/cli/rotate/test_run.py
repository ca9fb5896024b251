"""A rotation that is followed: to its end, to its deadline, and over an outage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.cli.rotate import run as run_module
from roottrust.cli.rotate.progress import RotationProgress
from roottrust.cli.rotate.request import RaisedGeneration, plan_rotation
from roottrust.cli.rotate.run import follow_rotation, read_plan, write_patch
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.reader import Choice
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from tests.unit.cli.rotate.progresses import (
    OLD,
    RENEWED,
    find_here,
    find_renewing,
    judge_report,
)
from tests.unit.cli.status.objects import build_policy, find, find_well
from tests.unit.domain.agent_entries import LATER

AWAY = TransientError("It is away.", reason=Reason.API_UNREACHABLE)
DENIED = AccessDeniedError("No.", reason=Reason.ACCESS_DENIED, path="/apis/x", capability="patch")
RAISED = RaisedGeneration(policy={**build_policy(), "spec": {}}, before=1, after=2)
CHOICE = Choice(operator_namespace="gloo-mesh")


@dataclass
class Course:
    """What is read, one after the other, and a clock that goes on by a second each time."""

    states: list[FoundObjects | RootTrustError]
    shown: list[RotationProgress] = field(default_factory=list)
    seconds: int = 0

    async def read(self) -> FoundObjects:
        self.seconds += 1
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, RootTrustError):
            raise state
        return state

    def now(self) -> datetime:
        return LATER + timedelta(seconds=self.seconds)

    async def follow(self) -> RotationProgress:
        return await follow_rotation(
            self,  # type: ignore[arg-type]
            judge_report,
            self.shown.append,
            now=self.now,
            deadline=LATER + timedelta(seconds=10),
            every_seconds=0,
        )


async def test_it_is_followed_to_its_end() -> None:
    course = Course([find_renewing(OLD), find_here(RENEWED)])
    assert (await course.follow()).is_done
    assert [each.is_done for each in course.shown] == [False, True]


async def test_an_api_server_that_is_away_for_a_while_is_waited_for() -> None:
    assert (await Course([find_renewing(OLD), AWAY, AWAY, find_here(RENEWED)]).follow()).is_done


async def test_at_the_deadline_what_was_seen_last_is_returned() -> None:
    course = Course([find_renewing(OLD)])
    assert not (await course.follow()).is_done
    assert course.seconds == 10


@pytest.mark.parametrize("error", [AWAY, DENIED])
async def test_what_does_not_pass_is_raised(error: RootTrustError) -> None:
    with pytest.raises(type(error)):
        await Course([error]).follow()


async def test_a_plan_tells_what_is_written_and_whom_it_concerns() -> None:
    course: Any = Course([find_well()])
    planned = await read_plan(course, plan_rotation, now=lambda: LATER)
    assert (planned.raised.before, planned.raised.after) == (1, 2)
    assert planned.policy.meshes_total == 1
    two: Any = Course([find(build_policy("a/x"), build_policy("b/x"))])
    with pytest.raises(RootTrustError, match="Several policies"):
        await read_plan(two, plan_rotation, now=lambda: LATER)


@dataclass
class Writer:
    """An API server that takes a patch, or refuses it."""

    refusal: RootTrustError | None = None
    patches: list[dict[str, Any]] = field(default_factory=list)
    is_closed: bool = False

    async def patch_json(self, kind: Any, operations: Any, **rest: Any) -> None:
        self.patches.append({"kind": kind.plural, "operations": operations, **rest})
        if self.refusal is not None:
            raise self.refusal

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    writer = Writer()

    async def load(**_: Any) -> str:
        return "access"

    monkeypatch.setattr(run_module, "load_access", load)
    monkeypatch.setattr(run_module, "KubeClient", lambda _: writer)
    RAISED.policy["metadata"]["uid"] = "u-1"
    return writer


async def test_one_patch_is_written_under_a_field_manager_of_its_own(writer: Writer) -> None:
    await write_patch(RAISED.policy, RAISED.build_patch(), CHOICE)
    (patch,) = writer.patches
    assert (patch["kind"], patch["namespace"], patch["name"]) == (
        "roottrustpolicies",
        "gloo-mesh",
        "fleet",
    )
    assert patch["field_manager"] == "roottrust-rotate"
    assert writer.is_closed


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (DENIED, "denies you patch on /apis/x: deploy/rotate/ has all the rights"),
        (ConflictError("x", reason=Reason.CONFLICT), "was changed meanwhile, and nothing was wr"),
    ],
)
async def test_a_refused_write_is_told_to_a_person(
    writer: Writer, refusal: RootTrustError, words: str
) -> None:
    writer.refusal = refusal
    with pytest.raises(RootTrustError) as refused:
        await write_patch(RAISED.policy, RAISED.build_patch(), CHOICE)
    assert words in refused.value.message
    assert writer.is_closed
