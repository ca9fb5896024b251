"""A registered cluster whose administrator is hostile: what it does stays its own affair."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from roottrust.hub.mirror_pace import MESH_SECONDS
from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.mirror import Mirror, count_writes
from tests.integration.hub.clusters.schemaless import without_schemas
from tests.integration.hub.clusters.storm import OTHER, storm
from tests.integration.hub.clusters.upkeep import check_upkeep
from tests.integration.hub.configuration import DELETION_SECONDS
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.restarts import HOME, ask_for_restart, forget_restarts, list_bounces
from tests.integration.hub.root import make_expired_root, make_root
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object, list_objects
from tests.integration.vault_calls import Ask, read
from tests.session import shown

ACCOUNT = "istiod-service-account"
OWNER = "internal.gloo.solo.io/owner"
STORM, STORM_SECONDS = 1_000, 120.0
STORM_LEAST_SECONDS = 10.0
STORMY = ("istiod", *(f"istiod-{number}" for number in range(1, 8)))
# A change of what policies select by: each could have all of them read again.
LABELLED = {"spec": {"istio": {"installation": {"podLabels": {"app": f"istiod-{OTHER}"}}}}}
DRAIN_SECONDS = 900.0
FLOOD = 1_200  # more than the hub takes over of a kind
TOO_MANY = 10_000
HUGE_BYTES = 1_200_000  # etcd takes 1.5 MiB
WRITERS = 8
RELEASED = '{"metadata":{"finalizers":null}}'
MANY_FORGED = 30  # more than the hub removes in one pass
MESHES = "/apis/internal.gloo.solo.io/v2/namespaces/{namespace}/meshes"


@pytest.fixture
def hostile(cluster: Cluster, namespace: str) -> Policy:
    """The policy for the hostile cluster."""
    return Policy(cluster=cluster, namespace=namespace, name="hostile")


def test_objects_without_any_form_hurt_nobody(
    victim: Certificate,
    remote: Certificate,
    hostile: Policy,
    second: Cluster,
    operator: OperatorProcess,
    admin: Ask,
    names2: Names,
    namespace: str,
) -> None:
    bugs = operator.sum_metric("roottrust_bugs_total")
    mark = victim.wait_for()["metadata"]["annotations"][OWNER]
    with without_schemas(second):
        _create(second, "Mesh", namespace, f"any-{namespace}-cluster2", spec=[7, {"istio": []}])
        place = {"namespace": namespace, "cluster": "cluster2"}
        spec = {"istio": {"installation": place, "istiodServiceAccount": "*"}}
        _create(second, "Mesh", namespace, f"star-{namespace}-cluster2", spec=spec)
        odd = {"istio": {"installation": {"namespace": "Istio_System", "cluster": "cluster2"}}}
        _create(second, "Mesh", namespace, f"odd-{namespace}-cluster2", spec=odd)
        for number, status in enumerate([7, {"instances": 7}, {"instances": [{"pod": []}]}]):
            name = f"forged-{number}"
            _create(second, "IssuedCertificate", namespace, name, spec="none", status=status)
            # Last, since the hub clears away what bears the mark of a policy that is not for it.
            words = ("annotate", "issuedcertificate", name, "-n", namespace)
            second.kubectl(*words, f"{OWNER}={mark}")
        wait_for(hostile.read_status, lambda found: "not believed" in str(found.get("warnings")))
        check_upkeep(victim)
        remote.delete()
        remote.wait_for()  # also there what is sound goes on
    role = read(admin, f"auth/{names2.auth_mount}/role/{names2.role}")
    assert role is not None
    assert "*" not in role["bound_service_account_names"]
    assert operator.sum_metric("roottrust_bugs_total") == bugs


def test_meshes_that_lie_are_left_out_and_told_of(
    victim: Certificate, hostile: Policy, cluster: Cluster, second: Cluster, namespace: str
) -> None:
    other = Policy(cluster=cluster, namespace=namespace, name="victim")
    other.wait_for("VaultConfigured", "True")
    before = other.read_status()
    put_mesh(second, lies_in=namespace, speaks_for=namespace, account=ACCOUNT, names="cluster1")
    put_mesh(second, lies_in=namespace, speaks_for="istio-system", account=ACCOUNT)
    told = wait_for(
        lambda: [each for each in hostile.read_status().get("warnings", []) if "believed" in each],
        lambda found: bool(found) and "Meshes are not believed: first " in found[0],
    )
    # An earlier test's may be among them, in a namespace that is on its way out.
    assert [text for text in told if text.startswith("Cluster cluster2: ")] == told
    check_upkeep(victim)
    assert other.read_status().get("warnings") == before.get("warnings")
    assert other.read_status()["meshTotals"] == before["meshTotals"]


def test_forged_evidence_counts_for_nothing(
    victim: Certificate,
    remote: Certificate,
    hostile: Policy,
    cluster: Cluster,
    second: Cluster,
    vault: Vault,
    own_istiod: Account,
    operator: OperatorProcess,
    tmp_path: Path,
) -> None:
    """Chains of an attacker's own with the pinned subject, one that ended, another cluster's."""
    bugs = operator.sum_metric("roottrust_bugs_total")
    other = Policy(cluster=cluster, namespace=victim.namespace, name="victim")
    other.wait_for("VaultConfigured", "True")
    borrowed = Agent(cluster=cluster, vault=vault, certificate=victim, account=own_istiod)
    real = borrowed.describe(borrowed.obtain())
    spec, before = remote.wait_for()["spec"], (victim.wait_for()["spec"], other.read_status())
    subject = f"/CN={spec['certOptions']['commonName']}"
    chains = {
        "forged": make_root(tmp_path / "forged", subject=subject).certificate.read_text(),
        "expired": make_expired_root(tmp_path / "expired").certificate.read_text(),
        "root": spec["trustBundle"],
    }
    entries = [_forge(pod, chain, spec) for pod, chain in chains.items()]
    entries.append({**real, "pod": "istiod-borrowed"})
    with without_schemas(second):
        remote.report({"instances": entries, "state": "ISSUED"})
        hostile.wait_for("CertificatesIssued", "False", "InstanceNotBelieved")
        told = Mirror(cluster, remote.name).wait_for(
            lambda found: len(list_states(found)) == len(entries)
        )
        assert list_states(told) == {each["pod"]: "NotBelieved" for each in entries}
        remote.report({"instances": [{"pod": f"istiod-{each}"} for each in range(TOO_MANY)]})
        check_upkeep(victim)
        remote.report({"instances": entries, "padding": "x" * HUGE_BYTES})
        check_upkeep(victim)
        # A line of a watch holds less, and is read no further: a list brings it, once.
        hostile.wait_for("CertificatesIssued", "False", "InstanceNotBelieved")
        remote.delete()
        hostile.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent", seconds=60)
    assert (victim.wait_for()["spec"], other.read_status()) == before
    assert operator.sum_metric("roottrust_bugs_total") == bugs


def test_restarts_that_it_makes_up_stay_its_own(
    victim: Certificate,
    remote: Certificate,
    hostile: Policy,
    cluster: Cluster,
    second: Cluster,
    operator: OperatorProcess,
) -> None:
    """Of changes that are not the hub's, without form, and one that is due: of all namespaces."""
    bugs = operator.sum_metric("roottrust_bugs_total")
    patch = '{"spec": {"config": {"autoRestartPods": true}}}'
    cluster.kubectl(
        "patch", "rtp", hostile.name, "-n", hostile.namespace, "--type=merge", "-p", patch
    )
    wait_for(remote.wait_for, lambda found: found["spec"]["autoRestartPods"])
    foreign = [{"namespace": f"ns-{each}", "labels": {"app": "any"}} for each in range(64)]
    try:
        for number in range(10):
            ask_for_restart(remote, trustHash=f"{number:064x}")
        with without_schemas(second):
            formless: list[Any] = [7, {"part": "x"}, {"podsToBounce": [{"labels": {}}] * 70}]
            for request in (*formless, None):
                status = json.dumps({"status": {"restartRequest": request}})
                words = ("patch", "mesh", remote.name, "-n", HOME, "--subresource=status")
                second.kubectl(*words, "--type=merge", f"--patch={status}")
                check_upkeep(victim)
        assert list_bounces(second, remote.name) == []
        ask_for_restart(remote, podsToBounce=foreign)
        (written,) = wait_for(lambda: list_bounces(second, remote.name), bool)
        assert len(written["spec"]["podsToBounce"]) == 64
        assert list_objects(cluster, "podbouncedirectives", HOME) == []
        check_upkeep(victim)
        assert operator.sum_metric("roottrust_bugs_total") == bugs
    finally:
        forget_restarts(remote)


