"""What an agent reads and writes in a real cluster, with the rights that it has there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roottrust.agent.api_access import ApiAccess
from roottrust.agent.api_server import ApiServer
from roottrust.agent.certificate_watch import CertificateWatch
from roottrust.agent.own_cluster import OwnCluster
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from tests.integration.agent.mesh_site import KIND, MeshSite
from tests.integration.agent.vault_site import VaultSite
from tests.integration.hub.waiting import wait_for
from tests.integration.listener import Listener
from tests.integration.redirector import Redirector


def build_access(mesh: MeshSite) -> ApiAccess:
    return ApiAccess(
        server=mesh.cluster.server,
        token_file=mesh.folder / "token",
        ca_file=mesh.folder / "ca.crt",
    )


def build_cluster(server: ApiServer, mesh: MeshSite) -> OwnCluster:
    return OwnCluster(server, namespace=mesh.namespace, pod=mesh.pod, now=lambda: datetime.now(UTC))


@pytest.fixture
def server(mesh: MeshSite) -> Iterator[ApiServer]:
    server = ApiServer(build_access(mesh))
    yield server
    server.close()


@pytest.fixture
def own(server: ApiServer, mesh: MeshSite) -> OwnCluster:
    return build_cluster(server, mesh)


def read_status(mesh: MeshSite) -> dict[str, Any]:
    words = ("get", KIND, mesh.name, "-n", mesh.namespace, "-o", "json")
    status: dict[str, Any] = json.loads(mesh.cluster.kubectl(*words).stdout).get("status") or {}
    return status


def test_each_pod_writes_its_own_entry(
    own: OwnCluster, server: ApiServer, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    other = replace(mesh, pod="istiod-6d4cf7b5f9-aaaaa")
    own.report_instance(mesh.name, {"pod": mesh.pod, "error": "one"})
    build_cluster(server, other).report_instance(mesh.name, {"pod": other.pod, "serial": "1f"})
    own.report_instance(mesh.name, {"pod": mesh.pod, "serial": "0a"})
    # What it told before and does not tell now is gone; the other's entry is as it was.
    assert sorted(read_status(mesh)["instances"], key=lambda each: each["pod"]) == [
        {"pod": other.pod, "serial": "1f"},
        {"pod": mesh.pod, "serial": "0a"},
    ]


def test_status_of_what_is_not_there_is_not_made(own: OwnCluster, mesh: MeshSite) -> None:
    own.report_instance(mesh.name, {"pod": mesh.pod})
    words = ("get", KIND, "-n", mesh.namespace, "-o", "name")
    assert mesh.cluster.kubectl(*words).stdout == ""


def test_repeated_event_counts_up(own: OwnCluster, mesh: MeshSite) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": mesh.pod, "namespace": mesh.namespace},
    }
    for _ in range(3):
        own.post_event(pod, type_="Warning", reason="Sealed", message="Vault is sealed.")
    (event,) = mesh.list_events()
    assert (event["count"], event["reason"], event["message"]) == (3, "Sealed", "Vault is sealed.")


def test_secret_is_seen_and_not_read(own: OwnCluster, mesh: MeshSite) -> None:
    assert not own.has_secret("cacerts")
    words = ("create", "secret", "generic", "cacerts", "-n", mesh.namespace)
    mesh.cluster.kubectl(*words, "--from-literal=ca-key.pem=x")
    assert own.has_secret("cacerts")


def test_published_root_is_read(own: OwnCluster, mesh: MeshSite) -> None:
    assert own.read_published_root() is None
    mesh.publish_root("a root")
    assert own.read_published_root() == "a root"


@pytest.mark.refused("istiod-service-account")
def test_missing_right_is_told_by_its_path(own: OwnCluster, mesh: MeshSite) -> None:
    mesh.cluster.kubectl("delete", "rolebinding", "--all", "-n", mesh.namespace)
    with pytest.raises(AccessDeniedError) as caught:
        own.read_published_root()
    assert caught.value.path.endswith("/configmaps/istio-ca-root-cert")
    assert "the ServiceAccount of istiod's pod" in caught.value.message
    assert not own.has_secret("cacerts")


def test_token_that_the_kubelet_has_replaced_is_used_at_once(
    own: OwnCluster, mesh: MeshSite
) -> None:
    (mesh.folder / "token").write_text("wrong")
    with pytest.raises(AccessDeniedError):
        own.read_published_root()
    (mesh.folder / "token").write_text(mesh.account.make_token())
    own.read_published_root()
    (mesh.folder / "token").unlink()
    with pytest.raises(DependencyMissingError, match="automountServiceAccountToken"):
        own.read_published_root()


def test_stranger_gets_no_token(mesh: MeshSite, vault_ca: str) -> None:
    (mesh.folder / "ca.crt").write_text(vault_ca)
    with pytest.raises(TransientError, match="certificate is not trusted"):
        build_cluster(ApiServer(build_access(mesh)), mesh).read_published_root()


@pytest.fixture
def vault_ca(site: VaultSite) -> str:
    return site.vault.ca_file.read_text()


def test_redirect_is_not_followed(mesh: MeshSite) -> None:
    attacker = Listener()
    attacker.start()
    redirector = Redirector(f"http://127.0.0.1:{attacker.port}", {})
    redirector.start()
    try:
        access = replace(build_access(mesh), server=redirector.url)
        own = build_cluster(ApiServer(access), mesh)
        for _ in range(5):
            with pytest.raises(Exception, match="API server"):
                own.read_published_root()
    finally:
        redirector.close()
        attacker.close()
    assert len(redirector.asked) == 5
    assert attacker.heard == []


def test_certificate_is_followed(mesh: MeshSite, site: VaultSite) -> None:
    rings: list[Any] = []
    lock = threading.Lock()

    def note() -> None:
        with lock:
            rings.append(watch.sight)

    watch = CertificateWatch(
        ApiServer(build_access(mesh)), namespace=mesh.namespace, pod=mesh.pod, on_change=note
    )
    watch.start()
    try:
        wait_for(lambda: watch.sight, lambda sight: sight is not None and not sight.certificate)
        spec = mesh.build_spec(site)
        reference = {**spec["meshRef"], "deployment": "istiod-canary"}
        mesh.apply(
            {
                "apiVersion": "internal.gloo.solo.io/v2",
                "kind": "IssuedCertificate",
                "metadata": {"name": "another", "namespace": mesh.namespace},
                "spec": {**spec, "meshRef": reference},
            }
        )
        mesh.issue(spec)
        wait_for(lambda: read_generation(watch), lambda generation: generation == 1)
        mesh.issue({**spec, "intermediateGeneration": 2})
        wait_for(lambda: read_generation(watch), lambda generation: generation == 2)
        mesh.cluster.kubectl("delete", KIND, mesh.name, "-n", mesh.namespace)
        wait_for(lambda: read_generation(watch), lambda generation: generation is None)
        names = {each.certificate["metadata"]["name"] for each in rings if each.certificate}
        assert names == {mesh.name}
    finally:
        watch.stop()


def read_generation(watch: CertificateWatch) -> int | None:
    certificate = watch.sight.certificate if watch.sight else None
    return certificate["metadata"]["generation"] if certificate else None


@pytest.mark.refused("istiod-service-account")
def test_watch_without_a_right_says_so_and_goes_on(mesh: MeshSite, site: VaultSite) -> None:
    mesh.cluster.kubectl("delete", "rolebinding", "--all", "-n", mesh.namespace)
    woken = threading.Event()
    watch = CertificateWatch(
        ApiServer(build_access(mesh)), namespace=mesh.namespace, pod=mesh.pod, on_change=woken.set
    )
    watch.start()
    try:
        assert woken.wait(30)
        assert watch.sight is not None
        assert isinstance(watch.sight.error, AccessDeniedError)
        mesh.issue(mesh.build_spec(site))
        mesh.grant()
        wait_for(lambda: read_generation(watch), lambda generation: generation == 1)
        assert watch.sight.error is None
    finally:
        watch.stop()


def test_folder_without_files_is_told(mesh: MeshSite, tmp_path: Path) -> None:
    access = replace(build_access(mesh), ca_file=tmp_path / "none")
    with pytest.raises(DependencyMissingError, match="CA of the API server"):
        ApiServer(access).send("GET", "/version", verb="get")
