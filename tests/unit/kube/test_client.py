from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.domain.errors import ConflictError, DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind

THINGS = ResourceKind(group="a.io", version="v1", plural="things", kind="Thing")
NAMESPACES = ResourceKind(group="", version="v1", plural="namespaces", kind="Namespace")
PATH = "/apis/a.io/v1/namespaces/ns/things"

NOT_FOUND = {"kind": "Status", "message": "not found", "details": {"name": "x", "kind": "things"}}
NO_NAMESPACE = {
    "kind": "Status",
    "message": 'namespaces "ns" not found',
    "details": {"name": "ns", "kind": "namespaces"},
}


async def test_get(client: KubeClient, server: Any) -> None:
    server.answer(200, {"metadata": {"name": "x"}})
    assert await client.get(THINGS, namespace="ns", name="x") == {"metadata": {"name": "x"}}
    ((method, path, headers, _),) = server.asked
    assert (method, path) == ("GET", f"{PATH}/x")
    assert headers["Authorization"] == "Bearer abcdefgh"
    assert headers["User-Agent"] == "roottrust-operator"


async def test_missing_object_is_none_but_missing_kind_is_an_error(
    client: KubeClient, server: Any
) -> None:
    server.answer(404, NOT_FOUND)
    assert await client.get(THINGS, namespace="ns", name="x") is None
    server.answer(404, NO_NAMESPACE)
    assert await client.get(NAMESPACES, name="ns") is None
    server.answer(404, "404 page not found")
    with pytest.raises(DependencyMissingError):
        await client.get(THINGS, namespace="ns", name="x")


async def test_a_document_is_read_as_it_is(client: KubeClient, server: Any) -> None:
    server.answer(200, {"issuer": "https://kubernetes.example"})
    found = await client.get_raw("/.well-known/openid-configuration")
    assert found == {"issuer": "https://kubernetes.example"}
    server.answer(404, "404 page not found")
    with pytest.raises(DependencyMissingError):
        await client.get_raw("/openid/v1/jwks")


async def test_list_reads_all_pages(client: KubeClient, server: Any) -> None:
    server.answer(200, {"metadata": {"continue": "next"}, "items": [{"n": 1}]})
    server.answer(200, {"metadata": {}, "items": [{"n": 2}]})
    found = await client.list(THINGS, label_selector="a=b,c")
    assert found == ({"n": 1}, {"n": 2})
    first, second = (path for _, path, _, _ in server.asked)
    assert first == "/apis/a.io/v1/things?limit=100&labelSelector=a%3Db,c"
    assert second.endswith("&continue=next")


async def test_a_list_leaves_out_who_wrote_which_field(client: KubeClient, server: Any) -> None:
    metadata = {"name": "x", "managedFields": [{"manager": "kubectl"}]}
    server.answer(200, {"items": [{"metadata": metadata, "spec": {}}]})
    assert await client.list(THINGS) == ({"metadata": {"name": "x"}, "spec": {}},)


async def test_list_of_metadata_asks_for_nothing_else(client: KubeClient, server: Any) -> None:
    server.answer(200, {"items": []})
    await client.list_metadata(THINGS, namespace="ns")
    assert "as=PartialObjectMetadataList" in server.asked[0][2]["Accept"]


async def test_apply_is_server_side(
    client: KubeClient, server: Any, writes: list[tuple[str, str, str]]
) -> None:
    server.answer(200, {"ok": True})
    manifest = {"metadata": {"name": "x", "namespace": "ns"}, "status": {"a": 1}}
    await client.apply(THINGS, manifest, field_manager="me", subresource="status")
    ((method, path, headers, body),) = server.asked
    assert (method, path) == ("PATCH", f"{PATH}/x/status?fieldManager=me&force=true")
    assert headers["Content-Type"] == "application/apply-patch+yaml"
    assert body == {"apiVersion": "a.io/v1", "kind": "Thing", **manifest}
    assert writes == [("patch", "things.a.io", "ok")]


async def test_json_patch_keeps_its_type(client: KubeClient, server: Any) -> None:
    server.answer(200, {"ok": True})
    operations = [{"op": "test", "path": "/a", "value": 1}]
    await client.patch_json(THINGS, operations, namespace="ns", name="x", field_manager="me")
    assert server.asked[0][2]["Content-Type"] == "application/json-patch+json"
    assert server.asked[0][3] == operations


