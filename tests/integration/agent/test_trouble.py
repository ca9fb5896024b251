"""What goes wrong at the first bundle and later: told with the next step, survived, mended."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from roottrust.agent.publication import CaFolder
from testbed import Cluster, Vault
from tests.integration.agent.agent_process import AgentProcess
from tests.integration.agent.istiod import Istiod
from tests.integration.agent.mesh_site import KIND, MeshSite
from tests.integration.agent.running import running
from tests.integration.agent.vault_site import VaultSite, make_site
from tests.integration.listener import Listener
from tests.integration.sealed_vault import sealed
from tests.unit.domain.certificates import build_name, build_pem

STOPPED = 143


def build_istiods_root() -> str:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "cluster.local")
    return build_pem(subject=x509.Name([organization]))


def start_and_see(agent: AgentProcess, mesh: MeshSite, text: str) -> dict[str, Any]:
    """Start an init container, and wait until status tells what it waits for."""
    agent.start("init-container")
    entry = mesh.wait_for_error(text)
    assert agent.is_running
    assert CaFolder(mesh.ca_folder).read() is None
    return entry


def test_init_container_waits_for_a_sealed_vault(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, vault: Vault
) -> None:
    mesh.issue(mesh.build_spec(site))
    with sealed(vault):
        start_and_see(agent, mesh, "is sealed: unseal it")
        assert mesh.wait_for_event("Sealed")["type"] == "Warning"
        agent.wait_for_line("Sealed")
    assert agent.wait() == 0
    assert "error" not in mesh.read_entry()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_init_container_that_is_stopped_has_not_succeeded(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, number: signal.Signals
) -> None:
    agent.start("init-container")
    agent.wait_for_line("WaitingForIssuedCertificate")
    assert agent.stop(number) == STOPPED


def test_stop_does_not_wait_for_a_vault_that_does_not_answer(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, vault: Vault
) -> None:
    mesh.issue(mesh.build_spec(site))
    vault.pause()
    try:
        agent.start("init-container")
        agent.wait_for_line("an intermediate is obtained")
        started_at = time.monotonic()
        assert agent.stop() == STOPPED
        assert time.monotonic() - started_at < 3
    finally:
        vault.resume()


def test_vault_that_is_not_there_is_told_and_an_edit_is_tried_at_once(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    spec = mesh.build_spec(site)
    mesh.issue(with_vault(spec, server="https://127.0.0.1:1"))
    start_and_see(agent, mesh, "https://127.0.0.1:1 cannot be reached: connection refused")
    mesh.issue(spec)
    assert agent.wait(15) == 0


def with_vault(spec: dict[str, Any], **changes: Any) -> dict[str, Any]:
    vault = {**spec["agentCa"]["vault"], **changes}
    return {**spec, "agentCa": {"vault": vault}}


def test_refused_login_is_told_with_its_path(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    spec = mesh.build_spec(site)
    auth = spec["agentCa"]["vault"]["kubernetesAuth"]
    mesh.issue(with_vault(spec, kubernetesAuth={**auth, "role": "nobody"}))
    entry = start_and_see(agent, mesh, f"at auth/{site.cluster.auth_mount}/login")
    assert "as nobody" in entry["error"]
    mesh.wait_for_event("LoginFailed")
    mesh.issue(spec)
    assert agent.wait(15) == 0


def test_missing_right_is_told_with_path_and_capability(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    site.revoke_rights()
    mesh.issue(mesh.build_spec(site))
    start_and_see(agent, mesh, f"denied update on {site.sign_path}")
    assert site.list_tokens() == []
    mesh.wait_for_event("AccessDenied")


def test_vault_of_a_stranger_is_not_trusted(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, cluster: Cluster
) -> None:
    mesh.issue(with_vault(mesh.build_spec(site), caBundle=cluster.ca_file.read_text()))
    start_and_see(agent, mesh, "is not trusted")


def test_vault_that_redirects_gets_nothing_sent_elsewhere(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    attacker = Listener()
    attacker.start()
    try:
        spec = mesh.build_spec(site)
        mesh.issue(with_vault(spec, server=f"https://127.0.0.1:{attacker.port}"))
        start_and_see(agent, mesh, "cannot be reached")
        agent.kill()
    finally:
        attacker.close()
    # All that it heard is the beginning of a TLS handshake that its lack of a certificate ended.
    assert attacker.heard
    assert not [heard for heard in attacker.heard if b"eyJ" in heard]


def test_root_that_is_not_the_pinned_one_is_not_published(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    pinned = build_pem(subject=build_name("Another"))
    mesh.issue(mesh.build_spec(site, trustBundle=pinned))
    start_and_see(agent, mesh, "which is not pinned: see that caPath")
    assert site.list_tokens() == []


def test_published_root_of_others_is_not_replaced(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    foreign = build_pem(subject=build_name("Company Root"))
    mesh.publish_root(foreign)
    mesh.issue(mesh.build_spec(site))
    entry = start_and_see(agent, mesh, "has another root, CN=Company Root")
    assert "begin with that root" in entry["error"]
    mesh.wait_for_event("ForeignRoot")
    assert site.count_issued() == 1  # Vault was not asked for what could not be used
    # With the other root among the pinned ones peers that know it go on.
    mesh.issue(mesh.build_spec(site, trustBundle=site.root_pem + foreign))
    assert agent.wait(15) == 0


def test_root_that_istiod_made_for_itself_is_replaced_and_told(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.publish_root(build_istiods_root())
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    assert "O=cluster.local" in mesh.wait_for_event("RootReplaced")["message"]


def test_foreign_files_are_left_as_they_are(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    for name in ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"):
        (mesh.ca_folder / name).write_text("theirs")
    mesh.issue(mesh.build_spec(site))
    entry = start_and_see(agent, mesh, "which no agent wrote and istiod would use")
    assert "emptyDir" in entry["error"]
    assert {path.read_text() for path in mesh.ca_folder.iterdir()} == {"theirs"}
    assert site.count_issued() == 1


def test_secret_that_overrides_the_root_is_told(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    for name in ("istiod-tls", "istio-ca-secret"):
        words = ("create", "secret", "generic", name, "-n", mesh.namespace)
        mesh.cluster.kubectl(*words, "--from-literal=x=y")
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    assert agent.wait() == 0
    assert "Secret istiod-tls" in mesh.read_entry()["error"]
    told = {
        event["message"] for event in mesh.list_events() if event["reason"] == "ForeignCASecret"
    }
    assert len(told) == 2


def test_intermediate_that_ends_with_its_root_is_not_renewed_early(
    agent: AgentProcess, mesh: MeshSite, vault: Vault, cluster: Cluster
) -> None:
    account = mesh.account
    with make_site(
        vault, cluster, namespace=account.namespace, account=account.name, root_hours=25
    ) as site:
        site.grant(ttl_days=1)
        mesh.issue(mesh.build_spec(site, options={"ttlDays": 1}))
        agent.start("init-container")
        assert agent.wait() == 0
    entry = mesh.read_entry()
    assert entry["nextRenewal"] == entry["notAfter"]


def test_istiod_that_runs_on_a_ca_of_its_own_is_told(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, istiod: Istiod
) -> None:
    # It started without a CA folder, as an istiod does whose agent comes too late.
    with running(istiod):
        mesh.issue(mesh.build_spec(site))
        agent.start("agent")
        agent.wait_until_started()
        mesh.wait_for_entry(loadedByIstiod=False)
        assert "istiod signs with a CA of its own (O=cluster.local)" in mesh.read_entry()["error"]
        mesh.wait_for_event("NotLoadedByIstiod")
        istiod.stop()
        istiod.start()
        mesh.wait_for_entry(loadedByIstiod=True, error=None)


@pytest.mark.parametrize("delay", [0.5, 0.8, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6])
def test_agent_that_is_killed_begins_again(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, delay: float
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("init-container")
    time.sleep(delay)  # the moment of the kill is what is tested
    agent.kill()
    complete = CaFolder(mesh.ca_folder).read() is not None
    names = {path.name for path in mesh.ca_folder.glob("*.pem") if path.exists()}
    assert len(names) == (4 if complete else 0)
    agent.start("init-container")
    assert agent.wait() == 0
    assert len(list((mesh.ca_folder / "..store").iterdir())) == 1


def test_deleted_certificate_leaves_the_ca(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("agent")
    agent.wait_until_started()
    serial = mesh.wait_for_entry(error=None)["serial"]
    mesh.cluster.kubectl("delete", KIND, mesh.name, "-n", mesh.namespace)
    line = agent.wait_for_line("WaitingForIssuedCertificate")
    assert "istiod keeps the CA that it has, which lasts until" in line["message"]
    assert agent.get("/readyz").ok
    mesh.issue(mesh.build_spec(site))
    assert mesh.wait_for_entry(error=None)["serial"] == serial
