"""The way that we recommend: istiod's own values, keys made in the pod, tokens for Vault alone."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from testbed import Cluster
from tests.e2e.agent_start import read_agent_start
from tests.e2e.chain import check_chain, read_identity
from tests.e2e.istiod import AGENT, FOLDER, Istiod
from tests.e2e.load import CERTIFICATE_SECONDS
from tests.e2e.memory import READ_STATUS, read_resident_bytes
from tests.e2e.mesh_site import MeshSite
from tests.e2e.operator_pod import IMAGE
from tests.e2e.secret_search import PLANTED, build_needles, find_traces, find_vault_tokens
from tests.e2e.workload import Workload
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

MEGABYTE = 1024 * 1024


@pytest.fixture
def istiod(mesh: MeshSite) -> Istiod:
    return mesh.istiod


def test_policy_is_ready(mesh: MeshSite) -> None:
    for condition in ("CertificatesIssued", "TrustPropagated", "Ready"):
        mesh.policy.wait_for(condition, "True")


def test_vault_never_calls_the_cluster_and_holds_no_credential_of_it(
    istiod: Istiod, admin: Ask
) -> None:
    config = read(admin, "auth/kube-cluster1-mesh-auth/config")
    assert config is not None
    assert config["jwt_validation_pubkeys"]
    assert "token_reviewer_jwt" not in config


def test_workload_has_an_identity_under_vaults_root(
    istiod: Istiod, cluster: Cluster, root: Root, bookinfo: str
) -> None:
    expected = root.certificate.read_text()
    istiod.wait_for_published_root(bookinfo, expected)
    workload = Workload(cluster=cluster, namespace=bookinfo, name="workload")
    workload.start()
    chain = check_chain(workload.read_certificate("cert-chain.pem"), expected)
    assert read_identity(chain[0]) == workload.identity


def test_agent_is_small_and_quick(istiod: Istiod) -> None:
    """As for every pod but a mesh's first, its IssuedCertificate is there when it starts."""
    istiod.restart()
    words = ("exec", istiod.get_pod(), "-c", AGENT, "--", *READ_STATUS)
    taken = read_resident_bytes(istiod.kubectl(*words))
    print(f"the agent takes {taken / MEGABYTE:.1f} MB; {read_agent_start(istiod)}")
    assert taken < 64 * MEGABYTE


def test_key_is_nowhere_but_in_the_pod(istiod: Istiod, cluster: Cluster) -> None:
    needles = build_needles(istiod.read_key(AGENT, FOLDER))
    assert find_traces(cluster, needles) == set()
    assert find_vault_tokens(cluster) == set()


@pytest.mark.usefixtures("istiod")
def test_the_search_finds_what_is_planted(cluster: Cluster, bookinfo: str) -> None:
    """Otherwise that it finds nothing would say nothing."""
    assert find_traces(cluster, _plant_in_secret(cluster, bookinfo)) == {"etcd", "API server"}
    assert find_traces(cluster, _plant_in_event(cluster, bookinfo)) == {"etcd", "API server"}
    name, needles = _plant_in_pod(cluster, bookinfo)
    found = find_traces(cluster, needles)
    assert "writable layer" in found
    assert any(place.startswith(f"log of {bookinfo}_{name}") for place in found)
    _apply(cluster, bookinfo, _build_config_map("token", {"a": PLANTED.decode()}))
    assert find_vault_tokens(cluster, planted=True) == {"etcd", "API server"}


def test_renewals_under_load_fail_nobody(mesh: MeshSite, istiod: Istiod) -> None:
    """A minute of new connections while the intermediate is exchanged three times."""
    pod = istiod.get_pod()
    with mesh.load(60) as told:
        for _ in range(3):
            mesh.renew()
            time.sleep(CERTIFICATE_SECONDS / 2 + 1)  # until both have a certificate under it
    assert len(told.issuers) >= 4
    assert istiod.get_pod() == pod
    assert istiod.count_restarts("discovery") == 0


def _plant_in_secret(cluster: Cluster, namespace: str) -> list[bytes]:
    pem, needles = _make_key()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "planted"},
        "stringData": {"ca-key.pem": pem.decode()},
    }
    _apply(cluster, namespace, secret)
    return needles


def _plant_in_event(cluster: Cluster, namespace: str) -> list[bytes]:
    pem, needles = _make_key()
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "planted"},
        "involvedObject": {"kind": "Namespace", "name": namespace, "namespace": namespace},
        "message": base64.b64encode(pem).decode(),
        "type": "Normal",
    }
    _apply(cluster, namespace, event)
    return needles


def _plant_in_pod(cluster: Cluster, namespace: str) -> tuple[str, list[bytes]]:
    pem, needles = _make_key()
    der = base64.b64encode(b"x" + pem).decode()
    program = f"""
import base64, pathlib, time
print('{der}', flush=True)
pathlib.Path('/tmp/key').write_bytes(base64.b64decode('{der}'))
time.sleep(600)
"""
    _apply(cluster, namespace, _build_config_map("program", {"main.py": program}))
    mount = {"name": "program", "mountPath": "/program"}
    container = {
        "name": "it",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["/opt/roottrust/bin/python", "/program/main.py"],
        "volumeMounts": [mount],
    }
    spec = {
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [{"name": "program", "configMap": {"name": "program"}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "planted"}, "spec": spec}
    cluster.kubectl("delete", "pod", "planted", "-n", namespace, "--ignore-not-found", "--now")
    _apply(cluster, namespace, pod)
    words = ("logs", "planted", "-n", namespace, "--tail=1")
    cluster.kubectl("wait", "pod/planted", "-n", namespace, "--for=condition=Ready")
    wait_for(lambda: cluster.kubectl(*words).stdout.strip(), bool)
    return "planted", needles


def _make_key() -> tuple[bytes, list[bytes]]:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, build_needles(key.private_numbers().private_value.to_bytes(32, "big"))


def _build_config_map(name: str, data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _apply(cluster: Cluster, namespace: str, manifest: dict[str, Any]) -> None:
    cluster.kubectl(
        "apply", "--server-side", "-n", namespace, "-f", "-", input=json.dumps(manifest)
    )
