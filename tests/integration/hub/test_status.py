"""`roottrust status` on a real API server, of what a real hub and of what a test has written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.access_review import may_do
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.lease import delete_lease, put_lease
from tests.integration.hub.mesh import delete_all_meshes, put_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import Person, build_status_reader, finish
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.told_fleet import POD, make_fleet
from tests.integration.hub.waiting import wait_for
from tests.integration.verify.verifier import write_kubeconfig
from tests.session import CRDS

POLICIES = "roottrustpolicies.admin.gloo.solo.io"
CLOSED = "https://127.0.0.1:1"
DAY = timedelta(days=1)


@pytest.fixture
def status(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    """The command as somebody calls it who has the rights of deploy/status/ and no others."""
    # The operator of these tests needs none, and another test's has left it behind.
    delete_lease(cluster)
    return build_status_reader(cluster, namespace, tmp_path)


def test_a_policy_from_no_mesh_to_well(
    status: Person,
    operator: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    own_istiod: Account,
) -> None:
    delete_all_meshes(cluster)  # any other one is named as the nearest
    policy = make_policy(names)
    policy.wait_for("VaultConfigured", "True")
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForMesh")
    done = status.run("-n", namespace)
    assert done.code == 1, done.out
    assert "? CertificatesIssued is Unknown (WaitingForMesh): No mesh is found yet" in done.out
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    certificate = Certificate(cluster=cluster, namespace=namespace)
    certificate.wait_for()
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    done = status.run(policy.full_name)
    assert done.code == 1, done.out
    assert "`roottrust istiod-patch`" in done.out
    root = policy.read_status()["root"]["fingerprint"]
    agent = Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)
    fingerprint = parse_certificate(agent.serve()).fingerprint
    stale = {"inSync": 2, "total": 3, "stale": ["bookinfo"]}
    report_mesh(cluster, namespace=namespace, fingerprints=[root], namespaces=stale)
    policy.wait_for("TrustPropagated", "Unknown", "NamespacesStale")
    done = status.run("mine", "-n", namespace)
    assert done.code == 1, done.out
    assert "? namespaces: 2 of 3 in sync, stale: bookinfo" in done.out
    report_mesh(cluster, namespace=namespace, fingerprints=[root])
    policy.wait_until_ready()
    done = status.run("-n", namespace)
    assert (done.code, done.err) == (0, ""), done.out
    assert (
        f"✓ {agent.pod}: serves its intermediate, SHA-256 {fingerprint[:16]}…, ends in" in done.out
    )
    assert "✓ namespaces: 3 of 3 in sync" in done.out
    assert "\033" not in done.out
    assert "\033[32m" in status.run("-n", namespace, "--color=always").out
    found = status.run_json("-n", namespace)
    (shown,) = found.report["policies"]
    assert (found.report["result"], shown["root"]["fingerprint"]) == ("Well", root)
    (mesh,) = shown["meshes"]
    assert mesh["instances"][0]["fingerprint"] == fingerprint


def test_workloads_with_roots_of_before_are_told_by_the_policy_and_in_the_tree(
    status: Person,
    operator: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    own_istiod: Account,
) -> None:
    policy = make_policy(names)
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    certificate = Certificate(cluster=cluster, namespace=namespace)
    certificate.wait_for()
    Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod).serve()
    root = policy.wait_for_root()
    first = [f"shop/Deployment/w-{number}" for number in range(20)]
    stale = {"since": "2030-01-01T00:00:00Z", "total": 30, "first": first}
    report_mesh(cluster, namespace=namespace, fingerprints=[root], staleWorkloads=stale)
    policy.wait_until_ready()
    told = wait_for(policy.read_status, lambda found: "staleWorkloads" in found["meshes"][0])
    (mesh,) = told["meshes"]
    assert mesh["staleWorkloads"] == {"total": 30, "first": first[:3]}
    (warning,) = [each for each in told["warnings"] if each.startswith("WorkloadsStale: 30")]
    assert "`kubectl rollout restart deployment/w-0 -n shop`" in warning
    wait_for(lambda: policy.read_events("WorkloadsStale"), bool)
    done = status.run("-n", namespace)
    assert done.code == 0, done.out
    line = "! workloads: 30 may still trust only the roots before: shop/Deployment/w-0, "
    assert line in done.out
    assert "and 25 more" in done.out
    (shown,) = status.run_json("-n", namespace).report["policies"][0]["meshes"]
    assert (shown["staleWorkloadsTotal"], len(shown["staleWorkloads"])) == (30, 20)

    report_mesh(cluster, namespace=namespace, fingerprints=[root])
    wait_for(policy.read_status, lambda found: "staleWorkloads" not in found["meshes"][0])
    wait_for(lambda: policy.read_events("WorkloadsRenewed"), bool)
    assert "workloads:" not in status.run("-n", namespace).out


def test_a_policy_that_is_refused_is_wrong_and_says_what_to_do(
    status: Person, operator: OperatorProcess, make_policy: MakePolicy, names: Names
) -> None:
    server = "https://elsewhere.example:8200"
    policy = make_policy(names, {"spec.config.agentCa.vault.server": server})
    policy.wait_for("Accepted", "False")
    done = status.run(policy.full_name)
    assert done.code == 2
    assert f"✗ RootTrustPolicy {policy.full_name}: not ready" in done.out
    assert "✗ Accepted is False (UnknownServer): The operator's configuration has no" in done.out
    assert "VaultReachable is" not in done.out
    assert done.out.splitlines()[-1].startswith("Something is wrong: 0 of 1 policy well")


@pytest.mark.usefixtures("alone")
def test_an_edit_that_no_operator_has_seen_is_told(
    status: Person, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    done = status.run(policy.full_name)
    assert done.code == 1
    assert "? operator: it has not reported on the last edit" in done.out


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("root_life", "life", "code", "lines"),
    [
        (
            400 * DAY,
            20 * DAY + timedelta(hours=1),
            0,
            (f"✓ {POD}: serves its intermediate", "ends in 20 days", "All is well"),
        ),
        (
            400 * DAY,
            timedelta(hours=3, minutes=30),
            0,
            (f"! {POD}: serves its intermediate, whose renewal is overdue", "ends in 3 hours"),
        ),
        (
            400 * DAY,
            -3 * DAY + timedelta(hours=1),
            2,
            (f"✗ {POD}: has an intermediate that has ended", "ended 2 days ago", "is wrong"),
        ),
        (59 * DAY, 20 * DAY, 0, ("! root CN=Root", "ends in 58 days")),
        (-5 * DAY, -5 * DAY, 2, ("✗ root CN=Root", "ended 5 days ago")),
    ],
    ids=["well", "soon", "over", "root soon", "root over"],
)
def test_ends_are_judged_as_of_now_and_told_in_words(
    status: Person,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
    root_life: timedelta,
    life: timedelta,
    code: int,
    lines: tuple[str, ...],
) -> None:
    policy = make_policy(names)
    make_fleet(cluster, policy, root_life=root_life, life=life).tell()
    done = status.run(policy.full_name)
    assert done.code == code, done.out
    for line in lines:
        assert line in done.out
    assert "✓ far-away istiod-istio-system-far-away: intermediate on 2 of 2 istiods" in done.out


@pytest.mark.usefixtures("alone")
def test_a_watch_shows_changes_and_ends_at_ctrl_c(
    status: Person, make_policy: MakePolicy, names: Names, cluster: Cluster, tmp_path: Path
) -> None:
    policy = make_policy(names)
    fleet = make_fleet(cluster, policy, root_life=400 * DAY, life=20 * DAY)
    fleet.tell()
    process = status.start(policy.full_name, "--watch", "-o", "json")
    assert process.stdout
    assert json.loads(process.stdout.readline())["result"] == "Well"
    fleet.tell(VaultReachable=("False", "Sealed", "Vault is sealed: unseal it."))
    changed = json.loads(process.stdout.readline())
    assert changed["result"] == "Faulty"
    assert changed["policies"][0]["conditions"][0]["message"] == "Vault is sealed: unseal it."
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.code, done.err) == (2, "")


@pytest.mark.usefixtures("alone")
def test_an_operator_that_leads_no_more_is_told_before_all(
    status: Person, make_policy: MakePolicy, names: Names, cluster: Cluster
) -> None:
    policy = make_policy(names)
    make_fleet(cluster, policy, root_life=400 * DAY, life=20 * DAY).tell()
    renewed = datetime.now(UTC)
    put_lease(cluster, renewed)
    assert status.run(policy.full_name).code == 0
    put_lease(cluster, renewed - timedelta(hours=3))
    done = status.run(policy.full_name)
    assert done.code == 1
    assert done.out.startswith("? operator: none works, the last one did 3 hours ago, and what")


def test_kubectl_has_it_as_a_plugin(
    status: Person, cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl = cluster.kubectl("version", "--client").args[0]
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", str(status.kubeconfig))
    done = subprocess.run(
        [kubectl, "roottrust", "status", "-n", namespace],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no RootTrustPolicy in namespace" in done.stderr


def test_no_policy_and_no_such_policy_are_told(
    status: Person, make_policy: MakePolicy, names: Names, namespace: str
) -> None:
    done = status.run("-n", namespace)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"Error: There is no RootTrustPolicy in namespace {namespace}: see")
    policy = make_policy(names)
    done = status.run_json("none", "-n", namespace)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"Error: There is no RootTrustPolicy none in namespace {namespace}: there is "
        f"{policy.full_name}.\n"
    )


def test_an_api_server_that_does_not_answer_is_told(status: Person) -> None:
    content = yaml.safe_load(status.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = CLOSED
    status.kubeconfig.write_text(yaml.safe_dump(content))
    done = status.run()
    assert (done.code, done.out) == (1, "")
    assert done.err == (f"Error: The API server {CLOSED} cannot be reached: connection refused.\n")


@pytest.mark.refused("stranger")
def test_who_may_read_nothing_is_told_where_the_rights_are(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    path = write_kubeconfig(
        tmp_path / "kubeconfig", cluster, namespace=namespace, account="stranger"
    )
    done = Person(kubeconfig=path, command=("status",)).run("-n", namespace)
    assert (done.code, done.out) == (1, "")
    assert "denies you list on" in done.err
    assert "deploy/status/ has all the rights that are needed." in done.err


@pytest.fixture
def without_kinds(alone: None, cluster: Cluster) -> Iterator[None]:
    """A cluster that nobody has applied crds/ in."""
    cluster.kubectl("delete", "crd", POLICIES)
    yield
    cluster.kubectl("apply", "--server-side", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)


@pytest.mark.usefixtures("without_kinds")
def test_a_cluster_without_the_kinds_is_told_so(status: Person, cluster: Cluster) -> None:
    done = wait_for(status.run, lambda found: "does not know" in found.err)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"Error: {cluster.server} does not know RootTrustPolicies: see by --context whether this "
        "is the management cluster, and apply crds/ there.\n"
    )


@pytest.mark.usefixtures("status")
@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("list", ("admin.gloo.solo.io", "roottrustpolicies"), True),
        ("list", ("internal.gloo.solo.io", "meshes"), True),
        ("list", ("internal.gloo.solo.io", "issuedcertificates"), True),
        ("patch", ("admin.gloo.solo.io", "roottrustpolicies"), False),
        ("patch", ("internal.gloo.solo.io", "issuedcertificates"), False),
        ("list", ("coordination.k8s.io", "leases"), False),
        ("list", ("", "secrets"), False),
        ("list", ("", "configmaps"), False),
        ("list", ("", "pods"), False),
    ],
)
def test_a_reader_may_read_our_kinds_and_no_more(
    cluster: Cluster, namespace: str, verb: str, resource: tuple[str, str], allowed: bool
) -> None:
    groups = (f"system:serviceaccounts:{namespace}",)
    assert may_do(cluster, "somebody", verb, resource, "", groups=groups) is allowed