def test_certificates_forged_with_another_policys_mark_are_cleared_away(
    victim: Certificate,
    remote: Certificate,
    cluster: Cluster,
    second: Cluster,
    vault: Vault,
    own_istiod: Account,
    operator: OperatorProcess,
    admin: Ask,
    names: Names,
    request: pytest.FixtureRequest,
) -> None:
    """Just what the hub makes for the other policy, with evidence that all is well, or nothing is.

    One is in the place of what the hub made there for that cluster, and one cannot be removed.
    """
    bugs = operator.sum_metric("roottrust_bugs_total")
    other = Policy(cluster=cluster, namespace=victim.namespace, name="victim")
    other.wait_for("VaultConfigured", "True")
    agent = Agent(cluster=cluster, vault=vault, certificate=victim, account=own_istiod)
    entry = agent.describe(agent.serve())
    other.wait_for("CertificatesIssued", "True")
    swept = f"0 in {names.intermediate_mount} now"  # the key that the agent has needs no keeping
    wait_for(lambda: str(other.read_status()["warnings"]), lambda told: swept in told, seconds=90)
    wait_for(lambda: victim.read_status().get("state"), "FINISHED".__eq__)
    made, own = victim.wait_for(), remote.wait_for()
    before = (made["spec"], victim.read_status(), other.read_status(), read_objects(admin, names))
    forged = [made["metadata"]["name"], *(f"forged-{number}" for number in range(MANY_FORGED))]
    for name in forged:
        held = {"finalizers": ["evil.example/hold"]} if name == "forged-0" else {}
        metadata = {each: made["metadata"][each] for each in ("namespace", "labels", "annotations")}
        _apply(second, {**made, "metadata": {**metadata, **held, "name": name}})
    liars = [{**entry, "pod": "istiod-other"}, {"pod": "istiod-none", "error": "All is lost."}]
    mark = made["metadata"]["annotations"][OWNER]
    forgery = {**made["spec"], "meshRef": own["spec"]["meshRef"]}  # which cannot be changed
    status = {"instances": liars, "state": "FAILED"}
    remote.report(status)
    remote.patch({"metadata": {"annotations": {OWNER: mark}}, "spec": forgery})
    words = ("patch", "issuedcertificate", "forged-0", "-n", victim.namespace, "--type=merge")
    request.addfinalizer(lambda: second.kubectl(*words, f"--patch={RELEASED}"))
    patch = json.dumps({"status": status})
    second.kubectl(*words, "--subresource=status", f"--patch={patch}")
    wait_for(lambda: _list_certificates(second, victim.namespace), {remote.name, "forged-0"}.__eq__)
    kept = find_object(second, "issuedcertificates", victim.namespace, "forged-0")
    assert kept is not None
    assert kept["metadata"]["deletionTimestamp"]
    # What is in the place of the hostile cluster's own is made anew, as its policy asks for it.
    restored = wait_for(remote.wait_for, lambda found: found["spec"] == own["spec"])
    assert restored["metadata"]["annotations"][OWNER] == own["metadata"]["annotations"][OWNER]
    assert restored["metadata"]["uid"] != own["metadata"]["uid"]
    after = (victim.wait_for()["spec"], victim.read_status())
    assert (*after, other.read_status(), read_objects(admin, names)) == before
    check_upkeep(victim)
    assert operator.sum_metric("roottrust_bugs_total") == bugs


