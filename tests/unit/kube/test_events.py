from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.events import EventPoster
from roottrust.kube.secrets import read_secret_key

POLICY = {
    "apiVersion": "admin.gloo.solo.io/v2",
    "kind": "RootTrustPolicy",
    "metadata": {"name": "p", "namespace": "ns", "uid": "u1", "resourceVersion": "7"},
}
ABOUT = {"policy": "ns/p", "cluster": "", "mesh": "m", "object": "Pod a/b"}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def poster(client: KubeClient) -> EventPoster:
    return EventPoster(client, now=lambda: NOW)


async def post(poster: EventPoster, message: str = "Vault is sealed.") -> None:
    await poster.post_event(POLICY, type_="Warning", reason="Sealed", message=message, about=ABOUT)


async def test_event_is_created(poster: EventPoster, server: Any) -> None:
    server.answer(201, {"ok": True})
    await post(poster)
    ((method, path, _, body),) = server.asked
    assert (method, path.split("?")[0]) == ("POST", "/api/v1/namespaces/ns/events")
    assert body["involvedObject"]["uid"] == "u1"
    assert body["reportingComponent"] == body["source"]["component"] == "roottrust-operator"
    assert body["lastTimestamp"] == "2026-01-02T03:04:05Z"
    assert body["metadata"]["annotations"] == {
        "admin.gloo.solo.io/policy": "ns/p",
        "admin.gloo.solo.io/mesh": "m",
    }


async def test_message_is_one_line(poster: EventPoster, server: Any) -> None:
    server.answer(201, {"ok": True})
    await post(poster, "Vault answers:\n  sealed\n")
    assert server.asked[0][3]["message"] == "Vault answers: sealed"


async def test_repeat_counts_up(poster: EventPoster, server: Any) -> None:
    server.answer(409, {"message": "exists"})
    server.answer(200, {"count": 3})
    server.answer(200, {"ok": True})
    await post(poster)
    created, _, patched = server.asked
    assert patched[0] == "PATCH"
    assert created[3]["metadata"]["name"] in patched[1]
    assert patched[3][0]["value"] == 4


async def test_same_text_has_the_same_name(poster: EventPoster, server: Any) -> None:
    for message in ("a", "a", "b"):
        server.answer(201, {"ok": True})
        await post(poster, message)
    first, again, other = (body["metadata"]["name"] for _, _, _, body in server.asked)
    assert first == again != other


async def test_message_is_short_and_without_secrets(poster: EventPoster, server: Any) -> None:
    server.answer(201, {"ok": True})
    await post(poster, "hvs." + "A" * 30 + " x" * 1000)
    message = server.asked[0][3]["message"]
    assert message.startswith("[redacted]")
    assert len(message) == 1024


async def test_failure_is_only_logged(poster: EventPoster, server: Any) -> None:
    server.answer(403, {"message": "no"})
    await post(poster)


async def test_object_without_namespace_has_its_events_in_default(
    poster: EventPoster, server: Any
) -> None:
    server.answer(201, {"ok": True})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    await poster.post_event(node, type_="Normal", reason="X", message="m", about={})
    assert server.asked[0][3]["metadata"]["namespace"] == "default"


async def test_secret_key_is_read(client: KubeClient, server: Any) -> None:
    server.answer(200, {"data": {"k": "dmFsdWU="}})
    value = await read_secret_key(client, namespace="ns", name="s", key="k")
    assert value.get_secret_value() == "value"
    assert "value" not in repr(value)


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (404, {"details": {"name": "s"}}, "does not exist"),
        (200, {"data": {}}, "has no key"),
        (200, {"kind": "Secret"}, "has no key"),
        (200, {"data": {"k": "/w=="}}, "is not text"),
    ],
)
async def test_secret_key_that_is_not_there(
    client: KubeClient, server: Any, status: int, answer: Any, words: str
) -> None:
    server.answer(status, answer)
    with pytest.raises(DependencyMissingError, match=words) as caught:
        await read_secret_key(client, namespace="ns", name="s", key="k")
    assert caught.value.reason == Reason.SECRET_NOT_FOUND
