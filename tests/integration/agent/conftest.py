"""The real agent as a process, on a real API server and a Vault that is as the hub leaves it.

Each test has a namespace, an account and names in Vault of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests.integration.agent.agent_process import AgentProcess, BuildAgent
from tests.integration.agent.istiod import Istiod
from tests.integration.agent.mesh_site import MeshSite
from tests.integration.agent.vault_site import VaultSite, make_site
from tests.integration.hub.istiod import ACCOUNT, Account


@pytest.fixture
def mesh(cluster: Cluster, namespace: str, tmp_path: Path) -> MeshSite:
    """istiod's place in the cluster, with a token for Vault (method jwt)."""
    account = Account(cluster, namespace=namespace, name=ACCOUNT)
    account.create()
    mesh = MeshSite(cluster=cluster, account=account, folder=tmp_path)
    mesh.prepare(audience="vault-cluster1")
    return mesh


@pytest.fixture
def site(vault: Vault, cluster: Cluster, mesh: MeshSite) -> Iterator[VaultSite]:
    """Vault for that istiod."""
    with make_site(vault, cluster, namespace=mesh.namespace, account=mesh.account.name) as site:
        yield site


@pytest.fixture
def review_site(vault: Vault, cluster: Cluster, mesh: MeshSite) -> Iterator[VaultSite]:
    """Vault that has the cluster review tokens (method kubernetes, ClientToken)."""
    with make_site(
        vault, cluster, namespace=mesh.namespace, account=mesh.account.name, method="kubernetes"
    ) as site:
        yield site


@pytest.fixture
def build_agent(log_folder: Path) -> Iterator[BuildAgent]:
    """Build agents; at the end they are gone, and their logs are log lines that tell no secret."""
    built: list[AgentProcess] = []

    def build(mesh: MeshSite, name: str = "agent") -> AgentProcess:
        log = log_folder / f"{mesh.namespace}-{name}.log"
        built.append(AgentProcess(mesh.build_environment(), log=log))
        return built[-1]

    yield build
    for agent in built:
        agent.kill()
    assert [line for each in built for line in each.find_secrets()] == []
    assert [line for each in built for line in each.find_unplanned()] == []


@pytest.fixture
def istiod(
    mesh: MeshSite, agent: AgentProcess, pilot_discovery: Path, log_folder: Path
) -> Iterator[Istiod]:
    """istiod beside that agent; it does not run yet."""
    istiod = Istiod(
        binary=pilot_discovery,
        cluster=mesh.cluster,
        namespace=mesh.namespace,
        ca_folder=mesh.ca_folder,
        log=log_folder / f"{mesh.namespace}-istiod.log",
    )
    istiod.ports["secureGRPC"] = agent.istiod_port
    yield istiod
    istiod.stop()


@pytest.fixture
def agent(build_agent: BuildAgent, mesh: MeshSite) -> AgentProcess:
    """The agent of that istiod, which does not run yet."""
    return build_agent(mesh)
