from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.mesh import MeshStatus
from roottrust.domain.observed_mesh_status import build_mesh_status, list_mesh_transitions
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.served_namespaces import ServedNamespaces
from tests.unit.domain.observations import (
    OTHER,
    ROOT,
    SELF_MADE,
    build_istiod,
    build_trust,
    publish,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MANY = tuple(f"ns-{number:02}" for number in range(30))


def build(
    trust: ObservedTrust, previous: MeshStatus | None = None, now: datetime = NOW
) -> MeshStatus:
    restarted_for = previous.restarted_for if previous else ()
    return build_mesh_status(
        trust, previous=previous, restarted_for=restarted_for, generation=3, now=now
    )


def reasons(status: MeshStatus) -> dict[str, str]:
    return {each.type: each.reason for each in status.conditions}


def test_a_mesh_in_which_all_is_well_is_ready_and_says_nothing_more() -> None:
    status = build(build_trust())
    assert reasons(status) == {
        "IstiodReady": "IstiodReady",
        "TrustPublished": "Published",
        "TrustPropagated": "Propagated",
        "Ready": "Ready",
    }
    assert status.message is None
    assert status.root_fingerprints == (ROOT.roots[0].fingerprint,)
    assert status.namespaces is not None
    assert status.namespaces.summary == "2/2"
    assert status.istiod is not None
    assert status.istiod.summary == "1/1"
    assert status.self_signed is False
    assert {each.observed_generation for each in status.conditions} == {3}


STALE = {"served": ServedNamespaces(names=MANY), "bundles": {}}


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"published": None}, "NotPublished", "ConfigMap istio-system/istio-ca-root-cert"),
        ({"published": publish("x")}, "UnreadableRoots", "no certificate in PEM form"),
        ({"published": SELF_MADE, "pinned": None}, "SelfSigned", "write a RootTrustPolicy"),
        ({"published": SELF_MADE}, "SelfSigned", "or restart it if the agent is there"),
        ({"published": OTHER}, "OtherRootPublished", "restart Deployment istio-system/istiod"),
        (STALE, "NamespacesStale", "30 of 30 namespaces do not have istiod's roots"),
        (STALE, "NamespacesStale", "log for ns-00, ns-01, ns-02 and 27 more."),
        (
            {"istiod": build_istiod(ready=1, wanted=2)},
            "IstiodNotReady",
            "1 of 2 replicas of istiod are ready: look at Deployment istio-system/istiod",
        ),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    changes: dict[str, Any], reason: str, words: str
) -> None:
    status = build(build_trust(**changes))
    assert reasons(status)["Ready"] == reason
    assert status.message is not None
    assert words in status.message


def test_roots_that_nobody_manages_are_told_and_are_no_fault() -> None:
    status = build(build_trust(pinned=None))
    assert reasons(status)["TrustPublished"] == "NotManaged"
    assert status.message is None


def test_the_first_stale_namespaces_are_named() -> None:
    sync = build(build_trust(**STALE)).namespaces
    assert sync is not None
    assert (sync.in_sync, sync.total, sync.stale) == (0, 30, MANY[:20])


def test_an_istiod_without_replicas_is_not_ready() -> None:
    status = build(build_trust(istiod=build_istiod(ready=0, wanted=0)))
    assert reasons(status)["IstiodReady"] == "IstiodNotReady"


_TRUST = st.builds(
    build_trust,
    istiod=st.builds(build_istiod, ready=st.integers(0, 3), wanted=st.integers(0, 3)),
    published=st.sampled_from([None, ROOT, OTHER, SELF_MADE, publish("x")]),
    pinned=st.sampled_from([None, ROOT.text_fingerprint]),
    served=st.builds(
        lambda names, young: ServedNamespaces(names=tuple(sorted(names)), young=young),
        st.sets(st.sampled_from(MANY)),
        st.frozensets(st.sampled_from(MANY)),
    ),
    bundles=st.dictionaries(
        st.sampled_from(MANY), st.sampled_from([ROOT.text_fingerprint, OTHER.text_fingerprint])
    ),
)


@given(_TRUST, _TRUST)
def test_a_status_that_was_told_is_not_told_again(
    before: ObservedTrust, after: ObservedTrust
) -> None:
    told = build(after, build(before))
    back = MeshStatus.model_validate(told.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert back == told
    again = build(after, back, NOW + timedelta(hours=1))
    assert again == back
    assert list_mesh_transitions(back, again) == ()


def test_times_move_with_the_status_alone() -> None:
    first = build(build_trust(published=None))
    later = build(build_trust(published=OTHER), first, NOW + timedelta(hours=1))
    times = {each.type: each.last_transition_time for each in later.conditions}
    assert times["TrustPublished"] == NOW
    well = build(build_trust(), later, NOW + timedelta(hours=2))
    assert {each.last_transition_time for each in well.conditions} == {
        NOW,
        NOW + timedelta(hours=2),
    }


def tell(before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[str, bool]]:
    previous = None if before is None else build(build_trust(**before))
    found = list_mesh_transitions(previous, build(build_trust(**after), previous))
    return [(each.reason, each.is_normal) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (None, {}, [("Propagated", True)]),
        (None, {"published": None}, []),
        (None, {"published": OTHER}, []),
        (None, {"published": SELF_MADE}, [("SelfSigned", False)]),
        ({"published": None}, {}, [("Propagated", True)]),
        ({"published": None}, STALE, []),
        (STALE, {}, [("Propagated", True)]),
        ({}, STALE, [("NamespacesStale", False)]),
        ({}, {"published": SELF_MADE}, [("SelfSigned", False)]),
        ({}, {"published": None}, []),
        ({}, {"published": OTHER}, [("OtherRootPublished", False)]),
        ({}, {"istiod": build_istiod(ready=0)}, []),
    ],
)
def test_events_tell_of_roots_that_came_or_went_wrong(
    before: dict[str, Any] | None, after: dict[str, Any], events: list[tuple[str, bool]]
) -> None:
    assert tell(before, after) == events


def test_roots_that_nobody_restarts_workloads_for_are_told_of() -> None:
    before = MeshStatus(restarted_for=(OTHER.roots[0].fingerprint,))
    status = build(build_trust(), before)
    assert (status.message or "").startswith("The roots have changed, and workloads")
    assert reasons(status)["Ready"] == "Ready"
    assert build(build_trust(restarts_pods=True), before).message is None


def test_an_event_tells_that_restarts_are_asked_for() -> None:
    before, after = build(build_trust()), build(build_trust())
    other = (OTHER.roots[0].fingerprint,)
    assert list_mesh_transitions(before, after) == ()
    (asked,) = list_mesh_transitions(
        before.model_copy(update={"restarted_for": other}),
        MeshStatus(restarted_for=after.root_fingerprints, conditions=after.conditions),
    )
    assert (asked.reason, asked.is_normal) == ("RestartsRequested", True)
    assert list_mesh_transitions(before, after.model_copy(update={"restarted_for": other})) == ()
