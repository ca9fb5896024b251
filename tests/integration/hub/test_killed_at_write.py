"""kill -9 at any write to Vault, and answers that get lost: nothing is made twice, or left half."""

from __future__ import annotations

from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.candidate import BuildCandidate
from tests.integration.hub.courses import AdoptionCourse, ImportCourse, RemovalCourse
from tests.integration.hub.interference import (
    Answer,
    Interference,
    KillAfter,
    KillBefore,
    LoseAnswer,
    RefuseOnce,
)
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.root import Root
from tests.integration.hub.root_secret import RootSecret
from tests.integration.hub.undisturbed import Course, End
from tests.integration.vault_calls import Ask

pytestmark = pytest.mark.usefixtures("alone")

# A killed operator's lease would be waited for each time; test_leader.py is about that.
ALONE = {"enabled": False}
REFUSALS = {
    "500": Answer(status=500),
    "503": Answer(status=503),
    "403": Answer(status=403),
    "429": Answer(status=429, headers={"Retry-After": "2"}),
}
REFUSED = [
    pytest.param(each, marks=() if each == "429" else pytest.mark.prove) for each in REFUSALS
]


WAYS: dict[str, type[Course]] = {
    "making": Course,
    "import": ImportCourse,
    "adoption": AdoptionCourse,
    "removal": RemovalCourse,
}
every_way = pytest.mark.parametrize(
    "course",
    [
        pytest.param(each, marks=() if each == "making" else pytest.mark.prove, id=each)
        for each in WAYS
    ],
    indirect=True,
)


@pytest.fixture
def course(
    request: pytest.FixtureRequest,
    build: BuildCandidate,
    make_policy: MakePolicy,
    cluster: Cluster,
    namespace: str,
    admin: Ask,
    root: Root,
) -> Course:
    """One way for a policy to go; each begins and ends in the same Vault."""
    way = getattr(request, "param", "making")
    more: dict[str, Any] = {}
    if way == "import":
        more["secret"] = RootSecret(cluster=cluster, namespace=namespace)
        more["secret"].allow()
        more["secret"].put(root)
    if way == "adoption":
        more = {"cluster": cluster, "istiod": request.getfixturevalue("istiod")}
    return WAYS[way](
        operator=build("faulty", leaderElection=ALONE, resyncSeconds=10),
        admin=admin,
        make_policy=make_policy,
        suffix=namespace.removeprefix("test-"),
        **more,
    )


@pytest.fixture
def undisturbed(course: Course) -> End:
    """What comes of it when nothing is in the way: the writes are the boundaries to walk."""
    end = course.run(Interference())
    assert len(end.writes) == len(set(end.writes)) >= (4 if type(course) is RemovalCourse else 7)
    assert end.events == []
    return end


@every_way
@pytest.mark.parametrize("form", [KillBefore, KillAfter])
def test_killed_at_any_write_it_goes_on_where_it_was(
    course: Course, undisturbed: End, form: type[KillBefore | KillAfter]
) -> None:
    for number, write in enumerate(undisturbed.writes, start=1):
        print(f"{form.__name__} {number}: {write}")
        kill = form(number, course.operator.kill)

        def start_again(kill: KillBefore | KillAfter = kill) -> None:
            assert kill.reached.wait(10)
            course.operator.start()

        assert course.run(kill, help_on=start_again).find_differences(undisturbed) == {}


@every_way
def test_lost_answers_are_made_up_for(course: Course, undisturbed: End) -> None:
    for number, write in enumerate(undisturbed.writes, start=1):
        print(f"lost answer {number}: {write}")
        lost = LoseAnswer(number)
        assert course.run(lost).find_differences(undisturbed) == {}
        assert lost.reached.is_set()


@pytest.mark.parametrize("refusal", REFUSED)
def test_write_that_is_refused_once_is_made_later(
    course: Course, undisturbed: End, refusal: str
) -> None:
    for number, write in enumerate(undisturbed.writes, start=1):
        print(f"{refusal} {number}: {write}")
        refused = RefuseOnce(number, REFUSALS[refusal])
        assert course.run(refused).find_differences(undisturbed) == {}
        assert refused.reached.is_set()
