"""`roottrust rotate intermediate` with a real hub: raised once, handed on, followed to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.access_review import may_do
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import Person, build_rotator, finish, grant_to_accounts
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.verify.verifier import write_kubeconfig

FIELD = "spec.rotation.intermediateGeneration"


@pytest.fixture
def rotate(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    """The command as somebody calls it who has the rights of deploy/ and no others."""
    return build_rotator(cluster, namespace, tmp_path)


@pytest.fixture
def policy(
    cluster: Cluster, namespace: str, make_policy: MakePolicy, names: Names, own_istiod: Account
) -> Policy:
    """A policy for the test's own mesh."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    return make_policy(names)


@pytest.fixture
def agent(
    operator: OperatorProcess,
    policy: Policy,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    own_istiod: Account,
) -> Agent:
    """An agent whose istiod serves its first intermediate, and a policy that is ready."""
    certificate = Certificate(cluster=cluster, namespace=namespace)
    agent = Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)
    agent.serve()
    root = parse_certificate(certificate.wait_for()["spec"]["trustBundle"]).fingerprint
    report_mesh(cluster, namespace=namespace, fingerprints=[root])
    policy.wait_until_ready()
    return agent


def read_generation(policy: Policy) -> int:
    return int(policy.read()["spec"]["rotation"]["intermediateGeneration"])


def test_it_is_raised_handed_on_and_followed_to_its_end(
    rotate: Person, policy: Policy, agent: Agent
) -> None:
    process = rotate.start(policy.full_name)
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline() == f"{policy.full_name}: {FIELD}: 1 → 2\n"
    assert f"commit {FIELD}: 2 there" in process.stderr.readline()
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    pem = agent.obtain()
    agent.report(agent.describe(pem, loadedByIstiod=False))
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForIstiod")
    told = f"{agent.pod} has obtained it, not served by istiod yet"
    assert any(told in line for line in iter(process.stderr.readline, ""))
    agent.report(agent.describe(pem))
    done = finish(process)
    assert done.code == 0, done.err
    assert done.out == (
        f"{policy.full_name}: every istiod of 1 mesh serves an intermediate of generation 2.\n"
    )
    assert f"{agent.pod} serves it" in done.err
    managers = policy.kubectl("get", "rtp", policy.name, "-o", "yaml", "--show-managed-fields")
    assert "manager: roottrust-rotate" in managers


def test_a_dry_run_writes_nothing(rotate: Person, policy: Policy, agent: Agent) -> None:
    before = policy.read()["metadata"]["generation"]
    done = rotate.run("-n", policy.namespace, "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{policy.full_name}: {FIELD}: 1 → 2\nEvery istiod of 1 mesh obt")
    assert policy.read()["metadata"]["generation"] == before
    assert read_generation(policy) == 1


def test_what_is_not_done_in_time_goes_on_without_the_command(
    rotate: Person, policy: Policy, agent: Agent
) -> None:
    done = rotate.run(policy.full_name, "--timeout", "3")
    assert done.code == 1, done.err
    assert "Error: not done after 3 s: " in done.err
    assert f"`roottrust rotate intermediate {policy.full_name} --follow` follows it." in done.err
    assert read_generation(policy) == 2
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    agent.serve()
    done = rotate.run(policy.full_name, "--follow")
    assert (done.code, read_generation(policy)) == (0, 2), done.err
    done = rotate.run(policy.full_name, "--no-wait")
    assert (done.code, done.out) == (0, f"{policy.full_name}: {FIELD}: 2 → 3\n")
    assert read_generation(policy) == 3


