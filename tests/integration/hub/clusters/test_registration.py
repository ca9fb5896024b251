"""Clusters that Secrets register, beside the one that the hub runs in: all real."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from roottrust.domain.cluster_registration import VAULT_CA_ANNOTATION, VAULT_HOST_ANNOTATION
from roottrust.domain.remote_hub import HUB_ACCOUNT
from testbed import Cluster
from tests.integration.access_review import may_do
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters import registration
from tests.integration.hub.clusters.both import select_both
from tests.integration.hub.clusters.registration import Registrar, build_kubeconfig, make_token
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.restarts import ask_for_restart, forget_restarts, list_bounces
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

pytestmark = pytest.mark.usefixtures("operator")

MESHES = ("internal.gloo.solo.io", "meshes")
CERTIFICATES = ("internal.gloo.solo.io", "issuedcertificates")
DIRECTIVES = ("internal.gloo.solo.io", "podbouncedirectives")
ACCOUNT = "istiod-service-account"
RESTARTS = {"spec.config.autoRestartPods": True}


def read_config(admin: Ask, names: Names) -> dict[str, Any]:
    """Return what Vault is told of a cluster."""
    found = read(admin, f"auth/{names.auth_mount}/config")
    assert found is not None
    return found


def test_a_registered_cluster_is_served_like_the_hubs_own(
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
    admin: Ask,
) -> None:
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2)
    spec = remote.wait_for()["spec"]
    assert spec["meshRef"]["cluster"] == "cluster2"
    config = read_config(admin, names2)
    assert config["kubernetes_host"] == second.server
    assert config["kubernetes_ca_cert"].strip() == second.ca_file.read_text().strip()
    policy.wait_for("VaultConfigured", "True")
    remote.edit({"hosts": ["evil.example"]})
    wait_for(remote.wait_for, lambda found: found["spec"] == spec)
    (mesh,) = policy.read_status()["meshes"]
    assert (mesh["cluster"], mesh["mesh"]) == ("cluster2", remote.name)


def test_what_a_registered_cluster_asks_for_is_restarted_there(
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    registrar.register("cluster2", kubeconfig)
    make_policy(names2, RESTARTS)
    ask_for_restart(remote)
    (written,) = wait_for(lambda: list_bounces(second, remote.name), bool)
    assert written["spec"]["meshRef"]["cluster"] == "cluster2"
    forget_restarts(remote)


def find_unwritten(policy: Policy) -> list[str]:
    """Return what is told of restarts that the hub cannot ask for."""
    warnings = policy.read_status().get("warnings", [])
    return [each for each in warnings if each.startswith("RestartsNotWritten: ")]


@pytest.mark.refused(HUB_ACCOUNT)
def test_a_cluster_that_an_older_version_has_joined_says_what_restarts_need(
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    role = ("role", HUB_ACCOUNT, "-n", registration.HOME)
    rules = json.loads(second.kubectl("get", *role, "-o", "json").stdout)["rules"]
    older = [each for each in rules if each["resources"] != ["podbouncedirectives"]]
    assert len(older) == len(rules) - 1
    try:
        second.kubectl("patch", *role, "--type=merge", "-p", json.dumps({"rules": older}))
        registrar.register("cluster2", kubeconfig)
        policy = make_policy(names2, RESTARTS)
        policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
        ask_for_restart(remote)
        advice = "run `roottrust cluster join cluster2` again"
        wait_for(lambda: find_unwritten(policy), lambda found: advice in str(found))
        policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
        assert list_bounces(second, remote.name) == []
    finally:
        registration.prepare(second)
    policy.nudge()
    wait_for(lambda: list_bounces(second, remote.name), bool, seconds=60)
    wait_for(lambda: find_unwritten(policy), lambda found: found == [])
    forget_restarts(remote)


def test_one_policy_serves_both_and_labels_of_the_secret_select(
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
) -> None:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    registrar.register("cluster2", kubeconfig, labels={"tier": "gold"})
    policy = make_policy(names, select_both(namespace))
    mine = Certificate(cluster=cluster, namespace=namespace).wait_for()["spec"]
    theirs = remote.wait_for()["spec"]
    assert mine["trustBundle"] == theirs["trustBundle"]
    assert mine["certOptions"]["commonName"] != theirs["certOptions"]["commonName"]
    gold = [{"istio": {"namespace": namespace, "clusterSelector": {"tier": "gold"}}}]
    policy.apply({**select_both(namespace), "spec.applyToMeshes": gold})
    Certificate(cluster=cluster, namespace=namespace).wait_until_gone()
    assert remote.read() is not None


def test_vault_may_reach_it_by_another_address(
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    make_policy: MakePolicy,
    names2: Names,
    admin: Ask,
) -> None:
    ca_pem = cluster.ca_file.read_text()
    annotations = {VAULT_HOST_ANNOTATION: "https://api.example:6443", VAULT_CA_ANNOTATION: ca_pem}
    registrar.register("cluster2", kubeconfig, annotations=annotations)
    make_policy(names2).wait_for("VaultConfigured", "True")
    # The hub may know the registration before still, which named no such address.
    config = wait_for(
        lambda: read_config(admin, names2),
        lambda found: found["kubernetes_host"] == "https://api.example:6443",
    )
    assert config["kubernetes_ca_cert"].strip() == ca_pem.strip()
    registrar.register("cluster2", kubeconfig)
    wait_for(
        lambda: read_config(admin, names2)["kubernetes_host"],
        lambda host: "api.example" not in host,
    )


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("cluster2", {"insecure-skip-tls-verify": True}, "InsecureConnection"),
        ("cluster2", {"server": "http://10.0.0.1"}, "InsecureConnection"),
        ("cluster2", {"certificate-authority": "/etc/passwd"}, "CredentialsNotInline"),
        ("cluster2", {"proxy-url": "http://10.0.0.1"}, "CredentialsNotSupported"),
    ],
)
def test_a_secret_that_is_refused_is_told_on_the_policies_it_concerns(
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    make_policy: MakePolicy,
    names2: Names,
    name: str,
    changes: dict[str, Any],
    reason: str,
) -> None:
    token = make_token(second)
    registrar.register(name, build_kubeconfig(second, token, **changes))
    policy = make_policy(names2)
    told = policy.wait_for("Accepted", "Unknown", reason)
    assert f"Secret test-{name} is refused" in told["message"]
    registrar.register(name, kubeconfig)
    policy.wait_for("VaultConfigured", "True")


def test_a_name_that_is_taken_or_no_dns_label_is_a_warning_where_others_are_served(
    registrar: Registrar,
    kubeconfig: str,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
) -> None:
    registrar.register("cluster1", kubeconfig, secret="own-name")
    registrar.register("no_label", kubeconfig, secret="no-label")
    policy = make_policy(names, select_both(namespace))

    def tells(status: dict[str, Any]) -> bool:
        text = " ".join(status.get("warnings") or ())
        return "the hub itself runs in" in text and "'no_label' is no DNS label" in text

    wait_for(policy.read_status, tells)


def test_a_cluster_that_is_registered_no_more_is_left_as_it_is(
    registrar: Registrar,
    kubeconfig: str,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
    admin: Ask,
) -> None:
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2)
    remote.wait_for()
    registrar.clear()
    told = policy.wait_for("Accepted", "Unknown", "NoClusterSelected")
    assert "register the cluster" in told["message"]
    assert remote.read() is not None
    assert read_config(admin, names2)


@pytest.mark.refused("short")
def test_exchanged_credentials_are_used_at_once(
    registrar: Registrar,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    second.kubectl("create", "serviceaccount", "short", "-n", registration.HOME)
    binding = ("create", "clusterrolebinding", "short", f"--clusterrole={HUB_ACCOUNT}")
    second.kubectl(*binding, f"--serviceaccount={registration.HOME}:short")
    try:
        registrar.register("cluster2", build_kubeconfig(second, make_token(second, "short")))
        policy = make_policy(names2)
        remote.wait_for()
    finally:
        second.kubectl("delete", "clusterrolebinding", "short")
        second.kubectl("delete", "serviceaccount", "short", "-n", registration.HOME)
    registrar.register("cluster2", build_kubeconfig(second, make_token(second)))
    remote.delete()
    remote.wait_for()
    wait_for(lambda: str(policy.read_conditions()), lambda text: "ClusterAccessDenied" not in text)


def test_a_token_that_is_worth_nothing_is_told_with_what_to_do(
    registrar: Registrar, second: Cluster, make_policy: MakePolicy, names2: Names, kubeconfig: str
) -> None:
    registrar.register("cluster2", build_kubeconfig(second, "nonsense"))
    policy = make_policy(names2)
    told = policy.wait_for("CertificatesIssued", "Unknown", "ClusterAccessDenied")
    assert told["message"].startswith("Cluster cluster2 (since 20")
    assert "`roottrust cluster join cluster2`" in told["message"]
    registrar.register("cluster2", kubeconfig)
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForMesh")


def test_a_good_token_that_is_exchanged_for_a_worthless_one_is_told(
    registrar: Registrar,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
    kubeconfig: str,
) -> None:
    """The watches that are open by the good one do not hide that."""
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2)
    remote.wait_for()
    registrar.register("cluster2", build_kubeconfig(second, "nonsense"))
    policy.wait_for("CertificatesIssued", "Unknown", "ClusterAccessDenied")


@pytest.mark.refused("reader")
def test_a_secret_with_the_rights_of_a_reader_is_told_what_it_lacks(
    registrar: Registrar, second: Cluster, make_policy: MakePolicy, names2: Names
) -> None:
    """As `istioctl create-remote-secret` makes it: istiod only reads."""
    second.kubectl("create", "serviceaccount", "reader", "-n", registration.HOME)
    words = ("create", "clusterrole", "reader", "--verb=get,list,watch")
    second.kubectl(*words, "--resource=meshes.internal.gloo.solo.io,issuedcertificates")
    binding = ("create", "clusterrolebinding", "reader", "--clusterrole=reader")
    second.kubectl(*binding, f"--serviceaccount={registration.HOME}:reader")
    try:
        registrar.register("cluster2", build_kubeconfig(second, make_token(second, "reader")))
        policy = make_policy(names2)
        # An account that has just been made may be unknown to its API server for a moment.
        wait_for(
            lambda: policy.wait_for("CertificatesIssued", "Unknown", "ClusterAccessDenied"),
            lambda told: "create issuedcertificates, patch issuedcertificates" in told["message"],
        )
    finally:
        for kind in ("clusterrolebinding", "clusterrole"):
            second.kubectl("delete", kind, "reader")
        second.kubectl("delete", "serviceaccount", "reader", "-n", registration.HOME)


def test_a_cluster_that_hangs_delays_no_other_and_is_told_since_when(
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
) -> None:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names, select_both(namespace))
    mine = Certificate(cluster=cluster, namespace=namespace)
    before = mine.wait_for()
    theirs = remote.wait_for()
    second.pause_part("kube-apiserver")
    try:
        # Now the hub has something to write there, and is not answered.
        bundle = {"spec.config.intermediateCertOptions": {"ttlDays": 20}}
        policy.apply({**select_both(namespace), **bundle})
        mine_after = wait_for(
            mine.wait_for, lambda found: found["spec"]["certOptions"]["ttlDays"] == 20
        )
        told = policy.wait_for("CertificatesIssued", "Unknown", "ClusterUnreachable")
        assert told["message"].startswith("Cluster cluster2 (since 20")
        for _ in range(3):
            started_at = time.monotonic()
            mine.edit({"hosts": ["evil.example"]})
            wait_for(mine.wait_for, lambda found: found["spec"] == mine_after["spec"])
            assert time.monotonic() - started_at < 3.0
    finally:
        second.resume_part("kube-apiserver")
    assert before["spec"] != mine_after["spec"]
    wait_for(
        remote.wait_for,
        lambda found: found["spec"]["certOptions"]["ttlDays"] == 20,
        seconds=60,
    )
    assert remote.wait_for()["metadata"]["uid"] == theirs["metadata"]["uid"]
    _wait_until_well(policy)


def _wait_until_well(policy: Policy) -> None:
    wait_for(
        lambda: str(policy.read_conditions()),
        lambda text: "ClusterUnreachable" not in text,
        seconds=60,
    )


def test_a_mesh_that_names_another_cluster_is_not_believed(
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
) -> None:
    place = {"lies_in": namespace, "speaks_for": namespace, "account": ACCOUNT}
    put_mesh(second, **place, names="cluster1")
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names, select_both(namespace))
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    status = wait_for(policy.read_status, lambda found: "meshes" in found)
    assert [each["mesh"] for each in status["meshes"]] == [remote.name]
    for each in (cluster, second):
        found = each.kubectl("get", "issuedcertificates", "-n", namespace, "-o", "name").stdout
        assert f"-{namespace}-cluster1" not in found


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("watch", MESHES),
        ("create", CERTIFICATES),
        ("delete", CERTIFICATES),
        ("patch", (CERTIFICATES[0], "issuedcertificates/status")),
    ],
)
def test_the_hub_may_keep_its_own_kinds_there(
    second: Cluster, verb: str, resource: tuple[str, str]
) -> None:
    assert may_do(second, _REMOTE, verb, resource, "anywhere")


def test_the_hub_may_say_beside_the_operator_there_what_is_restarted(second: Cluster) -> None:
    assert may_do(second, _REMOTE, "create", DIRECTIVES, registration.HOME)
    assert not may_do(second, _REMOTE, "create", DIRECTIVES, "istio-system")
    for verb in ("get", "list", "patch", "delete"):
        assert not may_do(second, _REMOTE, verb, DIRECTIVES, registration.HOME)


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("get", ("", "secrets"), registration.HOME),
        ("list", ("", "secrets"), "istio-system"),
        ("get", ("", "configmaps"), "istio-system"),
        ("get", ("", "pods"), "istio-system"),
        ("delete", ("", "pods"), "istio-system"),
        ("create", ("", "pods/eviction"), "istio-system"),
        ("create", ("", "pods/exec"), "istio-system"),
        ("patch", ("apps", "deployments"), "istio-system"),
        ("patch", ("apps", "deployments/scale"), "istio-system"),
        ("patch", ("apps", "statefulsets"), "istio-system"),
        ("patch", ("apps", "daemonsets"), "istio-system"),
        ("patch", ("apps", "replicasets"), "istio-system"),
        ("patch", MESHES, "istio-system"),
        ("create", ("", "serviceaccounts/token"), "istio-system"),
        ("create", ("authentication.k8s.io", "tokenreviews"), ""),
        ("impersonate", ("", "users"), ""),
    ],
)
def test_the_hub_may_read_no_secret_and_restart_nothing_there(
    second: Cluster, verb: str, resource: tuple[str, str], namespace: str
) -> None:
    assert not may_do(second, _REMOTE, verb, resource, namespace)


@pytest.mark.usefixtures("second")
def test_the_hub_makes_tokens_of_two_accounts_alone_there(second: Cluster) -> None:
    tokens = ("", "serviceaccounts/token")
    for name, may in ((HUB_ACCOUNT, True), ("roottrust-reviewer", True), ("default", False)):
        assert may_do(second, _REMOTE, "create", tokens, registration.HOME, name=name) is may


_REMOTE = f"system:serviceaccount:{registration.HOME}:{HUB_ACCOUNT}"
