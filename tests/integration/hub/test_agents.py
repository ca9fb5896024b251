"""What istiod's agents report, followed into the policy and believed as far as it is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, write

pytestmark = pytest.mark.usefixtures("operator")

WRITES = "roottrust_kubernetes_writes_total"
PASSES = "roottrust_reconciles_total"
QUIET = 40  # looks; a key that nobody needs any more goes after two seconds


@pytest.fixture
def policy(
    cluster: Cluster, namespace: str, make_policy: MakePolicy, names: Names, own_istiod: Account
) -> Policy:
    """A policy for the test's own mesh, whose istiod has one replica."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    return make_policy(names)


@pytest.fixture
def agent(
    cluster: Cluster, vault: Vault, namespace: str, own_istiod: Account, policy: Policy
) -> Agent:
    certificate = Certificate(cluster=cluster, namespace=namespace)
    certificate.wait_for()
    return Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)


def test_a_mesh_from_no_agent_to_ready(
    policy: Policy, agent: Agent, cluster: Cluster, namespace: str
) -> None:
    condition = policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    assert "`roottrust istiod-patch`" in condition["message"]
    wait_for(agent.certificate.read_status, lambda found: found.get("state") == "PENDING")
    policy.wait_for("TrustPropagated", "Unknown", "WaitingForReport")
    report_mesh(cluster, namespace=namespace, fingerprints=[policy.wait_for_root()])
    policy.wait_for("TrustPropagated", "True", "Propagated")
    pem = agent.obtain()
    agent.report(agent.describe(pem, loadedByIstiod=False))
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForIstiod")
    agent.report(agent.describe(pem))
    policy.wait_until_ready()
    status = policy.read_status()
    (mesh,) = status["meshes"]
    assert (mesh["instancesReady"], mesh["instancesTotal"]) == (1, 1)
    assert (mesh["namespacesInSync"], mesh["namespacesTotal"]) == (3, 3)
    assert mesh["earliestNotAfter"] == agent.describe(pem)["notAfter"]
    assert "message" not in mesh
    assert status["meshTotals"] == {"total": 1, "ready": 1, "summary": "1/1"}
    assert policy.wait_for_events("WaitingForAgent")
    assert wait_for(lambda: policy.read_events("Issued"), bool)
    told = wait_for(agent.certificate.read_status, lambda found: found["state"] == "FINISHED")
    assert [each["pod"] for each in told["instances"]] == [agent.pod]
    shown = cluster.kubectl("get", "issuedcertificates", "-n", namespace).stdout
    assert "FINISHED" in shown
    assert "1 of 1 replicas of" in shown
    assert "1/1" in policy.kubectl("get", "rtp", policy.name)


def test_an_idle_pass_writes_nothing(
    policy: Policy,
    agent: Agent,
    cluster: Cluster,
    namespace: str,
    operator_process: OperatorProcess,
) -> None:
    report_mesh(cluster, namespace=namespace, fingerprints=[policy.wait_for_root()])
    agent.serve()
    policy.wait_until_ready()
    wait_for(agent.certificate.read_status, lambda found: found["state"] == "FINISHED")
    # Events of before are posted when there is time for them.
    settled = wait_for_quiet(operator_process)
    passes = operator_process.sum_metric(PASSES)
    policy.nudge()
    wait_for(lambda: operator_process.sum_metric(PASSES), lambda found: found > passes)
    assert operator_process.sum_metric(WRITES) == settled


def wait_for_quiet(operator: OperatorProcess) -> float:
    """Return the number of writes once it has not changed for some seconds."""
    seen = [operator.sum_metric(WRITES)]

    def look() -> bool:
        seen.append(operator.sum_metric(WRITES))
        return len(seen) > QUIET and len(set(seen[-QUIET:])) == 1

    wait_for(look, bool)
    return seen[-1]


def test_a_pod_that_lies_is_named_and_counts_for_nothing(
    policy: Policy, agent: Agent, cluster: Cluster, namespace: str
) -> None:
    report_mesh(cluster, namespace=namespace, fingerprints=[policy.wait_for_root()], replicas=2)
    honest = agent.serve()
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    liar = replace(agent, pod="istiod-5d9c7b6f4-liar0")
    liar.report(agent.describe(honest))  # a chain is public: anybody can copy it
    condition = policy.wait_for("CertificatesIssued", "False", "InstanceNotBelieved")
    assert "show one and the same certificate" in condition["message"]
    liar.report(agent.describe(agent.obtain(), serial="ff"))
    condition = wait_for(
        lambda: policy.read_conditions()["CertificatesIssued"],
        lambda found: "another serial" in found["message"],
    )
    assert liar.pod in condition["message"]
    (mesh,) = policy.read_status()["meshes"]
    assert (mesh["instancesReady"], mesh["instancesTotal"]) == (1, 2)
    assert agent.certificate.read_status()["state"] == "FAILED"
    liar.serve()
    policy.wait_until_ready()


def test_a_root_of_istiod_s_own_is_called_that(
    policy: Policy, agent: Agent, cluster: Cluster, namespace: str
) -> None:
    agent.serve()
    report_mesh(cluster, namespace=namespace, fingerprints=["e" * 64], selfSigned=True)
    policy.wait_for("TrustPropagated", "False", "SelfSigned")
    report_mesh(cluster, namespace=namespace, fingerprints=["e" * 64])
    policy.wait_for("TrustPropagated", "False", "OtherRootPublished")
    namespaces = {"inSync": 1, "total": 3, "stale": ["bookinfo"]}
    report_mesh(
        cluster, namespace=namespace, fingerprints=[policy.wait_for_root()], namespaces=namespaces
    )
    condition = policy.wait_for("TrustPropagated", "Unknown", "NamespacesStale")
    assert "(first: bookinfo)" in condition["message"]


def test_a_raised_generation_is_handed_on_and_waited_for(
    policy: Policy, agent: Agent, cluster: Cluster, names: Names, namespace: str
) -> None:
    report_mesh(cluster, namespace=namespace, fingerprints=[policy.wait_for_root()])
    agent.serve()
    policy.wait_until_ready()
    policy.apply({**names.build_changes(), "spec.rotation": {"intermediateGeneration": 2}})
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    assert agent.certificate.wait_for()["spec"]["intermediateGeneration"] == 2
    agent.serve()
    policy.wait_until_ready()


def test_a_key_that_vault_made_is_gone_once_its_agent_has_it(
    policy: Policy, agent: Agent, admin: Ask, names: Names
) -> None:
    """Within seconds, where what nobody is seen to have stays for its ten minutes."""
    path = f"{names.intermediate_mount}/intermediate/generate/exported"
    abandoned = str(write(admin, path, {"common_name": "x", "key_type": "ec"})["key_id"])
    agent.serve()
    policy.wait_for("CertificatesIssued", "True", "Issued")
    keys = f"{names.intermediate_mount}/keys"
    left = wait_for(
        lambda: admin("LIST", keys).json()["data"]["keys"], lambda found: len(found) == 1
    )
    assert left == [abandoned]
    assert wait_for(lambda: policy.read_events("KeysRemoved"), bool)


def test_what_an_agent_fails_at_is_the_policy_s_message(policy: Policy, agent: Agent) -> None:
    agent.report({"error": "Vault https://vault.example:8200 is sealed: unseal it."})
    condition = policy.wait_for("CertificatesIssued", "False", "AgentFailed")
    assert "is sealed: unseal it." in condition["message"]
    assert agent.pod in condition["message"]
    assert policy.read_status()["state"] == "FAILED"
