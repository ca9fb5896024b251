"""A registered cluster whose administrator is hostile: what it does stays its own affair."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.mirror import Mirror, count_writes
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.root import make_expired_root, make_root
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read
from tests.session import CRDS

ACCOUNT = "istiod-service-account"
OWNER = "internal.gloo.solo.io/owner"
PATIENCE_SECONDS = 3.0
STORM, STORM_SECONDS = 1_000, 120.0
FLOOD = 1_200  # more than the hub takes over of a kind
TOO_MANY = 10_000
HUGE_BYTES = 1_200_000  # etcd takes 1.5 MiB
WRITERS = 8
MESHES = "/apis/internal.gloo.solo.io/v2/namespaces/{namespace}/meshes"


@pytest.fixture
def victim(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    names2: Names,
    namespace: str,
) -> Certificate:
    """The IssuedCertificate of the hub's own cluster, whose upkeep must not suffer.

    Each cluster has a policy of its own; that of the hostile one works at first.
    """
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    registrar.register("cluster2", kubeconfig)
    make_policy(names, name="victim")
    make_policy(names2, name="hostile")
    remote.wait_for()
    found = Certificate(cluster=cluster, namespace=namespace)
    found.wait_for()
    return found


@pytest.fixture
def hostile(cluster: Cluster, namespace: str) -> Policy:
    """The policy for the hostile cluster."""
    return Policy(cluster=cluster, namespace=namespace, name="hostile")


def check_upkeep(victim: Certificate, times: int = 3) -> None:
    """See that what is changed by hand is put back as fast as ever."""
    wanted = victim.wait_for()["spec"]
    for _ in range(times):
        started_at = time.monotonic()
        victim.edit({"hosts": ["evil.example"]})
        wait_for(victim.wait_for, lambda found: found["spec"] == wanted)
        assert time.monotonic() - started_at < PATIENCE_SECONDS


@contextmanager
def without_schemas(cluster: Cluster) -> Iterator[None]:
    """Have a cluster accept anything as our kinds, which its administrator can."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definitions = []
    for path in sorted(Path(CRDS).glob("*.yaml")):
        definition = yaml.safe_load(path.read_text())
        for version in definition["spec"]["versions"]:
            version["schema"] = {"openAPIV3Schema": anything}
            version["additionalPrinterColumns"] = []
        definitions.append(definition)
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions})
    cluster.kubectl("replace", "-f", "-", input=listed)
    try:
        yield
    finally:
        cluster.kubectl("replace", "-f", CRDS)


def test_objects_without_any_form_hurt_nobody(
    victim: Certificate,
    remote: Certificate,
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
        for number, status in enumerate([7, {"instances": 7}, {"instances": [{"pod": []}]}]):
            name = f"forged-{number}"
            _create(second, "IssuedCertificate", namespace, name, spec="none", status=status)
            # Last, since the hub clears away what bears the mark of a policy that is not for it.
            words = ("annotate", "issuedcertificate", name, "-n", namespace)
            second.kubectl(*words, f"{OWNER}={mark}")
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
    # All at once: one by one takes kubectl minutes.
    second.kubectl("delete", "--raw", MESHES.format(namespace=namespace))
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
) -> None:
    """Each change of a Mesh could have every policy looked at, and be mirrored; a storm has not."""
    Mirror(cluster, remote.name).wait_until_alone()  # those of a flood are being removed
    mirrored = count_writes(operator)
    before = operator.sum_metric("roottrust_reconciles_total")
    started_at = time.monotonic()
    path = f"{MESHES.format(namespace=namespace)}/istiod-{namespace}-cluster2"
    with storm(second, path, _label_mesh) as sent:
        time.sleep(3)
        check_upkeep(victim, times=5)
        # How fast they come is the API server's affair; that they are many is what counts.
        wait_for(lambda: sum(sent), lambda count: count >= STORM, seconds=STORM_SECONDS)
        time.sleep(max(0.0, started_at + 15 - time.monotonic()))
    done = operator.sum_metric("roottrust_reconciles_total") - before
    assert done < sum(sent) / 4, (done, sum(sent))
    assert count_writes(operator) - mirrored < 20


@contextmanager
def storm(
    cluster: Cluster, path: str, build: Callable[[str], dict[str, Any]]
) -> Iterator[list[int]]:
    """Change an object as fast as its API server takes it; yields the counts of changes.

    `build` returns a change that is another one for each text.
    """
    stop = threading.Event()
    sent = [0] * WRITERS

    def blow(index: int) -> None:
        session = _open_session(cluster)
        url = f"{cluster.server}{path}"
        headers = {"Content-Type": "application/merge-patch+json"}
        while not stop.is_set():
            sent[index] += 1
            patch = build(f"{index}-{sent[index]}")
            assert session.patch(url, json=patch, headers=headers, timeout=10).ok

    threads = [threading.Thread(target=blow, args=(number,)) for number in range(len(sent))]
    for each in threads:
        each.start()
    try:
        yield sent
    finally:
        stop.set()
        for each in threads:
            each.join()


def _label_mesh(text: str) -> dict[str, Any]:
    """Return a change of what policies select by: each could have all of them read again."""
    return {"spec": {"istio": {"installation": {"podLabels": {"app": f"istiod-{text}"}}}}}


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
