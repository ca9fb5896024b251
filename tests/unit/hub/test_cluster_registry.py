from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.client import Configuration

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_registry import LocalCluster
from roottrust.hub.kinds import MESHES, POLICIES
from roottrust.kube.access import KubeAccess
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore

CA = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n"


def build_access(ca_pem: str | None = CA) -> KubeAccess:
    return KubeAccess(configuration=Configuration(host="https://10.0.0.1:6443"), ca_pem=ca_pem)


def build_mesh(
    name: str = "istiod-istio-system-cluster1",
    *,
    installation: dict[str, Any] | None = None,
    **istio: Any,
) -> dict[str, Any]:
    place = {"namespace": "istio-system", "cluster": "cluster1", **(installation or {})}
    return {
        "metadata": {"namespace": "istio-system", "name": name, "resourceVersion": "1"},
        "spec": {"istio": {"installation": place, **istio}},
    }


def find(*meshes: dict[str, Any], **settings: Any) -> KnownCluster:
    store = ObjectStore([POLICIES, MESHES])
    for mesh in meshes:
        store.apply_event(MESHES, "ADDED", mesh)
    given = ClusterSettings(name="cluster1", **settings)
    (cluster,) = LocalCluster(given, access=build_access(), store=store).list_clusters()
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
        LocalCluster(settings, access=build_access(ca_pem), store=ObjectStore([MESHES]))


def test_a_mesh_is_known_by_what_its_object_tells() -> None:
    place = {"podLabels": {"app": "istiod"}, "revision": "1-24"}
    (mesh,) = find(build_mesh(installation=place, istiodServiceAccount="istiod-1-24")).meshes
    assert mesh == KnownMesh(
        name="istiod-istio-system-cluster1",
        namespace="istio-system",
        pod_labels={"app": "istiod"},
        revision="1-24",
        service_account="istiod-1-24",
    )


def test_a_revision_without_a_name_is_the_default() -> None:
    (mesh,) = find(build_mesh()).meshes
    assert (mesh.revision, mesh.service_account) == ("default", None)


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
