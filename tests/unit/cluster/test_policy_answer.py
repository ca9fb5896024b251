from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.cluster.app import plan_cluster_role
from roottrust.cluster.kinds import ISSUED_CERTIFICATES, POLICIES, WATCHED_ALONE
from roottrust.cluster.policy_answer import PAUSE, HubLease, PolicyAnswer
from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import DependencyMissingError, TransientError
from roottrust.domain.mark import OWNER_ANNOTATION
from roottrust.domain.reasons import Reason
from roottrust.kube.kind import LEASES
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectStore, build_key
from tests.unit.cluster.fakes import build_certificate, build_object, put
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import OURS

POLICY = build_object(
    "guide",
    namespace="gloo-mesh",
    metadata={"uid": "u-1", "generation": 1},
    spec={"config": {}},
)
KEY = build_key(POLICIES, POLICY)


class FakeClient:
    """An API server that takes statuses, with a hub's Lease or without one."""

    def __init__(self, *, lease: dict[str, Any] | None = None) -> None:
        self.lease = lease
        self.statuses: list[dict[str, Any]] = []
        self.patched: list[list[dict[str, Any]]] = []
        self.error: Exception | None = None

    async def get(self, kind: Any, *, namespace: str, name: str) -> dict[str, Any] | None:
        assert (kind, namespace, name) == (LEASES, "gloo-mesh", "roottrust-hub")
        return self.lease

    async def patch_json(self, kind: Any, operations: Any, **place: str) -> None:
        assert (kind, place["name"]) == (POLICIES, "guide")
        if self.error is not None:
            raise self.error
        self.patched.append([{"place": place.get("subresource", "")}, *operations])

    async def apply(self, kind: Any, manifest: Any, **place: str) -> dict[str, Any]:
        assert (kind, place["subresource"]) == (POLICIES, "status")
        if self.error is not None:
            raise self.error
        assert manifest["metadata"]["resourceVersion"]
        self.statuses.append(manifest["status"])
        return {"metadata": {}}


class Bench:
    """A cluster's operator that answers policies."""

    def __init__(
        self, *, management: str = "", lease: dict[str, Any] | None = None, is_on: bool = False
    ) -> None:
        self.client = FakeClient(lease=lease)
        self.store = ObjectStore(each.resource for each in WATCHED_ALONE)
        self.events: list[str] = []
        self.now = NOW
        cluster = {"name": "cluster2"}
        given: dict[str, Any] = {"managementCluster": management} if management else {}
        client: Any = self.client
        events: Any = self
        self.answer = PolicyAnswer(
            client,
            self.store,
            settings=OperatorSettings(
                roles=("cluster",), cluster=cluster, remotePolicies=is_on, **given
            ),
            hub=HubLease(client, namespace="gloo-mesh", now=lambda: self.now),
            events=events,
            now=lambda: self.now,
        )
        self.put(POLICY)

    async def post_event(self, involved: Any, *, type_: str, reason: str, message: str) -> None:
        assert (involved["kind"], type_, message[-1]) == ("RootTrustPolicy", "Warning", ".")
        self.events.append(reason)

    def put(self, manifest: dict[str, Any]) -> None:
        kind = POLICIES if manifest["metadata"]["name"] == "guide" else ISSUED_CERTIFICATES
        put(self.store, kind, manifest)

    async def reconcile(self) -> float | None:
        return await self.answer.reconcile(KEY)

    @property
    def message(self) -> str:
        return str(self.client.statuses[-1]["message"])


async def test_a_policy_is_answered_once_and_with_one_event() -> None:
    bench = Bench(management="mgmt")
    assert await bench.reconcile() is None
    assert "management cluster mgmt," in bench.message
    assert bench.events == ["RemotePoliciesOff"]
    bench.put({**POLICY, "status": bench.client.statuses[0]})
    assert await bench.reconcile() is None
    assert len(bench.client.statuses) == len(bench.events) == 1


async def test_the_management_cluster_is_named_by_what_its_hub_has_left() -> None:
    bench = Bench()
    await bench.reconcile()
    assert "management cluster, or" in bench.message
    certificate = build_certificate()
    certificate["metadata"]["annotations"] = {OWNER_ANNOTATION: OURS.render()}
    bench.put(certificate)
    bench.put({**POLICY, "metadata": {**POLICY["metadata"], "generation": 2}})
    await bench.reconcile()
    assert "management cluster hub1, or" in bench.message