def test_what_a_commit_raised_is_followed_with_the_right_to_read_alone(
    cluster: Cluster, namespace: str, policy: Policy, agent: Agent, names: Names, tmp_path: Path
) -> None:
    reader = build_reader(cluster, namespace, tmp_path)
    process = reader.start(policy.full_name, "--follow", "--generation", "5")
    assert process.stderr
    told = "waits: The policy asks for generation 1: the higher one is not applied yet"
    assert any(told in line for line in iter(process.stderr.readline, ""))
    policy.apply({**names.build_changes(), "spec.rotation": {"intermediateGeneration": 5}})
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    agent.serve()
    done = finish(process)
    assert (done.code, read_generation(policy)) == (0, 5), done.err
    assert done.out.endswith("every istiod of 1 mesh serves an intermediate of generation 5.\n")


def build_reader(cluster: Cluster, namespace: str, folder: Path) -> Person:
    """Return somebody who may follow a rotation and raise nothing."""
    grant_to_accounts(cluster, folder="status", group="roottrust-readers", namespace=namespace)
    grant_to_accounts(cluster, folder="rotate", group="roottrust-rotators", namespace="elsewhere")
    path = write_kubeconfig(folder / "reader", cluster, namespace=namespace, account="reader")
    return Person(kubeconfig=path, command=("rotate", "intermediate"))


def test_an_agent_that_fails_is_told_as_what_is_wrong(
    rotate: Person, policy: Policy, agent: Agent
) -> None:
    error = "Vault https://vault.example:8200 is sealed: unseal it."
    agent.report({"error": error})
    policy.wait_for("CertificatesIssued", "False", "AgentFailed")
    done = rotate.run(policy.full_name, "--timeout", "3")
    assert done.code == 2, done.err
    assert "is sealed: unseal it" in done.err


@pytest.mark.usefixtures("idle_hub")
def test_without_an_operator_it_says_who_is_waited_for(rotate: Person, policy: Policy) -> None:
    done = rotate.run(policy.full_name, "--timeout", "2")
    assert done.code == 1
    assert "The operator has not seen the new generation yet." in done.err


@pytest.mark.usefixtures("idle_hub")
def test_where_it_would_come_to_nothing_nothing_is_written(
    rotate: Person, make_policy: MakePolicy, names: Names, namespace: str
) -> None:
    done = rotate.run("-n", namespace)
    assert (done.code, done.out) == (1, "")
    assert "There is no RootTrustPolicy in namespace" in done.err
    observed = make_policy(names, {"spec.management": {"mode": "Observe"}})
    done = rotate.run(observed.full_name)
    assert (done.code, done.out) == (1, "")
    assert "set Manage first" in done.err
    make_policy(names, name="other")
    done = rotate.run("-n", namespace)
    assert (done.code, done.out) == (1, "")
    assert f"name one of {namespace}/mine, {namespace}/other" in done.err
    assert read_generation(observed) == 1


@pytest.mark.refused("reader")
@pytest.mark.usefixtures("idle_hub")
def test_who_may_only_read_is_told_where_the_right_is(
    cluster: Cluster, namespace: str, policy: Policy, tmp_path: Path
) -> None:
    done = build_reader(cluster, namespace, tmp_path).run(policy.full_name)
    assert done.code == 1
    assert "denies you patch on" in done.err
    assert "deploy/rotate/ has all the rights that are needed." in done.err
    assert read_generation(policy) == 1


@pytest.mark.usefixtures("rotate")
@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("patch", ("admin.gloo.solo.io", "roottrustpolicies"), True),
        ("patch", ("admin.gloo.solo.io", "roottrustpolicies/status"), False),
        ("create", ("admin.gloo.solo.io", "roottrustpolicies"), False),
        ("delete", ("admin.gloo.solo.io", "roottrustpolicies"), False),
        ("patch", ("internal.gloo.solo.io", "issuedcertificates"), False),
        ("list", ("", "secrets"), False),
    ],
)
def test_who_rotates_may_edit_policies_and_no_more(
    cluster: Cluster, namespace: str, verb: str, resource: tuple[str, str], allowed: bool
) -> None:
    groups = (f"system:serviceaccounts:{namespace}",)
    assert may_do(cluster, "somebody", verb, resource, "", groups=groups) is allowed
