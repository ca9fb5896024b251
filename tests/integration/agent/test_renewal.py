"""Renewal: by time, generation, options; istiod takes each, and keeps the last good one."""

from __future__ import annotations

from roottrust.domain.certificate import parse_certificate
from testbed import Vault
from tests.integration.agent.agent_process import AgentProcess
from tests.integration.agent.istiod import RELOADED, Istiod
from tests.integration.agent.mesh_site import MeshSite
from tests.integration.agent.running import running
from tests.integration.agent.vault_site import SOON, VaultSite
from tests.integration.hub.waiting import wait_for
from tests.integration.sealed_vault import sealed
from tests.unit.domain.certificates import build_name, build_pem


def read_serial(mesh: MeshSite) -> str:
    """Return the serial of the intermediate on the volume."""
    return parse_certificate((mesh.ca_folder / "ca-cert.pem").read_text()).serial


def wait_for_other(mesh: MeshSite, serial: str) -> str:
    """Wait until another intermediate than this one is loaded, and return its serial."""
    entry = wait_for(
        mesh.read_entry,
        lambda entry: (
            entry.get("serial") not in {None, serial} and entry.get("loadedByIstiod") is True
        ),
    )
    return str(entry["serial"])


def test_generation_and_options_are_followed_without_a_restart(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, istiod: Istiod
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("agent")
    agent.wait_until_started()
    with running(istiod):
        first = str(mesh.wait_for_entry(loadedByIstiod=True)["serial"])
        mesh.issue(mesh.build_spec(site, intermediateGeneration=2))
        second = wait_for_other(mesh, first)
        assert mesh.read_entry()["intermediateGeneration"] == 2
        site.grant(ttl_days=30)
        options: dict[str, float] = {"ttlDays": 30}
        mesh.issue(mesh.build_spec(site, intermediateGeneration=2, options=options))
        wait_for_other(mesh, second)
        assert istiod.read_log().count(RELOADED) == 2
        # The ratio alone moves the date, and obtains nothing.
        before = mesh.read_entry()
        options = {**options, "secretRotationGracePeriodRatio": 0.1}
        mesh.issue(mesh.build_spec(site, intermediateGeneration=2, options=options))
        after = wait_for(mesh.read_entry, lambda e: e["nextRenewal"] != before["nextRenewal"])
        assert after["serial"] == before["serial"]
        assert after["nextRenewal"] > before["nextRenewal"]
        assert agent.read_metric("roottrust_agent_renewals_total", result="ok") == 2
    assert site.list_tokens() == []


def test_renewal_by_time_goes_on_after_vault_was_sealed(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite, vault: Vault, istiod: Istiod
) -> None:
    site.grant(ttl_days=1)
    mesh.issue(mesh.build_spec(site, options=SOON))
    agent.start("agent")
    agent.wait_until_started()
    with running(istiod):
        first = str(mesh.wait_for_entry(loadedByIstiod=True)["serial"])
        wait_for_other(mesh, first)
        with sealed(vault):
            entry = mesh.wait_for_error("is sealed: unseal it")
            assert "istiod keeps the CA that it has, which lasts until" in entry["error"]
            last = str(entry["serial"])
            assert read_serial(mesh) == last
            assert agent.get("/readyz").ok
            assert agent.read_metric("roottrust_agent_vault_reachable_state") == 0
            assert agent.read_metric("roottrust_agent_renewals_total", result="Sealed")
            assert read_serial(mesh) == last
        wait_for_other(mesh, last)
        assert agent.read_metric("roottrust_agent_vault_reachable_state") == 1
        # Between two renewals, not after the last.
        mesh.wait_for_entry(error=None)
        assert agent.stop() == 0
    assert site.list_tokens() == []


def test_bundle_without_a_root_that_istiod_knows_is_not_published(
    agent: AgentProcess, mesh: MeshSite, site: VaultSite
) -> None:
    mesh.issue(mesh.build_spec(site))
    agent.start("agent")
    agent.wait_until_started()
    before = (mesh.ca_folder / "root-cert.pem").read_text()
    other = build_pem(subject=build_name("B"))
    mesh.issue(mesh.build_spec(site, trustBundle=other))
    mesh.wait_for_error("has no root of the one that istiod runs with")
    assert (mesh.ca_folder / "root-cert.pem").read_text() == before
    mesh.issue(mesh.build_spec(site))
    mesh.wait_for_entry(error=None)
    assert site.count_issued() == 2
