"""What of the management cluster is read, and what is told of what may not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.cli.status.reader import Choice, StatusReader
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.kind import LEASES, ResourceKind
from tests.unit.cli.status.objects import build_mesh, build_policy

MISSING = DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)


def deny(path: str) -> AccessDeniedError:
    return AccessDeniedError(
        f"The API server denied list on {path}: grant it to the operator's ServiceAccount.",
        reason=Reason.ACCESS_DENIED,
        path=path,
        capability="list",
    )


@dataclass
class Client:
    """An API server that has objects, or refuses some of them."""

    refusals: dict[ResourceKind, RootTrustError] = field(default_factory=dict)
    asked: list[tuple[ResourceKind, str | None]] = field(default_factory=list)
    server: str = "https://cluster.example"

    async def get(self, kind: ResourceKind, *, name: str, namespace: str) -> Any:
        if kind in self.refusals:
            raise self.refusals[kind]
        return {"metadata": {"namespace": namespace, "name": name}}

    async def list(self, kind: ResourceKind, *, namespace: str | None = None) -> Any:
        self.asked.append((kind, namespace))
        if kind in self.refusals:
            raise self.refusals[kind]
        return {POLICIES: (build_policy(),), MESHES: (build_mesh(),)}.get(kind, ())


def build(client: Client, notes: list[str], **choice: Any) -> StatusReader:
    wanted = Choice(operator_namespace="gloo-mesh", **choice)
    return StatusReader(client, wanted, tell=notes.append)  # type: ignore[arg-type]


async def test_policies_are_those_of_a_namespace_and_meshes_those_of_all() -> None:
    client, notes = Client(), list[str]()
    found = await build(client, notes, namespace="gloo-mesh").read()
    assert (len(found.policies), len(found.meshes), found.certificates) == (1, 1, ())
    assert client.asked == [(POLICIES, "gloo-mesh"), (MESHES, None), (ISSUED_CERTIFICATES, None)]
    assert found.lease == {"metadata": {"namespace": "gloo-mesh", "name": "roottrust-hub"}}
    assert notes == []


async def test_what_may_not_be_read_is_told_once_and_left_out() -> None:
    client = Client({ISSUED_CERTIFICATES: deny("/apis/x/issuedcertificates"), MESHES: MISSING})
    notes: list[str] = []
    reader = build(client, notes)
    await reader.read()
    found = await reader.read()
    assert (found.meshes, found.certificates) == ((), ())
    assert notes == [
        "Mesh objects cannot be read, so what clusters report is not shown. It is not there.",
        (
            "IssuedCertificate objects cannot be read, so istiods are shown by their number alone. "
            "The API server denies you list on /apis/x/issuedcertificates: deploy/status/ has all "
            "the rights that are needed."
        ),
    ]


async def test_without_a_lease_it_is_not_known_whether_an_operator_works() -> None:
    notes: list[str] = []
    assert (await build(Client({LEASES: MISSING}), notes).read()).lease is None
    assert notes == []
    assert (await build(Client({LEASES: deny("/apis/x/leases/y")}), notes).read()).lease is None
    (note,) = notes
    assert note.startswith("Lease objects cannot be read, so whether an operator works is not sho")


async def test_without_a_right_on_policies_there_is_nothing_to_show() -> None:
    reader = build(Client({POLICIES: deny("/apis/x/roottrustpolicies")}), [])
    with pytest.raises(AccessDeniedError, match=r"denies you list on .*deploy/status/ has all"):
        await reader.read()


async def test_a_cluster_that_does_not_know_the_kinds_is_told_so() -> None:
    with pytest.raises(DependencyMissingError) as refused:
        await build(Client({POLICIES: MISSING}), []).read()
    assert refused.value.message == (
        "https://cluster.example does not know RootTrustPolicies: see by --context whether this is "
        "the management cluster, and apply crds/ there."
    )
