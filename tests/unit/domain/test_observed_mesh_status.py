from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.mesh import MeshStatus, RotationEvidence
from roottrust.api.pod_bounce_directive import PodSelector
from roottrust.api.restart_request import RestartRequest
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.mesh_bounce import MeshRestart, RestartCause
from roottrust.domain.observed_mesh_status import build_mesh_status, list_mesh_transitions
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.served_namespaces import ServedNamespaces
from roottrust.domain.trust_restart import WorkloadTrust, read_workload_trust
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
    workloads = read_workload_trust(previous)
    return build_mesh_status(trust, previous=previous, workloads=workloads, generation=3, now=now)


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


@pytest.mark.parametrize(("names", "told"), [(("a",), "1 namespace"), (("a", "b"), "2 namespaces")])
def test_that_all_namespaces_have_the_roots_is_a_sentence(
    names: tuple[str, ...], told: str
) -> None:
    bundles = dict.fromkeys(names, ROOT.text_fingerprint)
    trust = build_trust(served=ServedNamespaces(names=names), bundles=bundles)
    messages = [each.message for each in build(trust).conditions]
    assert f"The roots that istiod publishes are in {told}." in messages


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


STALE_WORKLOADS = StaleWorkloads(
    since=NOW,
    roots=(ROOT.roots[0].fingerprint,),
    total=5,
    first=("shop/Pod/a", "shop/StatefulSet/db", "shop/Deployment/cart", "shop/Job/once"),
)


def build_stale(**changes: Any) -> MeshStatus:
    return build(build_trust(**changes), MeshStatus(stale_workloads=STALE_WORKLOADS))


def test_workloads_that_may_have_other_roots_are_told_with_what_to_do() -> None:
    status = build_stale()
    assert status.stale_workloads == STALE_WORKLOADS
    assert status.message == (
        "5 workloads may still trust only the roots before (shop/Pod/a, shop/StatefulSet/db, "
        "shop/Deployment/cart and 2 more): set config.autoRestartPods in the RootTrustPolicy to "
        "have them restarted in order, create a PodBounceDirective, or restart them yourself, as "
        "by `kubectl rollout restart statefulset/db -n shop`."
    )
    assert reasons(status)["Ready"] == "Ready"
    asked = build_stale(restarts_pods=True).message or ""
    assert "autoRestartPods has them restarted: `kubectl get podbouncedirectives -A`" in asked


def test_what_the_hub_has_not_written_yet_is_not_looked_for() -> None:
    request = RestartRequest(
        trust_hash="a" * 64,
        part=1,
        pods_to_bounce=(PodSelector(namespace="shop", labels={"app": "cart"}),),
    )
    status = build_mesh_status(
        build_trust(restarts_pods=True),
        previous=None,
        workloads=WorkloadTrust(stale=STALE_WORKLOADS),
        request=request,
        generation=3,
        now=NOW,
    )
    assert status.restart_request == request
    assert "the hub is asked to write a PodBounceDirective" in (status.message or "")


def test_what_a_person_cannot_restart_by_kubectl_gets_no_command() -> None:
    pods = STALE_WORKLOADS.model_copy(update={"total": 1, "first": ("shop/Pod/a",)})
    status = build(build_trust(), MeshStatus(stale_workloads=pods))
    assert (status.message or "").startswith("1 workload may still trust only the roots before")
    assert (status.message or "").endswith("or restart them yourself.")


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (RestartCause.ROOTS, "The roots have changed"),
        (RestartCause.ISSUANCE, "restartOn: Issuance"),
        (RestartCause.STEP_OF_ISTIOD, "takes changed roots only when it is restarted"),
        (RestartCause.STEP_OF_CLIENTS, "knows its clients by the roots before"),
        (RestartCause.STEP_OF_WORKLOADS, "a certificate from before"),
    ],
)
def test_an_event_tells_that_restarts_are_asked_for(cause: RestartCause, words: str) -> None:
    status = build(build_trust())
    assert list_mesh_transitions(status, status) == ()
    restart = MeshRestart(trust_hash="a" * 64, cause=cause)
    (asked,) = list_mesh_transitions(status, build_stale(), written=restart)
    assert (asked.reason, asked.is_normal) == ("RestartsRequested", True)
    assert words in asked.message


def test_events_tell_that_workloads_have_other_roots_and_that_none_has_any_more() -> None:
    well, stale = build(build_trust()), build_stale()
    (told,) = list_mesh_transitions(well, stale)
    assert (told.reason, told.is_normal) == ("WorkloadsStale", False)
    assert told.message.startswith("The roots have changed: 5 workloads")
    assert list_mesh_transitions(stale, stale) == ()
    (over,) = list_mesh_transitions(stale, well)
    assert (over.reason, over.is_normal) == ("WorkloadsRenewed", True)


OLD = RotationEvidence(
    step="g2-abc",
    since=NOW,
    total=2,
    first=("shop/Deployment/cart", "shop/Pod/a"),
    ends_at=NOW.replace(day=2),
)
PROVEN = RotationEvidence(step="g2-abc", since=NOW)


def build_in_step(evidence: RotationEvidence | None, **changes: Any) -> MeshStatus:
    workloads = WorkloadTrust(restarted_for=(ROOT.roots[0].fingerprint,))
    return build_mesh_status(
        build_trust(**changes),
        previous=None,
        workloads=workloads,
        rotation=evidence,
        generation=3,
        now=NOW,
    )


def test_in_a_rotation_a_mesh_says_who_has_an_older_certificate_and_until_when() -> None:
    message = build_in_step(OLD).message or ""
    assert message.startswith("2 workloads may have a certificate from before this step")
    assert "(shop/Deployment/cart, shop/Pod/a)" in message
    assert "by 2030-01-02T00:00:00Z" in message
    assert "`kubectl rollout restart deployment/cart -n shop`" in message
    assert "autoRestartPods has them" in (build_in_step(OLD, restarts_pods=True).message or "")
    unknown = OLD.model_copy(update={"ends_at": None, "total": 1})
    assert "1 workload may" in (build_in_step(unknown).message or "")
    assert "by themselves with time" in (build_in_step(unknown).message or "")
    assert build_in_step(PROVEN).message is None
    assert build_in_step(OLD, published=OTHER).message != message


def test_events_tell_of_a_step_once() -> None:
    waits = build_in_step(RotationEvidence(step="g2-abc"))
    old, proven, none = build_in_step(OLD), build_in_step(PROVEN), build_in_step(None)

    def tell(before: MeshStatus | None, after: MeshStatus) -> list[str]:
        return [each.reason for each in list_mesh_transitions(before, after)]

    assert tell(none, waits) == []
    assert tell(waits, old) == ["LeavesFromBefore"]
    assert tell(old, old) == []
    assert tell(old, proven) == ["LeavesRenewed"]
    assert tell(proven, proven) == []
    assert tell(waits, proven) == ["LeavesRenewed"]
    following = build_in_step(OLD.model_copy(update={"step": "g2-def"}))
    assert tell(proven, following) == ["LeavesFromBefore"]
    assert tell(following, none) == []


def test_a_rotation_that_takes_over_does_not_say_that_nobody_is_stale() -> None:
    assert [each.reason for each in list_mesh_transitions(build_stale(), build_in_step(OLD))] == [
        "LeavesFromBefore"
    ]
