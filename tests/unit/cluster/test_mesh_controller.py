from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roottrust.api.restart_request import RestartRequest
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.kinds import DIRECTIVES, ISSUED_CERTIFICATES, MESHES
from roottrust.cluster.mesh_controller import LAG_SECONDS, MeshController
from roottrust.cluster.mesh_directives import MeshDirectives
from roottrust.cluster.mesh_objects import MeshObjects
from roottrust.cluster.mesh_report import MeshReporter
from roottrust.cluster.pod_pace import LOOK_SECONDS
from roottrust.cluster.rotation_observer import RotationObserver
from roottrust.cluster.stale_observer import StaleObserver
from roottrust.cluster.trust_observer import TrustObserver
from roottrust.cluster.trust_restarts import TrustRestarts
from roottrust.domain.errors import AccessDeniedError, ConflictError
from roottrust.domain.mirror_mark import MIRROR_LABEL
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import build_directive
from roottrust.kube.kind import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    SUBJECT_ACCESS_REVIEWS,
    ResourceKind,
)
from roottrust.runtime.metrics import Metrics
from tests.unit.cluster.fakes import (
    ISTIOD,
    MESH,
    PLACE,
    add_version,
    build_certificate,
    build_mesh,
    build_object,
    build_roots,
    build_store,
    check_version,
    put,
)
from tests.unit.domain.istiods import build_istiod
from tests.unit.domain.observations import build_root_pem
from tests.unit.domain.test_stale_workloads import build_pod

NOW = datetime(2030, 1, 1, tzinfo=UTC)
READY = build_istiod() | {"status": {"readyReplicas": 1}}


class FakeServer:
    """An API server: what is written comes back by the watch, into the store."""

    def __init__(self, *found: tuple[ResourceKind, dict[str, Any]]) -> None:
        self.objects = {
            (kind, manifest["metadata"].get("namespace"), manifest["metadata"]["name"]): manifest
            for kind, manifest in found
        }
        self.store = build_store(found)
        self.denied: set[str] = set()
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.events: list[str] = []
        self.pods: tuple[dict[str, Any], ...] = ()
        self.looks = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.now = NOW

    async def get(self, kind: ResourceKind, *, namespace: str, name: str) -> Any:
        self.reads.append(name)
        if name in self.denied:
            raise AccessDeniedError("no", reason=Reason.ACCESS_DENIED, path=name, capability="get")
        return self.objects.get((kind, namespace, name))

    async def create(self, kind: ResourceKind, *_: Any, **__: Any) -> dict[str, Any]:
        assert kind == SUBJECT_ACCESS_REVIEWS
        return {"status": {"allowed": True}}

    async def apply(
        self, kind: ResourceKind, manifest: dict[str, Any], *, subresource: str = "", **_: str
    ) -> dict[str, Any]:
        self.writes.append(subresource or "mesh")
        before = self.store.get(kind, namespace="gloo-mesh", name=manifest["metadata"]["name"])
        metadata = {**manifest["metadata"], "uid": "u-1", "generation": 1}
        if subresource:
            self.meanwhile()
            check_version(self.store, kind, manifest)
            metadata = (before or manifest)["metadata"]
        after = add_version({**(before or {}), **manifest, "metadata": metadata})
        put(self.store, kind, after)
        return {"kind": "PartialObjectMetadata", "metadata": after["metadata"]}

    async def list_metadata(self, kind: ResourceKind, **_: str) -> tuple[dict[str, Any], ...]:
        assert kind == PODS
        self.looks += 1
        return self.pods

    async def delete(self, kind: ResourceKind, *, name: str, uid: str, **_: str) -> None:
        assert kind == MESHES
        self.writes.append(f"delete {name} {uid}")

    async def post_event(self, involved: Any, *, reason: str, **_: str) -> None:
        assert involved["kind"] == "Mesh"
        self.events.append(reason)

    def build_controller(self) -> MeshController:
        client: Any = self
        return MeshController(
            place=PLACE,
            store=self.store,
            objects=MeshObjects(client, home=PLACE.home),
            observer=TrustObserver(client, self.store, place=PLACE, now=lambda: NOW),
            reporter=MeshReporter(client, events=client, metrics=Metrics()),
            restarts=TrustRestarts(
                MeshDirectives(client, self.store, place=PLACE),
                istiods=IstiodNamespaces(client, self.store),
                now=lambda: self.now,
            ),
            stale=StaleObserver(client, now=lambda: self.now),
            rotation=RotationObserver(client, now=lambda: self.now),
            now=lambda: NOW,
        )

    def read_status(self) -> dict[str, Any]:
        found = self.store.get(MESHES, namespace="gloo-mesh", name=MESH)
        assert found is not None
        status: dict[str, Any] = found["status"]
        return status


