from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio.client import Configuration

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind

THINGS = ResourceKind(group="a.io", version="v1", plural="things", kind="Thing")
THING: dict[str, Any] = {"metadata": {"name": "x", "namespace": "ns"}}
WRITES = {
    "create": lambda client: client.create(THINGS, THING, field_manager="us"),
    "apply": lambda client: client.apply(THINGS, THING, field_manager="us"),
    "patch": lambda client: client.patch_json(THINGS, [], name="x", field_manager="us"),
    "delete": lambda client: client.delete(THINGS, name="x"),
    "token": lambda client: client.create_subresource(THINGS, {}, name="x", subresource="token"),
}


class Guarded:
    """A client whose guard refuses everything."""

    def __init__(self, server: Any) -> None:
        self.access = KubeAccess(configuration=Configuration(host=server.url), ca_pem=None)
        self.counted: list[str] = []
        self.asked = 0
        self.client = KubeClient(
            self.access,
            guard=self.refuse,
            on_write=lambda **told: self.counted.append(told["result"]),
        )

    def refuse(self) -> None:
        self.asked += 1
        raise TransientError("not now", reason=Reason.NOT_LEADING)


@pytest.fixture
async def guarded(server: Any) -> AsyncIterator[Guarded]:
    guarded = Guarded(server)
    yield guarded
    await guarded.client.close()


@pytest.mark.parametrize("verb", WRITES)
async def test_no_write_leaves_against_the_guard(guarded: Guarded, server: Any, verb: str) -> None:
    for _ in range(2):
        with pytest.raises(TransientError, match="not now"):
            await WRITES[verb](guarded.client)
    assert server.asked == []
    assert guarded.asked == 2
    assert guarded.counted == ["NotLeading", "NotLeading"]


async def test_reads_pass(guarded: Guarded, server: Any) -> None:
    server.answer(200, THING)
    server.answer(200, {"items": []})
    assert await guarded.client.get(THINGS, namespace="ns", name="x") == THING
    await guarded.client.list(THINGS)
    assert guarded.asked == 0


async def test_other_clients_of_the_same_access_have_guards_of_their_own(
    guarded: Guarded, server: Any
) -> None:
    free = KubeClient(guarded.access)
    server.answer(201, THING)
    assert await WRITES["create"](free) == THING
    await free.close()
    with pytest.raises(TransientError):
        await WRITES["create"](guarded.client)