async def test_create_conflict_is_counted(
    client: KubeClient, server: Any, writes: list[tuple[str, str, str]]
) -> None:
    server.answer(409, {"message": "already exists"})
    with pytest.raises(ConflictError):
        await client.create(
            THINGS, {"metadata": {"name": "x", "namespace": "ns"}}, field_manager="me"
        )
    assert writes == [("create", "things.a.io", "Conflict")]


async def test_delete_of_what_is_gone_is_well(client: KubeClient, server: Any) -> None:
    server.answer(404, NOT_FOUND)
    await client.delete(THINGS, namespace="ns", name="x", uid="u1")
    assert server.asked[0][3] == {
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u1"},
    }


async def test_patch_of_what_is_gone_is_an_error(client: KubeClient, server: Any) -> None:
    server.answer(404, NOT_FOUND)
    with pytest.raises(DependencyMissingError):
        await client.patch_json(THINGS, [], namespace="ns", name="x", field_manager="me")


async def test_subresource_is_posted(client: KubeClient, server: Any) -> None:
    server.answer(201, {"status": {"token": "t"}})
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    await client.create_subresource(THINGS, body, namespace="ns", name="x", subresource="token")
    assert server.asked[0][:2] == ("POST", f"{PATH}/x/token")
    assert server.asked[0][3] == body


async def test_retry_after_is_kept(client: KubeClient, server: Any) -> None:
    server.answer(429, {"message": "slow down"}, **{"Retry-After": "3"})
    with pytest.raises(TransientError) as caught:
        await client.get(THINGS, namespace="ns", name="x")
    assert caught.value.retry_after_seconds == 3


@pytest.mark.parametrize("body", ["<html>", "[]", ""])
async def test_answer_that_is_not_of_an_api_server(
    client: KubeClient, server: Any, body: str
) -> None:
    server.answer(200, body)
    with pytest.raises(TransientError, match="does not answer as an API server"):
        await client.get(THINGS, namespace="ns", name="x")


async def test_name_is_quoted(client: KubeClient, server: Any) -> None:
    server.answer(200, {"ok": True})
    await client.get(THINGS, namespace="ns", name="x?y=1")
    assert server.asked[0][1] == f"{PATH}/x%3Fy=1"


async def test_pages_come_one_by_one_with_the_servers_time(client: KubeClient, server: Any) -> None:
    server.answer(200, {"metadata": {"continue": "next"}, "items": [{"n": 1}]})
    server.answer(200, {"metadata": {}, "items": []})
    before = datetime.now(UTC).replace(microsecond=0)
    pages = client.list_pages(THINGS, field_selector="a=b")
    first = await anext(aiter(pages))
    assert first.items == ({"n": 1},)
    assert first.answered_at is not None
    assert first.answered_at >= before
    assert len(server.asked) == 1
    assert [each.items async for each in pages] == [()]
    assert server.asked[0][1] == "/apis/a.io/v1/things?limit=100&fieldSelector=a%3Db"


async def test_a_list_that_never_ends_is_not_read_for_ever(client: KubeClient, server: Any) -> None:
    server.answer(200, {"metadata": {"continue": "next"}, "items": [{"n": 1}]})
    server.answer(200, {"metadata": {"continue": "next"}, "items": []})
    with pytest.raises(TransientError, match="does not answer as an API server"):
        await client.list(THINGS)


async def test_a_list_as_a_whole_is_no_larger_than_an_answer_may_be(
    client: KubeClient, server: Any
) -> None:
    bounded = KubeClient(client.access, answer_bytes=1000)
    for _ in range(3):
        server.answer(200, {"metadata": {"continue": "next"}, "items": [{"n": "x" * 400}]})
    with pytest.raises(TransientError, match="more than the hub reads") as caught:
        await bounded.list(THINGS)
    assert caught.value.reason is Reason.CLUSTER_TOO_LARGE
    await bounded.close()


@pytest.mark.parametrize("answer", [{"metadata": 7, "items": 7}, {"metadata": [], "items": {}}])
async def test_a_list_that_is_none_is_empty(client: KubeClient, server: Any, answer: Any) -> None:
    server.answer(200, answer)
    assert await client.list(THINGS) == ()


@pytest.mark.parametrize("details", [7, "x", ["x"], {"name": 7}])
async def test_details_that_are_none_tell_of_no_object(
    client: KubeClient, server: Any, details: Any
) -> None:
    server.answer(404, {"details": details})
    with pytest.raises(DependencyMissingError):
        await client.get(THINGS, namespace="ns", name="x")
