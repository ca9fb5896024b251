from __future__ import annotations

import pytest

from roottrust.domain.errors import DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_change import is_own_echo, take_over_finalizers
from roottrust.hub.policy_object import PolicyObject, read_policy
from tests.unit.domain.outcomes import AWAY, OBSERVED, READY
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest

GONE = DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)
AWAY_TOO = TransientError("The API server is away.", reason=Reason.API_UNREACHABLE)


@pytest.fixture
def policy() -> PolicyObject:
    return read_policy(build_manifest())


async def test_a_status_names_the_very_object_that_it_is_of(
    bench: Bench, policy: PolicyObject
) -> None:
    await bench.reporter.report(policy, READY, applied=())
    (manifest,) = bench.kube.applied
    place = {"namespace": "gloo-mesh", "name": "guide", "uid": "uid-1"}
    assert manifest["metadata"] == {**place, "resourceVersion": "2"}


async def test_a_policy_that_was_made_anew_gets_no_status_of_the_one_before(
    bench: Bench, policy: PolicyObject
) -> None:
    anew = build_manifest(metadata={"uid": "uid-2", "resourceVersion": "9"})
    bench.store.apply_event(POLICIES, "ADDED", anew)
    await bench.reporter.report(policy, READY, applied=())
    assert bench.kube.applied == []


async def test_lists_that_are_empty_are_left_out_so_that_they_are_removed(
    bench: Bench, policy: PolicyObject
) -> None:
    await bench.reporter.report(policy, READY, applied=())
    await bench.reporter.report(policy, OBSERVED, applied=())
    first, second = (manifest["status"] for manifest in bench.kube.applied)
    assert "drift" not in first
    assert len(second["drift"]) == 5
    assert None not in first.values()


async def test_a_policy_that_was_deleted_meanwhile_needs_no_status(
    bench: Bench, policy: PolicyObject
) -> None:
    bench.kube.failure = GONE
    await bench.reporter.report(policy, READY, applied=())
    assert len(bench.events.posted) == 1


async def test_a_status_that_is_not_taken_is_a_failure_and_no_event_is_posted(
    bench: Bench, policy: PolicyObject
) -> None:
    bench.kube.failure = AWAY_TOO
    with pytest.raises(TransientError):
        await bench.reporter.report(policy, READY, applied=())
    assert bench.events.posted == []


async def test_what_was_told_is_known_to_be_our_own_echo(
    bench: Bench, policy: PolicyObject
) -> None:
    await bench.reporter.report(policy, AWAY, applied=())
    told = bench.reporter.get_told(bench.key)
    before = build_manifest()
    after = build_manifest(status=bench.kube.applied[-1]["status"])
    assert is_own_echo(before, after, told=told)
    same = build_manifest(status={**after["status"], "drift": []})
    assert is_own_echo(before, same, told=told)
    assert not is_own_echo(before, build_manifest(status={"state": "ACCEPTED"}), told=told)
    assert not is_own_echo(None, after, told=told)
    assert not is_own_echo(before, after, told=None)


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"uid": "other"},
        {"deletionTimestamp": "2030-01-01T00:00:00Z"},
        {"annotations": {"admin.gloo.solo.io/adopt": "true"}},
        {"labels": {"x": "y"}},
        {"finalizers": ["somebody/else"]},
    ],
)
async def test_an_edit_that_comes_with_our_status_is_no_echo(
    bench: Bench, policy: PolicyObject, change: dict[str, object]
) -> None:
    await bench.reporter.report(policy, READY, applied=())
    status = bench.kube.applied[-1]["status"]
    after = build_manifest(metadata=change, status=status)
    told = bench.reporter.get_told(bench.key)
    assert not is_own_echo(build_manifest(), after, told=told)


async def test_events_are_normal_where_a_condition_holds_and_else_warnings(
    bench: Bench, policy: PolicyObject
) -> None:
    await bench.reporter.report(policy, AWAY, applied=())
    await bench.reporter.report(policy, READY, applied=())
    assert [(kind, reason) for kind, reason, _ in bench.events.posted] == [
        ("Warning", "Sealed"),
        ("Normal", "Configured"),
    ]


@pytest.mark.parametrize(
    ("answer", "is_known"),
    [
        ({"finalizers": ["ours"], "resourceVersion": "2"}, True),
        ({"finalizers": ["ours"], "resourceVersion": "2", "uid": "uid-2"}, False),
        ({"finalizers": ["ours"], "resourceVersion": "2", "generation": 2}, False),
        ({"finalizers": ["ours"], "resourceVersion": "2", "name": "other"}, False),
    ],
)
def test_our_finalizer_is_known_unless_more_has_changed(
    answer: dict[str, object], is_known: bool
) -> None:
    written = build_manifest(metadata=answer)
    found = take_over_finalizers(build_manifest(), {"metadata": written["metadata"]})
    assert found == (written if is_known else None)