async def test_where_a_hub_tells_otherwise_the_two_do_not_talk_against_each_other() -> None:
    bench = Bench()
    await bench.reconcile()
    bench.put({**POLICY, "status": {"state": "ACCEPTED"}})
    bench.now += timedelta(minutes=1)
    assert await bench.reconcile() == (PAUSE - timedelta(minutes=1)).total_seconds()
    assert len(bench.client.statuses) == 1
    bench.now += PAUSE
    assert await bench.reconcile() is None
    assert len(bench.client.statuses) == 2


async def test_an_answer_that_is_not_taken_is_given_again() -> None:
    bench = Bench()
    bench.client.error = TransientError("away", reason=Reason.API_UNREACHABLE)
    with pytest.raises(TransientError):
        await bench.reconcile()
    bench.client.error = None
    await bench.reconcile()
    assert len(bench.client.statuses) == len(bench.events) == 1


async def test_a_policy_that_is_gone_or_going_is_told_nothing() -> None:
    bench = Bench()
    bench.client.error = DependencyMissingError("gone", reason=Reason.API_REFUSED)
    await bench.reconcile()
    gone = {**POLICY["metadata"], "deletionTimestamp": "2030-01-01T00:00:00Z"}
    bench.put({**POLICY, "metadata": gone})
    await bench.reconcile()
    bench.store.apply_event(POLICIES, "DELETED", POLICY)
    assert await bench.reconcile() is None
    assert (bench.client.statuses, bench.events) == ([], [])


@pytest.mark.parametrize(("hours", "count"), [(0.5, 0), (2, 1)])
async def test_beside_a_hub_it_is_silent(hours: float, count: int) -> None:
    renewed = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    bench = Bench(lease={"spec": {"renewTime": renewed}})
    await bench.reconcile()
    assert len(bench.client.statuses) == count


async def test_a_lease_that_nobody_ever_held_is_no_hub() -> None:
    bench = Bench(lease={"spec": {}})
    await bench.reconcile()
    assert len(bench.client.statuses) == 1


async def test_in_the_management_cluster_it_is_silent() -> None:
    bench = Bench(management="cluster2")
    await bench.reconcile()
    assert bench.client.statuses == []


async def test_where_a_hub_elsewhere_answers_what_was_told_before_is_taken_back() -> None:
    off, on = Bench(), Bench(is_on=True)
    await off.reconcile()
    version = {"metadata": {**POLICY["metadata"], "resourceVersion": "1007"}}
    on.put({**POLICY, **version, "status": off.client.statuses[0]})
    assert await on.reconcile() is None
    place, known, removal = on.client.patched[0]
    assert place == {"place": "status"}
    assert (known["op"], known["value"]) == ("test", "1007")
    assert removal == {"op": "remove", "path": "/status"}
    assert (on.client.statuses, on.events) == ([], [])


@pytest.mark.parametrize("status", [None, {"state": "ACCEPTED"}])
async def test_what_the_hub_tells_stays(status: dict[str, Any] | None) -> None:
    bench = Bench(is_on=True)
    bench.put({**POLICY, **({} if status is None else {"status": status})})
    await bench.reconcile()
    assert (bench.client.patched, bench.client.statuses) == ([], [])


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_policy_that_no_hub_lets_go_goes_in_the_end(*, is_on: bool) -> None:
    bench = Bench(is_on=is_on)
    deleted = (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = {"deletionTimestamp": deleted, "finalizers": [FINALIZER]}
    bench.put({**POLICY, "metadata": {**POLICY["metadata"], **metadata}})
    assert await bench.reconcile() is None
    assert len(bench.client.patched) == 1
    assert bench.events == ["LeftInVault"]


@pytest.mark.parametrize(("is_alone", "watched"), [(True, True), (False, False)])
def test_policies_are_watched_where_no_hub_is_in_the_process(
    *, is_alone: bool, watched: bool
) -> None:
    kinds = {each.resource for each in plan_cluster_role(is_alone=is_alone).watched}
    assert (POLICIES in kinds) is watched
