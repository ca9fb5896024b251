from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.domain.action import Verb
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.issuance_plan import CertificateAction, plan_issuance
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_objects import FIELD_MANAGER, WatchedObjects
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectStore
from tests.unit.domain.issuances import KEY, build_certificate, build_request
from tests.unit.hub.fakes import fake


@dataclass
class FakeApi:
    """An API server that notes what it is asked for."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    is_gone: bool = False

    async def apply(self, kind: ResourceKind, manifest: Any, *, field_manager: str) -> None:
        assert (kind, field_manager) == (ISSUED_CERTIFICATES, FIELD_MANAGER)
        self.calls.append(("apply", manifest))

    async def patch_json(
        self, kind: ResourceKind, operations: Any, *, field_manager: str, **place: str
    ) -> None:
        assert (kind, field_manager) == (ISSUED_CERTIFICATES, FIELD_MANAGER)
        assert place == {"namespace": KEY.namespace, "name": KEY.name}
        self.calls.append(("patch", operations))
        if self.is_gone:
            raise DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)

    async def delete(self, kind: ResourceKind, **place: Any) -> None:
        assert kind == ISSUED_CERTIFICATES
        self.calls.append(("delete", place))


def plan(found: dict[str, Any] | None = None) -> CertificateAction:
    (action,) = plan_issuance(build_request({KEY: found} if found else {})).actions
    return action


async def send(action: CertificateAction, api: FakeApi | None = None) -> list[tuple[str, Any]]:
    api = api or FakeApi()
    await WatchedObjects(fake(api), ObjectStore([])).apply(action)
    return api.calls


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


def test_what_watches_brought_is_found_once_everything_is_listed() -> None:
    store = ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    objects = WatchedObjects(fake(FakeApi()), store)
    assert not objects.is_complete
    for kind in store.kinds:
        store.replace(kind, [], known={})
    assert objects.is_complete
    assert objects.find_certificate(KEY.namespace, KEY.name) is None
    store.apply_event(ISSUED_CERTIFICATES, "ADDED", build_certificate())
    assert objects.find_certificate(KEY.namespace, KEY.name) == build_certificate()
