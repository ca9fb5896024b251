"""What happens to the CA that istiod serves while something is killed, cut off or sealed: nothing.

Two workloads connect anew 20 times a second all the while, and ask istiod for new certificates
every 10 s; not one connection may fail. (Without an API server istiod cannot check who asks, so
there their certificates live longer.)
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.e2e.istiod import AGENT, Istiod
from tests.e2e.load import PATIENT_SECONDS
from tests.e2e.mesh_site import MeshSite
from tests.e2e.node_process import cut_off, send_signal
from tests.e2e.operator_pod import OperatorPod
from tests.integration.hub.waiting import wait_for

pytestmark = pytest.mark.prove

# When in its work on a renewal the agent is killed: from its first request to istiod's answer.
KILLED_AFTER = (0.1, 0.4, 0.7, 1.0)
LONG = 600
# A kubelet waits longer after each crash: at once, 10 s, 20 s, 40 s.
SECONDS_A_KILL = 40


@pytest.fixture
def istiod(mesh: MeshSite) -> Istiod:
    return mesh.istiod


@pytest.fixture
def stopped(operator: OperatorPod) -> Iterator[None]:
    """No operator, and one again in the end, whatever the test did."""
    operator.scale(0)
    yield
    operator.scale(1)


@pytest.fixture(autouse=True)
def open_vault(mesh: MeshSite) -> Iterator[None]:
    """A Vault that is open in the end, whatever the test did."""
    yield
    if mesh.vault.api.status()["sealed"]:
        mesh.vault.unseal()


def test_agent_is_killed_at_any_moment_of_a_renewal(mesh: MeshSite, istiod: Istiod) -> None:
    """What it was about to do it does when the kubelet has started it again."""
    pod = istiod.get_pod()
    with mesh.load(SECONDS_A_KILL * len(KILLED_AFTER)):
        for delay in KILLED_AFTER:
            restarts, container = istiod.count_restarts(AGENT), istiod.find_container(AGENT)
            generation = mesh.ask_for_renewal()
            wait_for(istiod.read_wanted_generation, generation.__eq__, every=0.05)
            time.sleep(delay)
            send_signal(mesh.cluster, container, signal.SIGKILL)
            wait_for(partial(istiod.count_restarts, AGENT), restarts.__lt__, seconds=90)
            istiod.wait_for_generation(generation, seconds=60)
            assert istiod.is_folder_complete()
    assert istiod.get_pod() == pod
    assert istiod.count_restarts("discovery") == 0


# The operator would not ask for a renewal while Vault is away; one that is due comes anyhow.
@pytest.mark.usefixtures("stopped")
def test_vault_is_sealed_for_longer_than_a_renewal(mesh: MeshSite, istiod: Istiod) -> None:
    """The last good CA stays, its agent says until when, and renews once Vault is open."""
    before = istiod.read_served_serial()
    with mesh.load(90):
        mesh.vault.seal()
        generation = istiod.read_wanted_generation() + 1
        istiod.ask_for_generation(generation)
        told = wait_for(istiod.read_instance, lambda instance: "error" in instance)
        assert "lasts until" in told["error"]
        time.sleep(30)
        assert istiod.read_served_serial() == before
        mesh.vault.unseal()
        istiod.wait_for_generation(generation, seconds=60)
        assert istiod.read_served_serial() != before


def test_api_server_is_restarted(mesh: MeshSite, istiod: Istiod) -> None:
    before = istiod.read_served_serial()
    with mesh.load(60, certificate_seconds=LONG):
        mesh.cluster.stop_part("kube-apiserver")
        time.sleep(5)
        mesh.cluster.start_part("kube-apiserver")
        wait_for(mesh.cluster.is_serving, bool)
        assert istiod.read_served_serial() == before
        mesh.renew()


def test_node_is_out_of_reach_for_a_minute(mesh: MeshSite, istiod: Istiod) -> None:
    """Its pods reach each other, and neither Vault nor the API server; nor is the kubelet heard."""
    before = istiod.read_served_serial()
    with mesh.load(120, certificate_seconds=LONG):
        with cut_off(mesh.cluster):
            time.sleep(60)
        assert istiod.read_served_serial() == before
        mesh.renew()


def test_istiod_and_its_agent_are_restarted_while_vault_is_away(
    mesh: MeshSite, istiod: Istiod
) -> None:
    """Their containers find the CA where it was: in the memory of their pod."""
    before = istiod.read_served_serial()
    mesh.vault.seal()
    restarts = istiod.count_restarts("discovery")
    # istiod's crash fails those who ask it for a certificate; new connections do not need it.
    with mesh.load(60):
        for container in (AGENT, "discovery"):
            send_signal(mesh.cluster, istiod.find_container(container), signal.SIGKILL)
        wait_for(lambda: istiod.count_restarts("discovery"), restarts.__lt__)
        istiod.wait_until_ready()
        assert istiod.read_served_serial() == before


def test_istiod_is_rolled_out_while_vault_is_away(mesh: MeshSite, istiod: Istiod) -> None:
    """The new pod waits for its CA, and the old one serves until it has it."""
    old = istiod.get_pod()
    with mesh.load(60, certificate_seconds=PATIENT_SECONDS):
        mesh.vault.seal()
        istiod.ask_for_restart()
        wait_for(lambda: len(istiod.find_pods()), (2).__eq__)
        time.sleep(15)
        assert not istiod.is_rolled_out()
        mesh.vault.unseal()
        istiod.wait_until_ready()
    assert istiod.get_pod() != old