def build_server(*more: tuple[ResourceKind, dict[str, Any]]) -> FakeServer:
    return FakeServer(
        (DEPLOYMENTS, READY),
        (CONFIG_MAPS, build_roots("istio-system", build_root_pem())),
        (NAMESPACES, build_object("istio-system")),
        *more,
    )


async def test_the_mesh_of_its_own_cluster_goes_before_a_mirror_of_its_name() -> None:
    mirror = build_mesh(namespace="istio")
    mirror["metadata"]["name"] = MESH
    mirror["metadata"]["labels"][MIRROR_LABEL] = "system-cluster1"
    server = build_server((MESHES, mirror))
    await server.build_controller().reconcile(ISTIOD)
    assert server.writes == [f"delete {MESH} u-1", "mesh", "status"]


async def test_a_mirror_is_not_removed_though_it_has_no_istiod_here() -> None:
    mirror = build_mesh()
    mirror["metadata"]["labels"][MIRROR_LABEL] = "cluster1"
    server = FakeServer((MESHES, mirror))
    await server.build_controller().reconcile(ISTIOD)
    assert server.writes == []


async def test_a_mesh_is_written_and_told_of_once() -> None:
    server = build_server()
    controller = server.build_controller()
    assert await controller.reconcile(ISTIOD) is None
    assert server.writes == ["mesh", "status"]
    assert server.events == ["Propagated"]
    assert server.read_status()["namespaces"]["summary"] == "1/1"
    await controller.reconcile(ISTIOD)
    assert server.writes == ["mesh", "status"]
    assert server.events == ["Propagated"]


async def test_a_mesh_that_is_made_anew_gets_no_status_of_the_one_before() -> None:
    server = build_server()
    controller = server.build_controller()
    await controller.reconcile(ISTIOD)
    another = build_mesh()
    another["metadata"]["uid"] = "u-2"
    server.meanwhile = lambda: put(server.store, MESHES, another)
    put(server.store, CONFIG_MAPS, build_roots("istio-system", "other roots", version="200"))
    with pytest.raises(ConflictError):
        await controller.reconcile(ISTIOD)
    found = server.store.get(MESHES, namespace="gloo-mesh", name=MESH)
    assert found is not None
    assert "status" not in found


async def test_published_roots_are_read_once() -> None:
    server = build_server()
    controller = server.build_controller()
    for _ in range(3):
        await controller.reconcile(ISTIOD)
    assert server.reads.count("istio-ca-root-cert") == 1


async def test_a_mesh_configuration_that_may_not_be_read_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = build_server()
    server.denied.add("istio")
    await server.build_controller().reconcile(ISTIOD)
    assert server.writes == ["mesh", "status"]
    assert "resourceNames: istio" in caplog.text


async def test_a_namespace_that_is_too_young_is_looked_at_again() -> None:
    young = build_object("new", metadata={"creationTimestamp": "2029-12-31T23:59:59Z"})
    server = build_server((NAMESPACES, young))
    assert await server.build_controller().reconcile(ISTIOD) == 10.0


async def test_the_mesh_of_an_istiod_that_is_gone_is_deleted() -> None:
    server = FakeServer((MESHES, build_mesh()))
    assert await server.build_controller().reconcile(ISTIOD) is None
    assert server.writes == [f"delete {MESH} u-1"]


async def test_a_watch_that_lacks_an_istiod_deletes_nothing() -> None:
    server = FakeServer((MESHES, build_mesh()))
    server.objects[DEPLOYMENTS, "istio-system", "istiod"] = READY
    assert await server.build_controller().reconcile(ISTIOD) == LAG_SECONDS
    assert server.writes == []


async def test_a_mesh_that_is_not_ours_outlives_its_istiod() -> None:
    server = FakeServer((MESHES, build_mesh(labelled=False)))
    assert await server.build_controller().reconcile(ISTIOD) is None
    assert server.writes == []


