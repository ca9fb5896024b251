from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.cluster.bounce_controller import (
    FAILED_SECONDS,
    MOVING_SECONDS,
    NAMESPACE_SECONDS,
    WAITING_SECONDS,
    BounceController,
)
from roottrust.cluster.bounce_observer import BounceObserver
from roottrust.cluster.bounce_report import BounceReporter
from roottrust.cluster.bounce_writer import BounceWriter
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.bounced_workload import TRUST_HASH_ANNOTATION
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.domain.trust_bundle import fingerprint_text
from roottrust.kube.kind import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    PODS,
    STATEFUL_SETS,
    SUBJECT_ACCESS_REVIEWS,
    ResourceKind,
)
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey
from tests.unit.cluster.fakes import (
    PLACE,
    add_version,
    build_roots,
    build_store,
    check_version,
    put,
)
from tests.unit.domain.bounces import (
    HASH,
    OLD,
    build_directive,
    build_manifest,
    build_pod_manifest,
)
from tests.unit.domain.istiods import build_istiod

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY = ObjectKey(kind=DIRECTIVES, namespace="gloo-mesh", name="directive")
DEPLOYED = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}

Object = dict[str, Any]


class FakeServer:
    """An API server with workloads of one namespace; what is applied changes their templates."""

    def __init__(self, *found: tuple[ResourceKind, Object]) -> None:
        self.objects = list(found)
        self.store = build_store((kind, each) for kind, each in found if kind in _STORED)
        self.writes: list[str] = []
        self.events: list[str] = []
        self.reads = 0
        self.metrics = Metrics()
        self.failure: RootTrustError | None = None
        self.allowed = False
        self.meanwhile: Callable[[], object] = lambda: None

    async def list(self, kind: ResourceKind, **_: Any) -> tuple[Object, ...]:
        self.reads += 1
        return tuple(each for known, each in self.objects if known == kind)

    async def list_metadata(self, kind: ResourceKind, **_: Any) -> tuple[Object, ...]:
        return await self.list(kind)

    async def get(self, kind: ResourceKind, *, name: str, **_: Any) -> Object | None:
        found = await self.list(kind)
        return next((each for each in found if each["metadata"]["name"] == name), None)

    async def create(self, kind: ResourceKind, manifest: Object, **_: Any) -> Object:
        assert kind == SUBJECT_ACCESS_REVIEWS
        self.writes.append(f"review {manifest['spec']['user']}")
        return {"status": {"allowed": self.allowed}}

    async def create_subresource(self, kind: ResourceKind, body: Object, **_: Any) -> Object:
        assert (kind, body["kind"]) == (PODS, "Eviction")
        self.writes.append(f"evict {body['metadata']['name']}")
        if self.failure:
            raise self.failure
        return {}

    async def apply(
        self, kind: ResourceKind, manifest: Object, *, subresource: str = "", **_: Any
    ) -> Object:
        self.writes.append(subresource or f"restart {manifest['metadata']['name']}")
        if subresource:
            self.meanwhile()
            check_version(self.store, DIRECTIVES, manifest)
            metadata = (self.store.get_by_key(KEY) or {})["metadata"]
            return {"kind": "PartialObjectMetadata", **add_version({"metadata": metadata})}
        if self.failure:
            raise self.failure
        for held, each in self.objects:
            if held == kind and each["metadata"]["name"] == manifest["metadata"]["name"]:
                each["spec"]["template"]["metadata"] |= manifest["spec"]["template"]["metadata"]
        return {"metadata": {}}

    async def post_event(self, involved: Any, *, reason: str, **_: str) -> None:
        assert involved["kind"] == "PodBounceDirective"
        self.events.append(reason)

    def build_controller(self) -> BounceController:
        client: Any = self
        return BounceController(
            place=PLACE,
            store=self.store,
            observer=BounceObserver(client, self.store),
            writer=BounceWriter(client),
            reporter=BounceReporter(client, self.store, events=client, metrics=self.metrics),
            istiods=IstiodNamespaces(client, self.store),
            now=lambda: NOW,
        )

    async def reconcile(self) -> float | None:
        return await self.build_controller().reconcile(KEY)

    def read_status(self) -> Object:
        found = self.store.get_by_key(KEY)
        assert found is not None
        status: Object = found.get("status", {})
        return status


_STORED = frozenset({DIRECTIVES, CONFIG_MAPS})


def build_server(*more: tuple[ResourceKind, Object], **spec: Any) -> FakeServer:
    directive = build_directive(trustHash=HASH, **spec)
    return FakeServer((DIRECTIVES, directive), *more)


def build_deployment(name: str = "reviews", **content: Any) -> tuple[ResourceKind, Object]:
    return DEPLOYMENTS, build_manifest(
        "Deployment", name, labels={"app": "reviews"}, status=DEPLOYED, **content
    )


RESTARTED: Object = {"annotations": {TRUST_HASH_ANNOTATION: HASH}}


