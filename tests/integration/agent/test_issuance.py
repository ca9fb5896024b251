"""The first bundle: obtained, complete, reported, served by istiod; nothing stays in Vault."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from roottrust.agent.publication import CaFolder
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.certificate import parse_certificate
from tests.integration.agent.agent_process import AgentProcess
from tests.integration.agent.istiod import Istiod
from tests.integration.agent.mesh_site import MeshSite
from tests.integration.agent.running import running
from tests.integration.agent.vault_site import VaultSite


def read_files(mesh: MeshSite) -> CaFiles:
    published = CaFolder(mesh.ca_folder).read()
    assert published is not None
    return published.files


def test_init_container_brings_a_complete_bundle(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    files = read_files(mesh)
    assert files.trust_bundle == site.root_pem
    entry = mesh.read_entry()
    assert entry["serial"] == parse_certificate(files.certificate).serial
    assert entry["chain"] == files.chain
    assert entry["issuerFingerprint"] == parse_certificate(site.root_pem).fingerprint
    digest = hashlib.sha256(site.root_pem.encode()).hexdigest()
    assert entry["trustBundleFingerprint"] == digest
    assert entry["intermediateGeneration"] == 1
    assert "error" not in entry
    assert site.list_tokens() == []
    assert mesh.wait_for_event("Issued")["type"] == "Normal"


def test_istiod_serves_it_and_the_sidecar_obtains_no_other(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, istiod: Istiod
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    serial, issued = mesh.read_entry()["serial"], site.count_issued()
    agent.start("sidecar")
    with running(istiod):
        mesh.wait_for_entry(serial=serial, loadedByIstiod=True)
        agent.wait_until_started()
        assert agent.read_metric("roottrust_agent_loaded_by_istiod_state") == 1
        assert agent.read_metric("roottrust_agent_issuances_total") == 0
        assert site.count_issued() == issued
        assert agent.stop() == 0


def test_containers_that_are_started_again_keep_what_they_have(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    for command in ("init-container", "init-container"):
        agent.start(command)
        assert agent.wait() == 0
    issued = site.count_issued()
    for _ in range(2):
        agent.start("agent")
        agent.wait_until_started()
        agent.kill()
    assert site.count_issued() == issued == 2  # the root, and one intermediate
    entry = mesh.read_entry()
    assert entry["startedWithRoots"] == entry["trustBundleFingerprint"]


def test_good_bundle_needs_neither_vault_nor_kubernetes(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    agent.start("init-container", KUBERNETES_SERVICE_HOST="127.0.0.1", KUBERNETES_SERVICE_PORT="1")
    assert agent.wait() == 0


def test_vault_makes_the_key_where_asked(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, istiod: Istiod
) -> None:
    mesh.issue(mesh.build_spec(site, csr=True))
    agent.start("agent")
    agent.wait_until_started()
    assert site.count_keys() == 1
    with running(istiod):
        mesh.wait_for_entry(loadedByIstiod=True)
    assert site.list_tokens() == []


def test_token_of_the_pod_does_where_the_cluster_reviews_it(
    agent: AgentProcess, mesh: MeshSite, review_site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(review_site))
    agent.start("init-container", ROOTTRUST_VAULT_TOKEN_PATH=str(mesh.folder / "token"))
    assert agent.wait() == 0
    assert review_site.list_tokens() == []


@pytest.mark.parametrize("key_type", ["ecdsa-p384", "rsa-2048"])
def test_key_is_of_the_kind_that_is_asked_for(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, key_type: str
) -> None:
    mesh.issue(mesh.build_spec(site, options={"keyType": key_type}))
    agent.start("init-container")
    assert agent.wait() == 0
    assert parse_certificate(read_files(mesh).certificate).key_type == key_type


def test_intermediate_has_no_names_and_no_room_below(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    certificate = x509.load_pem_x509_certificate(read_files(mesh).certificate.encode())
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_agent_waits_for_its_certificate_and_says_so(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    agent.start("init-container")
    line = agent.wait_for_line("WaitingForIssuedCertificate")
    assert "RootTrustPolicy selects this istiod" in line["message"]
    event = mesh.wait_for_event("WaitingForIssuedCertificate")
    assert event["involvedObject"]["name"] == mesh.pod
    assert agent.is_running
    mesh.issue(mesh.build_spec(site))
    assert agent.wait() == 0
