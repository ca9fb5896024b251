from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.mesh_belief import MESHES_MAX
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_registry import LocalCluster
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore
from tests.unit.domain.issuances import KEY, build_certificate
from tests.unit.domain.mirrors import PLACE
from tests.unit.domain.samples import OTHER_HUB, OTHER_POLICY, OURS_OF_OLD
from tests.unit.hub.fakes import fake

HOME = "gloo-mesh"
CA = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n"


@dataclass
class FakeApi:
    """An API server that publishes keys, or does not answer."""

    ca_pem: str | None = CA
    server: str = "https://10.0.0.1:6443"
    published: dict[str, Any] = field(default_factory=lambda: build_published(1))
    uid: str | None = None
    failure: RootTrustError | None = None
    certificates: tuple[dict[str, Any], ...] | None = ()

    async def list(self, kind: ResourceKind) -> tuple[dict[str, Any], ...]:
        assert kind == ISSUED_CERTIFICATES
        if self.certificates is None:
            raise DependencyMissingError("no such kind.", reason=Reason.API_REFUSED)
        return self.certificates

    async def get_raw(self, path: str) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        found: dict[str, Any] = self.published[path]
        return found

    async def get(
        self, kind: ResourceKind, *, name: str, namespace: str | None = None
    ) -> dict[str, Any] | None:
        assert (str(kind), name) == ("serviceaccounts", "roottrust-reviewer")
        assert namespace == "gloo-mesh"
        if self.failure is not None:
            raise self.failure
        return {"metadata": {"uid": self.uid}} if self.uid else None


def build_published(number: int) -> dict[str, Any]:
    """Return what an API server publishes whose key is the number on the curve P-256."""
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers()
    key = {"kty": "EC", "crv": "P-256", "x": encode(point.x), "y": encode(point.y), "kid": "k"}
    return {
        "/.well-known/openid-configuration": {"issuer": "https://kubernetes.example"},
        "/openid/v1/jwks": {"keys": [key]},
    }