async def test_a_workload_is_restarted_told_of_and_looked_at_again() -> None:
    server = build_server(build_deployment())
    assert await server.reconcile() == MOVING_SECONDS + NAMESPACE_SECONDS
    assert server.writes == ["restart reviews", "status"]
    assert server.read_status()["state"] == "RESTARTING"
    assert server.events == ["Restarting"]
    assert await server.reconcile() is None
    assert server.writes == ["restart reviews", "status", "status"]
    assert server.read_status()["state"] == "FINISHED"
    assert server.events == ["Restarting", "Complete"]


async def test_by_age_one_is_restarted_that_stays_told_of_when_its_pods_are_new() -> None:
    def build_pods(created_at: str) -> list[tuple[ResourceKind, Object]]:
        owner = ("apps/v1", "StatefulSet", "store")
        age = {"creationTimestamp": created_at}
        return [(PODS, build_pod_manifest("store-0", owner=owner, trust_hash=OLD, **age))]

    labels = {"app": "reviews"}
    sets = [
        (STATEFUL_SETS, build_manifest("StatefulSet", name, labels=labels, status=DEPLOYED))
        for name in ("store", "young")
    ]
    moment = "2030-01-01T00:00:00Z"
    server = build_server(*sets, *build_pods("2029-01-01T00:00:00Z"), createdBefore=moment)
    await server.reconcile()
    assert server.writes == ["restart store", "status"]
    server.objects = [*sets, *build_pods("2030-01-01T00:00:01Z")]
    await server.reconcile()
    status = server.read_status()
    assert (status["state"], status["done"], status["total"]) == ("FINISHED", 1, 1)
    assert [each["name"] for each in status["workloads"]] == ["store"]


async def test_its_conditions_are_shown_until_it_is_gone() -> None:
    server = build_server(build_deployment(**RESTARTED))
    await server.reconcile()
    shown = 'bounce_condition_state{condition="Complete",directive="directive"'
    assert shown in server.metrics.render().decode()
    server.store.apply_event(DIRECTIVES, "DELETED", build_directive())
    await server.reconcile()
    assert shown not in server.metrics.render().decode()


async def test_a_directive_that_is_done_costs_no_request() -> None:
    server = build_server(build_deployment(**RESTARTED))
    await server.reconcile()
    reads = server.reads
    server.objects.append(build_deployment("another"))
    assert await server.reconcile() is None
    assert (server.reads, server.writes) == (reads, ["status"])


async def test_one_that_waits_for_people_is_looked_at_less_often() -> None:
    server = build_server(build_deployment(spec={"paused": True}))
    assert await server.reconcile() == WAITING_SECONDS + NAMESPACE_SECONDS
    assert await server.reconcile() == WAITING_SECONDS + NAMESPACE_SECONDS
    assert server.writes == ["status"]
    failed = {**DEPLOYED, "availableReplicas": 0, "conditions": [DEADLINE]}
    deployment = build_manifest("Deployment", status=failed, **RESTARTED)
    server = build_server((DEPLOYMENTS, deployment))
    assert await server.reconcile() == FAILED_SECONDS + NAMESPACE_SECONDS


DEADLINE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