def test_what_another_cluster_claims_to_use_goes_with_its_policy(
    victim: Certificate, cluster: Cluster, second: Cluster, admin: Ask, names: Names
) -> None:
    """What names a mount keeps it in use, but not from a cluster that it is not for."""
    other = Policy(cluster=cluster, namespace=victim.namespace, name="victim")
    deletes = {"spec": {"management": {"deletionPolicy": "Delete"}}}
    other.kubectl("patch", "rtp", other.name, "--type=merge", f"--patch={json.dumps(deletes)}")
    other.wait_for("VaultConfigured", "True")
    made = victim.wait_for()
    metadata = {"namespace": victim.namespace, "name": "forged"}
    _apply(second, {**made, "metadata": metadata})
    assert read_objects(admin, names)[names.intermediate_mount] is not None
    # Not in time while anything depends on a mount.
    other.kubectl("delete", "rtp", other.name, f"--timeout={DELETION_SECONDS / 2:g}s")
    left = [path for path, found in read_objects(admin, names).items() if found is not None]
    assert left == ["pki"]
    assert _list_certificates(second, victim.namespace) >= {"forged"}


def list_states(mirror: dict[str, Any]) -> dict[str, str]:
    """Return how the hub judges each replica, by pod."""
    issuance = mirror.get("status", {}).get("issuance") or {}
    return {each["pod"]: each["state"] for each in issuance.get("instances", ())}


