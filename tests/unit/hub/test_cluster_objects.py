from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.domain.action import Verb
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.domain.issuance_plan import CertificateAction, plan_issuance
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import plan_directives
from roottrust.domain.target import MeshTarget
from roottrust.hub.cluster_objects import FIELD_MANAGER, RESTARTS_MANAGER, WatchedObjects
from roottrust.hub.kinds import DIRECTIVES, ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.kind import ResourceKind
from roottrust.kube.status import dump_status
from roottrust.runtime.store import ObjectStore
from tests.unit.domain.issuances import KEY, build_certificate, build_request
from tests.unit.domain.mirrors import PLACE
from tests.unit.domain.restart_requests import RESTARTING, ask, build_restarting
from tests.unit.domain.samples import MESH
from tests.unit.hub.fakes import fake

HOME = "gloo-mesh"


@dataclass
class FakeApi:
    """An API server that notes what it is asked for."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    is_gone: bool = False
    is_there: bool = False

    async def apply(
        self, kind: ResourceKind, manifest: Any, *, field_manager: str, subresource: str = ""
    ) -> None:
        assert (kind, field_manager) == (ISSUED_CERTIFICATES, FIELD_MANAGER)
        self.calls.append((subresource or "apply", manifest))
        if self.is_gone and subresource:
            raise DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)

    async def patch_json(
        self, kind: ResourceKind, operations: Any, *, field_manager: str, **place: str
    ) -> None:
        assert (kind, field_manager) == (ISSUED_CERTIFICATES, FIELD_MANAGER)
        assert place == {"namespace": KEY.namespace, "name": KEY.name}
        self.calls.append(("patch", operations))
        if self.is_gone:
            raise DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)

    async def create(self, kind: ResourceKind, manifest: Any, *, field_manager: str) -> None:
        assert (kind, field_manager) == (DIRECTIVES, RESTARTS_MANAGER)
        self.calls.append(("create", manifest))
        if self.is_there:
            raise ConflictError("It is there.", reason=Reason.CONFLICT)

    async def delete(self, kind: ResourceKind, **place: Any) -> None:
        assert kind == ISSUED_CERTIFICATES
        self.calls.append(("delete", place))


def plan(found: dict[str, Any] | None = None) -> CertificateAction:
    (action,) = plan_issuance(build_request({KEY: found} if found else {})).actions
    return action


async def send(action: CertificateAction, api: FakeApi | None = None) -> list[tuple[str, Any]]:
    api = api or FakeApi()
    await WatchedObjects(fake(api), ObjectStore([]), home=HOME).apply(action)
    return api.calls


@pytest.mark.parametrize("is_there", [False, True])
async def test_a_directive_is_made_beside_the_operator_that_restarts(*, is_there: bool) -> None:
    request = build_request({KEY: build_restarting()}, options=RESTARTING, reports={KEY: ask()})
    (action,) = plan_directives(request, plan_issuance(request))
    api = FakeApi(is_there=is_there)
    objects = WatchedObjects(fake(api), ObjectStore([]), home=HOME)
    for _ in range(2):
        await objects.create(action)
    ((verb, manifest),) = api.calls
    assert verb == "create"
    assert manifest["metadata"]["namespace"] == HOME
    assert manifest["spec"] == action.manifest["spec"]


async def test_a_new_one_is_applied_as_it_is() -> None:
    action = plan()
    assert await send(action) == [("apply", action.manifest)]


async def test_one_that_is_there_is_changed_only_if_it_is_still_that_one() -> None:
    ((_, manifest),) = await send(plan(build_certificate(trustBundle="another")))
    assert manifest["metadata"]["uid"] == "uid-c"


@pytest.mark.parametrize("is_gone", [True, False])
async def test_what_was_added_is_taken_off_before(is_gone: bool) -> None:
    found = build_certificate(crossCertificates="x")
    found["metadata"]["resourceVersion"] = "7"
    first, second = await send(plan(found), FakeApi(is_gone=is_gone))
    assert first == (
        "patch",
        [
            {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "remove", "path": "/spec/crossCertificates"},
        ],
    )
    assert second[0] == "apply"


async def test_the_very_object_is_deleted_that_was_seen() -> None:
    found = build_certificate()
    action = CertificateAction(verb=Verb.DELETE, key=KEY, manifest=found, found=found)
    ((_, place),) = await send(action)
    assert place == {"namespace": KEY.namespace, "name": KEY.name, "uid": "uid-c"}


@pytest.mark.parametrize("is_gone", [True, False])
async def test_the_status_of_the_very_object_is_written_if_it_is_there(
    is_gone: bool,
) -> None:
    api = FakeApi(is_gone=is_gone)
    objects = WatchedObjects(fake(api), ObjectStore([]), home=HOME)
    await objects.report(build_certificate(), {"state": "PENDING"})
    ((subresource, manifest),) = api.calls
    assert subresource == "status"
    assert manifest == {
        "metadata": {"namespace": KEY.namespace, "name": KEY.name, "uid": "uid-c"},
        "status": {"state": "PENDING"},
    }


def build_mesh(
    namespace: str = HOME, *, place: str = "istio-system", status: Any = None
) -> dict[str, Any]:
    installation = {"namespace": place, "cluster": "cluster1"}
    return {
        "metadata": {"namespace": namespace, "name": MESH.name},
        "spec": {"istio": {"installation": installation}},
        **({} if status is None else {"status": status}),
    }


@pytest.mark.parametrize(
    ("meshes", "expected"),
    [
        ([], None),
        ([build_mesh()], None),
        ([build_mesh(status={"selfSigned": True})], True),
        ([build_mesh("istio-system", status={"selfSigned": True})], True),
        (
            [
                build_mesh(status={"selfSigned": False}),
                build_mesh("istio-system", status={"selfSigned": True}),
            ],
            False,
        ),
        ([build_mesh(place="another", status={"selfSigned": True})], None),
        ([build_mesh(status={"selfSigned": "x"})], None),
        ([build_mesh("elsewhere", status={"selfSigned": True})], None),
    ],
)
def test_a_mesh_s_report_is_believed_where_the_mesh_is(
    meshes: list[dict[str, Any]], expected: bool | None
) -> None:
    store = ObjectStore([MESHES])
    for each in meshes:
        store.apply_event(MESHES, "ADDED", each)
    report = WatchedObjects(fake(FakeApi()), store, home=HOME).find_report(MESH)
    assert (report.self_signed if report else None) is expected


@pytest.mark.parametrize(("place", "is_heard"), [(HOME, True), (MESH.namespace, False)])
def test_only_a_mesh_beside_its_operator_can_ask_for_restarts(
    place: str, *, is_heard: bool
) -> None:
    """A directive there counts for every namespace, and a Mesh elsewhere speaks for its own."""
    store = ObjectStore([MESHES])
    status = dump_status(ask())
    store.apply_event(MESHES, "ADDED", build_mesh(place, status=status))
    report = WatchedObjects(fake(FakeApi()), store, home=HOME).find_report(MESH)
    assert report is not None
    assert (report.restart_request is not None) is is_heard
    assert report.root_fingerprints == ask().root_fingerprints


def test_what_watches_brought_is_found_once_everything_is_listed() -> None:
    store = ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    objects = WatchedObjects(fake(FakeApi()), store, home=HOME)
    assert not objects.is_complete
    for kind in store.kinds:
        store.replace(kind, [], known={})
    assert objects.is_complete
    assert objects.find_certificate(KEY.namespace, KEY.name) is None
    store.apply_event(ISSUED_CERTIFICATES, "ADDED", build_certificate())
    assert objects.find_certificate(KEY.namespace, KEY.name) == build_certificate()


def test_what_another_cluster_reports_of_a_mesh_of_the_same_name_does_not_count() -> None:
    """`istiod-x` of cluster `b` and `istiod` of `x-b`, both in namespace `x`, are called alike."""
    name, namespace = "istiod-x-x-b", "x"
    store = ObjectStore([MESHES])
    objects = WatchedObjects(fake(FakeApi()), store, home=HOME)
    mesh = MeshTarget(name=name, namespace=namespace, deployment="istiod-x")
    own = {
        "metadata": {"namespace": namespace, "name": name, "resourceVersion": "1"},
        "spec": {"istio": {"installation": {"namespace": namespace, "cluster": "b"}}},
        "status": {"selfSigned": True},
    }
    lie = {
        "metadata": {**PLACE.build_metadata(name, cluster="x-b"), "resourceVersion": "2"},
        "spec": {"istio": {"installation": {"namespace": namespace, "cluster": "x-b"}}},
        "status": {"selfSigned": False},
    }
    store.apply_event(MESHES, "ADDED", lie)
    assert objects.find_report(mesh) is None
    store.apply_event(MESHES, "ADDED", own)
    found = objects.find_report(mesh)
    assert found is not None
    assert found.self_signed is True