async def test_a_directive_that_is_gone_or_going_is_left_alone() -> None:
    server = build_server()
    server.store.apply_event(DIRECTIVES, "DELETED", build_directive())
    assert await server.reconcile() is None
    directive = build_directive()
    directive["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    put(server.store, DIRECTIVES, directive)
    assert await server.reconcile() is None
    assert (server.reads, server.writes) == (0, [])


async def test_a_refused_directive_is_told_so_once() -> None:
    mesh = {"name": "m", "cluster": "cluster2", "namespace": "a", "deployment": "istiod"}
    server = build_server(build_deployment(), meshRef=mesh)
    for _ in range(2):
        assert await server.reconcile() is None
    assert (server.reads, server.writes) == (0, ["status"])
    assert server.events == ["OtherCluster"]


async def test_what_may_not_be_done_is_told_and_tried_again_later() -> None:
    server = build_server(build_deployment())
    server.failure = AccessDeniedError(
        "Grant it.", reason=Reason.ACCESS_DENIED, path="p", capability="patch"
    )
    with pytest.raises(AccessDeniedError):
        await server.reconcile()
    assert server.read_status()["message"] == "Grant it."
    server.failure = None
    await server.reconcile()
    assert server.read_status()["state"] == "RESTARTING"


@pytest.mark.parametrize("failure", [ConflictError, TransientError])
async def test_what_passes_by_itself_is_not_told(failure: type[RootTrustError]) -> None:
    server = build_server(build_deployment())
    server.failure = failure("Later.", reason=Reason.CONFLICT)
    with pytest.raises(failure):
        await server.reconcile()
    assert server.read_status() == {}


async def test_a_status_that_somebody_broke_is_written_anew() -> None:
    server = build_server(build_deployment(**RESTARTED))
    put(server.store, DIRECTIVES, {**build_directive(trustHash=HASH), "status": {"state": "?"}})
    await server.reconcile()
    assert server.read_status()["state"] == "FINISHED"


async def test_a_directive_that_is_made_anew_gets_no_status_of_the_one_before() -> None:
    server = build_server(build_deployment(**RESTARTED))
    another = build_directive(trustHash=HASH)
    another["metadata"]["uid"] = "uid-of-another"
    server.meanwhile = lambda: put(server.store, DIRECTIVES, another)
    with pytest.raises(ConflictError):
        await server.reconcile()
    assert server.read_status() == {}
    assert server.events == []


async def test_a_directive_that_is_edited_while_it_is_told_of_is_not_taken_for_known() -> None:
    server = build_server(build_deployment(**RESTARTED))
    apply = server.apply

    async def edit(*words: Any, **more: Any) -> Object:
        answer = await apply(*words, **more)
        return {**answer, "metadata": {**answer["metadata"], "generation": 2}}

    server.apply = edit  # type: ignore[method-assign]
    await server.reconcile()
    assert server.read_status() == {}


async def test_pods_are_evicted_and_one_that_went_is_no_failure() -> None:
    spec = {"updateStrategy": {"type": "OnDelete"}, "replicas": 1}
    manifest = build_manifest("StatefulSet", "reviews", spec=spec, **RESTARTED)
    pod = build_pod_manifest("reviews-0", owner=("apps/v1", "StatefulSet", "reviews"))
    server = build_server((STATEFUL_SETS, manifest), (PODS, pod))
    server.failure = DependencyMissingError("Gone.", reason=Reason.API_REFUSED)
    assert await server.reconcile() == MOVING_SECONDS + NAMESPACE_SECONDS
    assert server.writes == ["evict reviews-0", "status"]


async def test_two_directives_do_not_undo_each_other() -> None:
    server = build_server(build_deployment(annotations={TRUST_HASH_ANNOTATION: OLD}))
    broken = build_directive({"namespace": "a", "labels": {}}, name="broken")
    younger = build_directive(name="younger", trustHash=OLD, created="2031-01-01T00:00:00Z")
    for each in (broken, younger):
        put(server.store, DIRECTIVES, each)
    assert await server.reconcile() is None
    assert server.writes == ["status"]


def build_group(**sync: Any) -> Object:
    return {"namespace": "bookinfo", "labels": {"app": "reviews"}, "rootCertSync": sync}


@pytest.mark.parametrize(("text", "count"), [("NEW", 1), ("OLD", 0)])
async def test_roots_are_compared_with_the_trust_hash(text: str, count: int) -> None:
    directive = build_directive(build_group(), trustHash=fingerprint_text("NEW"))
    roots = build_roots("bookinfo", text)
    server = FakeServer((DIRECTIVES, directive), (CONFIG_MAPS, roots), build_deployment())
    await server.reconcile()
    assert server.writes.count("restart reviews") == count


@pytest.mark.parametrize(("text", "count"), [("NEW", 1), ("OLD", 0)])
async def test_without_a_trust_hash_roots_are_compared_with_istiods_own(
    text: str, count: int
) -> None:
    mesh = {"name": "m", "cluster": "cluster1", "namespace": "mesh", "deployment": "istiod"}
    directive = build_directive(build_group(), meshRef=mesh)
    copies = (
        (CONFIG_MAPS, build_roots("mesh", "NEW")),
        (CONFIG_MAPS, build_roots("bookinfo", text)),
    )
    server = FakeServer((DIRECTIVES, directive), *copies, build_deployment())
    await server.reconcile()
    assert server.writes.count("restart reviews") == count


@pytest.mark.parametrize("text", ["NEW", None])
async def test_another_config_map_is_asked_for_by_its_name(text: str | None) -> None:
    group = build_group(configMapRef={"name": "roots", "namespace": "mesh"}, configMapKey="ca")
    directive = build_directive(group, trustHash=fingerprint_text("NEW"))
    found = {"metadata": {"namespace": "mesh", "name": "roots"}, "data": {"ca": text}}
    server = FakeServer((DIRECTIVES, directive), build_deployment())
    server.objects.append((CONFIG_MAPS, found))
    await server.reconcile()
    assert server.writes.count("restart reviews") == (1 if text else 0)
    if text is None:
        assert "ConfigMap mesh/roots" in server.read_status()["message"]


@pytest.mark.parametrize("is_real", [True, False])
async def test_beside_an_istiod_that_may_publish_roots_a_directive_counts_everywhere(
    is_real: bool,
) -> None:
    directive = build_directive(namespace="istio-system", trustHash=HASH)
    server = FakeServer((DIRECTIVES, directive), build_deployment())
    put(server.store, DEPLOYMENTS, build_istiod())
    server.allowed = is_real
    key = ObjectKey(kind=DIRECTIVES, namespace="istio-system", name="directive")

    async def apply(kind: ResourceKind, manifest: Object, **more: Any) -> Object:
        server.writes.append(more.get("subresource") or "restart")
        return {"metadata": directive["metadata"]}

    server.apply = apply  # type: ignore[method-assign]
    await server.build_controller().reconcile(key)
    review = "review system:serviceaccount:istio-system:istiod"
    assert server.writes == [review, *(["restart"] if is_real else []), "status"]