@pytest.mark.parametrize("count", [FLOOD, pytest.param(20_000, marks=pytest.mark.prove)])
def test_a_flood_of_objects_is_refused_as_a_whole(
    victim: Certificate, hostile: Policy, second: Cluster, namespace: str, count: int
) -> None:
    pour(second, [_build_mesh(f"m{number:05}", namespace) for number in range(count)], namespace)
    check_upkeep(victim)
    # Its watch brings no more than the bound, and a list shows that there is more.
    told = hostile.wait_for("CertificatesIssued", "Unknown", "ClusterTooLarge", seconds=60)
    assert "more than 1000 meshes.internal.gloo.solo.io" in told["message"]
    check_upkeep(victim)
    drain(second, namespace)
    put_mesh(second, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    wait_for(
        lambda: str(hostile.read_conditions()),
        lambda text: "ClusterTooLarge" not in text,
        seconds=90,
    )


def test_a_storm_of_changes_delays_nobody(
    victim: Certificate,
    remote: Certificate,
    cluster: Cluster,
    second: Cluster,
    operator: OperatorProcess,
    namespace: str,
    request: pytest.FixtureRequest,
) -> None:
    """Each change of a Mesh could have every policy looked at, and be mirrored; a storm has not."""
    Mirror(cluster, remote.name).wait_until_alone()  # those of a flood are being removed
    for name in STORMY[1:]:
        put_mesh(second, lies_in=namespace, speaks_for=namespace, account=ACCOUNT, deployment=name)
    mirrored = count_writes(operator)
    before = operator.sum_metric("roottrust_reconciles_total")
    folder = MESHES.format(namespace=namespace)
    paths = [f"{folder}/{name}-{namespace}-cluster2" for name in STORMY]
    # What its API server does not check it takes faster.
    with without_schemas(second), storm(second, paths, LABELLED) as changes:
        time.sleep(3)
        check_upkeep(victim, times=5)
        # How fast they come is the API server's affair; that they are many is what counts.
        wait_for(lambda: changes.total, lambda count: count >= STORM, seconds=STORM_SECONDS)
        time.sleep(STORM_LEAST_SECONDS)
        check_upkeep(victim, times=5)
        total, rate = changes.total, changes.rate
    with shown(request):
        print(f"A storm of {total} changes of {len(paths)} Meshes: {rate:.0f} a second.")
    done = operator.sum_metric("roottrust_reconciles_total") - before
    assert done < total / 4, (done, total)
    bound = len(paths) * 2 * (2 + total / rate / MESH_SECONDS)
    assert count_writes(operator) - mirrored < bound


def pour(cluster: Cluster, manifests: Sequence[dict[str, Any]], namespace: str) -> None:
    """Create Meshes by several writers, which takes a tenth of kubectl's time."""
    url = cluster.server + MESHES.format(namespace=namespace)

    def create(part: Sequence[dict[str, Any]]) -> None:
        session = _open_session(cluster)
        for each in part:
            answer = session.post(url, json=each, timeout=60)
            assert answer.ok, answer.text

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(create, [manifests[number::WRITERS] for number in range(WRITERS)]))


def drain(cluster: Cluster, namespace: str) -> None:
    """Delete all Meshes; an API server takes more than the minute of a request for thousands."""
    session = _open_session(cluster)
    url = cluster.server + MESHES.format(namespace=namespace)
    wait_for(lambda: session.delete(url, timeout=90).ok, bool, seconds=DRAIN_SECONDS)


def _open_session(cluster: Cluster) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # it may name another CA, or a proxy
    session.cert = (str(cluster.pki / "admin.crt"), str(cluster.pki / "admin.key"))
    session.verify = str(cluster.ca_file)
    return session


def _forge(pod: str, chain: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return an entry that claims all is well, with fingerprints that are made up."""
    return {
        "pod": f"istiod-{pod}",
        "serial": "ff",
        "fingerprint": "a" * 64,
        "issuerFingerprint": hashlib.sha256(chain.encode()).hexdigest(),
        "chain": chain,
        "trustBundleFingerprint": hashlib.sha256(spec["trustBundle"].encode()).hexdigest(),
        "intermediateGeneration": spec["intermediateGeneration"],
        "notBefore": "2020-01-01T00:00:00Z",
        "notAfter": "2099-01-01T00:00:00Z",
        "loadedByIstiod": True,
    }


def _build_mesh(deployment: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": namespace, "name": f"{deployment}-{namespace}-cluster2"},
        "spec": {"istio": {"installation": {"namespace": namespace, "cluster": "cluster2"}}},
    }


def _apply(cluster: Cluster, manifest: dict[str, Any]) -> None:
    cluster.kubectl("create", "-f", "-", input=json.dumps(manifest))


def _list_certificates(cluster: Cluster, namespace: str) -> set[str]:
    found = list_objects(cluster, "issuedcertificates", namespace)
    return {each["metadata"]["name"] for each in found}


def _create(
    cluster: Cluster,
    kind: str,
    namespace: str,
    name: str,
    *,
    status: Any = None,
    **fields: Any,
) -> None:
    manifest = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": kind,
        "metadata": {"namespace": namespace, "name": name},
        **fields,
    }
    cluster.kubectl("create", "-f", "-", "--validate=false", input=json.dumps(manifest))
    if status is not None:
        patch = json.dumps({"status": status})
        words = ("patch", kind.lower(), name, "-n", namespace, "--subresource=status")
        cluster.kubectl(*words, "--type=merge", f"--patch={patch}")