async def build_changed_mesh() -> tuple[FakeServer, MeshController]:
    """Return a mesh in which one pod is older than its roots."""
    server = build_server()
    server.pods = (build_pod(namespace="istio-system", created_at=NOW),)
    controller = server.build_controller()
    await controller.reconcile(ISTIOD)
    text = build_root_pem("Other")
    certificate = build_certificate()
    certificate["spec"]["trustBundle"] = text
    put(server.store, ISSUED_CERTIFICATES, certificate)
    roots = build_roots("istio-system", text, version="2")
    server.objects[CONFIG_MAPS, "istio-system", "istio-ca-root-cert"] = roots
    put(server.store, CONFIG_MAPS, roots)
    return server, controller


async def test_pods_are_looked_at_while_a_change_is_on_its_way_and_never_else() -> None:
    server, controller = await build_changed_mesh()
    assert server.looks == 0
    pause = await controller.reconcile(ISTIOD)
    assert pause == pytest.approx(LOOK_SECONDS, abs=1)
    assert server.read_status()["staleWorkloads"]["first"] == ["istio-system/Pod/one"]
    assert server.events == ["Propagated", "Published", "WorkloadsStale"]
    writes = len(server.writes)
    assert await controller.reconcile(ISTIOD) == pause
    assert (server.looks, len(server.writes)) == (1, writes)

    server.now += timedelta(seconds=LOOK_SECONDS + 1)
    assert await controller.reconcile(ISTIOD) == pause
    assert (server.looks, len(server.writes)) == (2, writes)

    young = NOW + timedelta(seconds=5)
    server.pods = (build_pod(namespace="istio-system", created_at=young),)
    server.now += timedelta(seconds=LOOK_SECONDS + 1)
    assert await controller.reconcile(ISTIOD) is None
    status = server.read_status()
    assert "staleWorkloads" not in status
    assert status["restartedFor"] == status["rootFingerprints"]
    assert server.events[-1] == "WorkloadsRenewed"
    await controller.reconcile(ISTIOD)
    assert server.looks == 3


async def test_a_mesh_asks_the_hub_for_restarts_until_they_are_written() -> None:
    server, controller = await build_changed_mesh()
    certificate = server.store.get(ISSUED_CERTIFICATES, namespace="istio-system", name=MESH)
    assert certificate is not None
    spec = {**certificate["spec"], "autoRestartPods": True}
    put(server.store, ISSUED_CERTIFICATES, add_version({**certificate, "spec": spec}))
    await controller.reconcile(ISTIOD)
    status = server.read_status()
    asked = RestartRequest.model_validate(status["restartRequest"])
    assert {each.namespace for each in asked.pods_to_bounce} == {"istio-system"}
    assert status["restartedFor"] != status["rootFingerprints"]
    writes = len(server.writes)
    await controller.reconcile(ISTIOD)
    assert len(server.writes) == writes

    written = build_directive(MESH, asked, mesh={})
    metadata = {**written["metadata"], "namespace": PLACE.home}
    put(server.store, DIRECTIVES, add_version({**written, "metadata": metadata}))
    await controller.reconcile(ISTIOD)
    status = server.read_status()
    assert "restartRequest" not in status
    assert status["restartedFor"] == status["rootFingerprints"]
    assert server.events[-1] == "RestartsRequested"


async def test_a_role_that_starts_goes_on_with_a_change_that_it_was_told_of() -> None:
    server, controller = await build_changed_mesh()
    await controller.reconcile(ISTIOD)
    since = server.read_status()["staleWorkloads"]["since"]
    server.now += timedelta(hours=1)
    await server.build_controller().reconcile(ISTIOD)
    assert server.looks == 2
    assert server.read_status()["staleWorkloads"]["since"] == since


async def test_while_istiod_publishes_something_else_what_was_told_stays() -> None:
    server, controller = await build_changed_mesh()
    await controller.reconcile(ISTIOD)
    told = server.read_status()["staleWorkloads"]
    edited = build_roots("istio-system", build_root_pem(), version="3")
    server.objects[CONFIG_MAPS, "istio-system", "istio-ca-root-cert"] = edited
    put(server.store, CONFIG_MAPS, edited)
    server.now += timedelta(hours=1)
    assert await controller.reconcile(ISTIOD) is None
    assert server.looks == 1
    assert server.read_status()["staleWorkloads"] == told
