"""The real operator beside a real API server and a real Vault, with the rights that deploy/ ships.

One process serves all tests: what runs is stopped or killed at will, and the next test that asks
for `operator` has it running again. Each test has a namespace and names in Vault of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster, Vault
from testbed.certificate import Authority
from tests.integration.hub.agent import Agent
from tests.integration.hub.candidate import (
    BuildCandidate,
    Candidate,
    Paths,
    build_candidate_config,
)
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.configuration import build_config
from tests.integration.hub.istiod import Account
from tests.integration.hub.names import GENERATED_ROOTS, Names, build_names
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.played_mesh import PlayedMesh
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.rights import grant_rights
from tests.integration.hub.root import Root, make_root
from tests.integration.kube_writes import delete_objects
from tests.integration.manifests.table import GUIDE
from tests.integration.vault_calls import Ask, build_ask

HUB_NAMESPACE = "gloo-mesh"
# Longer than any test holds an answer of Vault.
HELD_SECONDS = 60.0
LOCALHOST = IPv4Address("127.0.0.1")


@pytest.fixture
def namespace(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A namespace whose policies go before their meshes, or the next test counts what follows."""
    yield namespace
    delete_objects(cluster, "roottrustpolicies", namespace)


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the operators' files are."""
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="session")
def token_file(hub_folder: Path) -> Path:
    """The operator's token for Vault."""
    return hub_folder / "vault-token"


@pytest.fixture(scope="session")
def root(hub_folder: Path) -> Root:
    """The root of the guide."""
    return make_root(hub_folder, bits=4096)


@pytest.fixture(scope="session")
def admin(cluster: Cluster, vault: Vault, root: Root, token_file: Path) -> Ask:
    """Vault's administrator, who has emptied Vault and prepared it as the guide tells."""
    # An earlier run that kept the testbed, and was killed, may have left some.
    cluster.kubectl("delete", "rtp", "--all", "--all-namespaces")
    vault.restart()
    admin = build_ask(vault, vault.root_token)
    grant_rights(admin, token_file)
    root.import_into(admin)
    return admin


@pytest.fixture(scope="session")
def build_operator(
    hub_kubeconfig: Path, log_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BuildOperator]:
    """Build operators that use a Vault; at the end they are gone, and their logs tell no secret."""
    built: list[OperatorProcess] = []

    def build(
        name: str,
        vault: Vault,
        login: dict[str, Any],
        *,
        module: str | None = None,
        kubeconfig: Path = hub_kubeconfig,
        settings: Mapping[str, Any] | None = None,
    ) -> OperatorProcess:
        process = OperatorProcess(
            module=module,
            config={**build_config(vault, login), **(settings or {})},
            kubeconfig=kubeconfig,
            folder=tmp_path_factory.mktemp(name),
            log=log_folder / f"{name}.log",
        )
        built.append(process)
        return process

    yield build
    for process in built:
        process.kill()
    assert [line for each in built for line in each.find_secrets()] == []


@pytest.fixture(scope="session")
def operator_process(
    build_operator: BuildOperator, admin: Ask, vault: Vault, token_file: Path
) -> OperatorProcess:
    return build_operator("operator", vault, {"tokenFile": {"path": str(token_file)}})


@pytest.fixture
def operator(operator_process: OperatorProcess) -> OperatorProcess:
    """The operator, which runs."""
    operator_process.start()
    return operator_process


@pytest.fixture
def quick_operator(
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    cluster: Cluster,
    vault: Vault,
    token_file: Path,
    admin: Ask,
) -> Iterator[OperatorProcess]:
    """An operator that reads keys and accounts every second; meanwhile there is no other one.

    It has a client certificate: a token in a kubeconfig, unlike a pod's, ends with its key.
    """
    operator_process.kill()
    login = {"tokenFile": {"path": str(token_file)}}
    built = build_operator(
        "quick-operator", vault, login, module="quick_operator", kubeconfig=cluster.kubeconfig
    )
    built.start()
    yield built
    built.kill()


@pytest.fixture
def names(namespace: str) -> Names:
    """Names in Vault that no other test has, for istiod in the test's own namespace."""
    return build_names(namespace.removeprefix("test-"), mesh_namespace=namespace)


@pytest.fixture
def make_policy(cluster: Cluster, namespace: str) -> MakePolicy:
    """Apply a policy of the test's own, with names of its own."""

    def make(names: Names, changes: dict[str, Any] | None = None, *, name: str = "mine") -> Policy:
        policy = Policy(cluster=cluster, namespace=namespace, name=name)
        policy.apply({**names.build_changes(), **(changes or {})})
        return policy

    return make


