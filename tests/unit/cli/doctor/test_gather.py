"""What the doctor asks an API server for, and what becomes of refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.cli.doctor.facts import Facts, Unseen
from roottrust.cli.doctor.gather import Gatherer, build_clock
from roottrust.domain.errors import AccessDeniedError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import MESHES, POLICIES
from roottrust.kube.kind import EVENTS, SECRETS, ResourceKind
from tests.unit.cli.status.objects import build_mesh, build_mirror, build_policy
from tests.unit.domain.certificates import NOW

DENIED = AccessDeniedError("No.", reason=Reason.ACCESS_DENIED, path="/x", capability="list")


@dataclass
class Client:
    """An API server that has a policy, a mesh and a mirror, and refuses what it is told to."""

    refused: set[ResourceKind] = field(default_factory=set)
    asked: list[tuple[str, ResourceKind, str | None]] = field(default_factory=list)
    server: str = "https://cluster.example"

    async def get_raw_timed(self, path: str) -> tuple[dict[str, Any], datetime]:
        assert path == "/version"
        return {"gitVersion": "v1.36.3"}, NOW

    async def list(self, kind: ResourceKind, *, namespace: str | None = None, **_: Any) -> Any:
        self._ask("list", kind, namespace)
        own = build_mesh(namespace="gloo-mesh")
        lie = build_mesh(namespace="shop")
        lie["spec"]["istio"]["installation"]["namespace"] = "another"
        meshes = (own, build_mirror(), lie)
        return {POLICIES: (build_policy(),), MESHES: meshes}.get(kind, ())

    async def list_metadata(self, kind: ResourceKind, *, namespace: str, **_: Any) -> Any:
        self._ask("list metadata", kind, namespace)
        return ()

    async def get(self, kind: ResourceKind, *, name: str, namespace: str | None = None) -> Any:
        self._ask("get", kind, namespace)
        return {"metadata": {"name": name}}

    async def get_metadata(self, kind: ResourceKind, *, name: str, namespace: str) -> Any:
        self._ask("get metadata", kind, namespace)
        return {"metadata": {"name": name}} if name == "cacerts" else None

    def _ask(self, verb: str, kind: ResourceKind, namespace: str | None) -> None:
        self.asked.append((verb, kind, namespace))
        if kind in self.refused:
            raise DENIED


async def gather(client: Client) -> Facts:
    gatherer = Gatherer(
        client=client,  # type: ignore[arg-type]
        home="gloo-mesh",
        version="0.1.0",
        now=lambda: NOW,
    )
    return await gatherer.gather()


async def test_of_secrets_the_metadata_alone_is_asked_for() -> None:
    client = Client()
    facts = await gather(client)
    of_secrets = {(verb, namespace) for verb, kind, namespace in client.asked if kind == SECRETS}
    assert of_secrets == {("list metadata", "gloo-mesh"), ("get metadata", "istio-system")}
    assert facts.foreign == {
        ("istio-system", "istiod-tls"): False,
        ("istio-system", "cacerts"): True,
        ("istio-system", "istio-ca-secret"): False,
    }


async def test_events_are_of_the_namespaces_of_policies_and_istiods() -> None:
    client = Client()
    await gather(client)
    spaces = [namespace for _, kind, namespace in client.asked if kind == EVENTS]
    assert spaces == ["gloo-mesh", "istio-system", "istio-system"]


@pytest.mark.parametrize(
    ("kind", "field_name", "right"),
    [
        (POLICIES, "policies", "list roottrustpolicies.admin.gloo.solo.io"),
        (MESHES, "meshes", "list meshes.internal.gloo.solo.io"),
        (SECRETS, "registrations", "list secrets in gloo-mesh"),
    ],
)
async def test_a_refusal_is_a_fact_that_names_the_right(
    kind: ResourceKind, field_name: str, right: str
) -> None:
    facts = await gather(Client(refused={kind}))
    found = getattr(facts, field_name)
    assert isinstance(found, Unseen)
    assert (found.right, found.message) == (right, f"You may not {right}.")


async def test_a_server_that_is_away_is_no_fact() -> None:
    class Away(Client):
        async def get_raw_timed(self, path: str) -> tuple[dict[str, Any], datetime]:
            raise TransientError(f"{path} is away.", reason=Reason.API_UNREACHABLE)

    with pytest.raises(TransientError):
        await gather(Away())


def test_a_clock_is_as_sure_as_its_answer_was_quick() -> None:
    ended = NOW + timedelta(seconds=2)
    clock = build_clock("x", NOW + timedelta(seconds=61), began=NOW, ended=ended)
    assert clock is not None
    assert clock.ahead == timedelta(seconds=60.5)
    assert clock.margin == timedelta(seconds=1.5)
    assert build_clock("x", None, began=NOW, ended=ended) is None
