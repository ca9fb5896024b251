"""The first bundle: obtained, complete, reported, and nothing left behind in Vault."""

from __future__ import annotations

import hashlib

import pytest

from roottrust.agent.publication import CaFolder
from roottrust.domain.certificate import parse_certificate
from tests.integration.agent.agent_process import AgentProcess
from tests.integration.agent.mesh_site import MeshSite
from tests.integration.agent.vault_site import VaultSite

pytestmark = pytest.mark.integration


def test_init_container_brings_a_complete_bundle(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    published = CaFolder(mesh.ca_folder).read()
    assert published is not None
    assert published.files.trust_bundle == site.root_pem
    entry = mesh.read_entry()
    certificate = parse_certificate(published.files.certificate)
    assert entry["serial"] == certificate.serial
    assert entry["chain"] == published.files.chain
    assert entry["issuerFingerprint"] == parse_certificate(site.root_pem).fingerprint
    digest = hashlib.sha256(site.root_pem.encode()).hexdigest()
    assert entry["trustBundleFingerprint"] == digest
    assert "error" not in entry
    assert site.list_tokens() == []
    assert mesh.wait_for_event("Issued")["type"] == "Normal"