@pytest.fixture
def idle_hub(operator_process: OperatorProcess) -> OperatorProcess:
    """The operator, which does not run: what a test writes in a status stays."""
    operator_process.ensure_stopped()
    return operator_process


@pytest.fixture(scope="module")
def guide_policy(operator_process: OperatorProcess, cluster: Cluster) -> Iterator[Policy]:
    """The guide's manifest, applied unchanged and Ready."""
    operator_process.start()
    cluster.kubectl("apply", "-f", GUIDE)
    policy = Policy(cluster=cluster, namespace=HUB_NAMESPACE, name="cluster1")
    words = ("wait", "--for=condition=Ready", "--timeout=30s", "roottrustpolicy/cluster1")
    policy.kubectl(*words)
    yield policy
    policy.delete()


@pytest.fixture(scope="session")
def istiod(cluster: Cluster) -> Account:
    """istiod's ServiceAccount."""
    account = Account(cluster)
    account.create()
    return account


@pytest.fixture
def own_istiod(cluster: Cluster, namespace: str) -> Account:
    """istiod's ServiceAccount in the test's own namespace."""
    account = Account(cluster, namespace=namespace)
    account.create()
    return account


@pytest.fixture
def alone(operator_process: OperatorProcess, cluster: Cluster, namespace: str) -> Iterator[None]:
    """Nobody else works on policies, nobody holds the lease, and no policies are left behind."""
    operator_process.ensure_stopped()
    delete_objects(cluster, "leases", HUB_NAMESPACE)
    yield
    delete_objects(cluster, "roottrustpolicies", namespace)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What recorders in front of Vault show; its authority is beside it."""
    folder = tmp_path_factory.mktemp("recorder")
    authority = Authority.create("recorder authority")
    authority.save(folder, "ca")
    authority.issue(folder, "server", common_name="recorder", addresses=(LOCALHOST,))
    return folder / "server.crt", folder / "server.key"


@pytest.fixture
def build(
    cluster: Cluster,
    vault: Vault,
    hub_kubeconfig: Path,
    token_file: Path,
    certificate: tuple[Path, Path],
    log_folder: Path,
    tmp_path: Path,
    namespace: str,
) -> Iterator[BuildCandidate]:
    """Build operators, each with recorders of its own."""
    with ExitStack() as stack:

        def build(
            name: str,
            *,
            server: Vault = vault,
            login: Mapping[str, Any] | None = None,
            timeout_seconds: float = HELD_SECONDS,
            **settings: Any,
        ) -> Candidate:
            paths = Paths(
                vault=Recorder(server.address, ca_file=server.ca_file, certificate=certificate),
                kubernetes=Recorder(cluster.server, ca_file=cluster.ca_file),
            )
            for recorder in (paths.vault, paths.kubernetes):
                recorder.start()
                stack.callback(recorder.close)
            folder = tmp_path / name
            folder.mkdir()
            config = build_candidate_config(
                cluster,
                paths,
                ca_file=certificate[0].parent / "ca.crt",
                login=login or {"tokenFile": {"path": str(token_file)}},
                timeout_seconds=timeout_seconds,
            )
            candidate = Candidate(
                config={**config, **settings},
                kubeconfig=hub_kubeconfig,
                folder=folder,
                log=log_folder / f"{namespace}-{name}.log",
                paths=paths,
            )
            stack.callback(candidate.kill)
            return candidate

        yield build


@pytest.fixture(scope="module")
def mounts(request: pytest.FixtureRequest) -> Iterator[str]:
    """The root mounts of a module, whose MOUNTS is what their names begin with."""
    prefix: str = request.module.MOUNTS
    return iter(each for each in GENERATED_ROOTS if each.startswith(prefix))


@pytest.fixture
def mount(mounts: Iterator[str]) -> str:
    """A root mount that no other test has."""
    return next(mounts)


@pytest.fixture
def agent(
    policy: Policy, cluster: Cluster, vault: Vault, namespace: str, own_istiod: Account
) -> Agent:
    """The agent of the one mesh of a module's `policy`."""
    certificate = Certificate(cluster=cluster, namespace=namespace)
    return Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)


@pytest.fixture
def mesh(policy: Policy, agent: Agent, namespace: str) -> Iterator[PlayedMesh]:
    """That mesh, which does as it is told; the policy is Ready."""
    mesh = PlayedMesh(agent=agent, namespace=namespace)
    with mesh.alive():
        policy.wait_until_ready()
        yield mesh