def encode(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def build_mesh(
    name: str = "istiod-istio-system-cluster1",
    *,
    installation: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    **istio: Any,
) -> dict[str, Any]:
    place = {"namespace": "istio-system", "cluster": "cluster1", **(installation or {})}
    found = {"namespace": "istio-system", "name": name, "resourceVersion": "1"}
    return {
        "metadata": {**found, **(metadata or {})},
        "spec": {"istio": {"installation": place, **istio}},
    }


def find(*meshes: dict[str, Any], **settings: Any) -> KnownCluster:
    store = ObjectStore([POLICIES, MESHES])
    for mesh in meshes:
        store.apply_event(MESHES, "ADDED", mesh)
    given = ClusterSettings(name="cluster1", **settings)
    (cluster,) = LocalCluster(given, home=HOME, client=fake(FakeApi()), store=store).list_clusters()
    return cluster


def test_the_cluster_has_its_configured_name_and_labels() -> None:
    cluster = find(labels={"env": "prod"})
    assert (cluster.name, cluster.labels) == ("cluster1", {"env": "prod"})
    assert cluster.meshes == ()


def test_vault_reaches_the_cluster_where_the_operator_does() -> None:
    cluster = find()
    assert (cluster.kubernetes_host, cluster.kubernetes_ca_pem) == ("https://10.0.0.1:6443", CA)


def test_vault_reaches_the_cluster_where_the_configuration_says(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("other")
    cluster = find(kubernetes_host="https://api.example", kubernetes_ca_file=file)
    assert (cluster.kubernetes_host, cluster.kubernetes_ca_pem) == ("https://api.example", "other")


def test_a_ca_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissingError, match="FileNotFoundError") as caught:
        find(kubernetes_ca_file=tmp_path / "missing.pem")
    assert caught.value.reason == Reason.INVALID_CA_BUNDLE


def test_a_ca_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.der"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DependencyMissingError, match="UnicodeDecodeError"):
        find(kubernetes_ca_file=file)


@pytest.mark.parametrize("ca_pem", [None, ""])
def test_a_cluster_whose_ca_is_not_known_cannot_be_served(ca_pem: str | None) -> None:
    settings = ClusterSettings(name="cluster1")
    with pytest.raises(DependencyMissingError, match=r"set cluster\.kubernetesCAFile"):
        LocalCluster(settings, home=HOME, client=fake(FakeApi(ca_pem)), store=ObjectStore([MESHES]))


def test_a_mesh_is_known_by_what_its_object_tells() -> None:
    place = {"podLabels": {"app": "istiod"}, "revision": "1-24", "version": "1.24.3"}
    (mesh,) = find(build_mesh(installation=place, istiodServiceAccount="istiod-1-24")).meshes
    assert mesh == KnownMesh(
        name="istiod-istio-system-cluster1",
        namespace="istio-system",
        deployment="istiod",
        pod_labels={"app": "istiod"},
        revision="1-24",
        service_account="istiod-1-24",
        version="1.24.3",
    )
    assert mesh.target.version == "1.24.3"


def test_a_revision_without_a_name_is_the_default() -> None:
    (mesh,) = find(build_mesh()).meshes
    assert (mesh.revision, mesh.service_account, mesh.version) == ("default", None, "")


@pytest.mark.parametrize(
    "mesh",
    [
        build_mesh(installation={"cluster": "cluster2"}),
        build_mesh(installation={"namespace": "Istio_System"}),
        build_mesh(istiodServiceAccount="*"),
        {**build_mesh(), "spec": {}},
        {**build_mesh(), "spec": None},
    ],
)
def test_a_mesh_that_names_another_cluster_or_cannot_be_read_is_left_out(
    mesh: dict[str, Any],
) -> None:
    other = build_mesh("other-istio-system-cluster1")
    assert [each.name for each in find(mesh, other).meshes] == ["other-istio-system-cluster1"]


MIRROR = {"labels": PLACE.build_metadata("", cluster="cluster1")["labels"]}


def test_a_mirror_is_no_mesh_of_its_cluster_whatever_it_names() -> None:
    """The hub's own cluster may have another name by now: one that was another cluster's."""
    assert find(build_mesh(metadata={"namespace": HOME, **MIRROR})).meshes == ()
    assert find(build_mesh(metadata=MIRROR)).meshes == ()


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def registry(api: FakeApi) -> LocalCluster:
    store = ObjectStore([POLICIES, MESHES])
    return LocalCluster(ClusterSettings(name="cluster1"), home=HOME, client=fake(api), store=store)


def get_cluster(registry: LocalCluster) -> KnownCluster:
    (cluster,) = registry.list_clusters()
    return cluster


async def test_keys_are_not_known_before_they_are_read(registry: LocalCluster) -> None:
    assert (get_cluster(registry).token_keys, get_cluster(registry).keys_trouble) == (None, None)
    assert await registry.refresh() is True
    keys = get_cluster(registry).token_keys
    assert keys is not None
    assert (keys.issuer, keys.algorithms) == ("https://kubernetes.example", ("ES256",))


async def test_only_a_change_of_keys_is_told(registry: LocalCluster, api: FakeApi) -> None:
    await registry.refresh()
    before = get_cluster(registry).token_keys
    assert await registry.refresh() is False
    api.published = build_published(2)
    assert await registry.refresh() is True
    assert get_cluster(registry).token_keys != before


async def test_keys_outlive_reads_that_fail(registry: LocalCluster, api: FakeApi) -> None:
    await registry.refresh()
    before = get_cluster(registry).token_keys
    api.failure = TransientError("No answer.", reason=Reason.API_UNREACHABLE)
    assert await registry.refresh() is True
    assert await registry.refresh() is False
    assert get_cluster(registry).token_keys == before
    assert get_cluster(registry).keys_trouble == "No answer."
    api.failure = None
    assert await registry.refresh() is True
    assert get_cluster(registry).keys_trouble is None


async def test_keys_outlive_an_answer_that_makes_no_sense(
    registry: LocalCluster, api: FakeApi
) -> None:
    await registry.refresh()
    api.published["/openid/v1/jwks"] = {"keys": []}
    await registry.refresh()
    assert get_cluster(registry).token_keys is not None
    assert get_cluster(registry).keys_trouble == (
        "The API server https://10.0.0.1:6443 cannot be understood: "
        "it publishes no key for signatures."
    )


def test_a_mesh_in_the_operator_s_own_namespace_is_believed() -> None:
    (mesh,) = find(build_mesh(metadata={"namespace": HOME})).meshes
    assert mesh.namespace == "istio-system"


@pytest.mark.parametrize(
    "mesh",
    [
        build_mesh(metadata={"namespace": "team"}),
        build_mesh("istiod-istio-system-cluster1", installation={"namespace": "team"}),
        build_mesh(installation={"namespace": "team"}, metadata={"namespace": "team"}),
        build_mesh("-istio-system-cluster1"),
        build_mesh("istio-system-cluster1"),
        build_mesh("istiod-istio-system-cluster12"),
        build_mesh("Istiod-istio-system-cluster1"),
        build_mesh("istiod\n-istio-system-cluster1"),
        build_mesh(f"{260 * 'a'}-istio-system-cluster1"),
    ],
)
def test_a_mesh_speaks_for_its_own_namespace_alone(mesh: dict[str, Any]) -> None:
    """Whoever writes one in a namespace of theirs cannot have its accounts be another's istiod."""
    assert find(mesh).meshes == ()


def test_a_flood_of_meshes_costs_the_newest() -> None:
    flood = [
        build_mesh(
            f"m{number}-team-cluster1",
            installation={"namespace": "team"},
            metadata={"namespace": "team", "creationTimestamp": "2030-01-02T00:00:00Z"},
        )
        for number in range(MESHES_MAX)
    ]
    older = build_mesh(metadata={"creationTimestamp": "2030-01-01T00:00:00Z"})
    found = find(*flood, older).meshes
    assert len(found) == MESHES_MAX
    assert found[0].name == "istiod-istio-system-cluster1"


async def test_the_reviewer_s_account_is_known_until_another_one_is(
    registry: LocalCluster, api: FakeApi
) -> None:
    await registry.refresh()
    assert get_cluster(registry).reviewer_uid is None
    api.uid = "uid-1"
    assert await registry.refresh() is True
    assert get_cluster(registry).reviewer_uid == "uid-1"
    api.uid = None
    assert await registry.refresh() is False
    assert get_cluster(registry).reviewer_uid == "uid-1"
    api.uid = "uid-2"
    assert await registry.refresh() is True
    assert get_cluster(registry).reviewer_uid == "uid-2"


def test_the_objects_of_its_meshes_are_those_that_watches_brought() -> None:
    store = ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    settings = ClusterSettings(name="cluster1")
    registry = LocalCluster(settings, home=HOME, client=fake(FakeApi()), store=store)
    assert registry.get_objects("cluster2") is None
    objects = registry.get_objects("cluster1")
    assert objects is not None
    store.apply_event(ISSUED_CERTIFICATES, "ADDED", build_certificate())
    assert objects.find_certificate(KEY.namespace, KEY.name) == build_certificate()
    assert objects.list_certificates() == (build_certificate(),)


async def test_a_cluster_that_does_not_know_the_kind_has_no_certificates() -> None:
    api = FakeApi(certificates=(build_certificate(),))
    registry = LocalCluster(
        ClusterSettings(name="cluster1"), home=HOME, client=fake(api), store=ObjectStore([MESHES])
    )
    assert await registry.list_certificates() == {"cluster1": (build_certificate(),)}
    api.certificates = None
    assert await registry.list_certificates() == {"cluster1": ()}


def test_the_certificates_of_a_policy_are_found_by_their_marks() -> None:
    store = ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    settings = ClusterSettings(name="cluster1")
    registry = LocalCluster(settings, home=HOME, client=fake(FakeApi()), store=store)
    marks = {"mine": OURS_OF_OLD, "another": OTHER_POLICY, "foreign": OTHER_HUB}
    for name, mark in marks.items():
        found = build_certificate(mark.render())
        metadata = {**found["metadata"], "name": name}
        store.apply_event(ISSUED_CERTIFICATES, "ADDED", {**found, "metadata": metadata})
    unmarked = build_certificate("")
    store.apply_event(ISSUED_CERTIFICATES, "ADDED", unmarked)
    # Whose hub it is, the plan looks at.
    assert {key.name for key in registry.find_owned("gloo-mesh/guide")} == {"mine", "foreign"}
    assert registry.find_owned("gloo-mesh/none") == {}
