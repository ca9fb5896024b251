"""The guide from its first step to its last, in real pods, with its own two manifests.

Its page's commands as they are, by hand and now: those of Vault's side are in test_hand_made.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from testbed import Cluster, Istio, Testbed, Vault
from tests import session
from tests.doc_blocks import find_block
from tests.e2e.chain import check_chain, read_identity
from tests.e2e.guide_reader import become_guide_reader, expect, reach_vault, succeed
from tests.e2e.helm import Helm
from tests.e2e.istiod import Istiod
from tests.e2e.operator_pod import NAMESPACE, OperatorPod, forget_policy
from tests.e2e.secret_search import build_needles, find_traces, find_vault_tokens
from tests.e2e.workload import Workload
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.reader import Reader
from tests.integration.vault_calls import Ask

MESH = "istiod-istio-system-cluster1"
RELEASE = "istiod-default"
# The Service whose address the procedure looks up: Vault is elsewhere here.
SERVICE_OF_VAULT = """\
kubectl create namespace vault
kubectl create service loadbalancer vault -n vault --tcp=8200
kubectl patch service vault -n vault --subresource=status \
  -p '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}'
"""


@pytest.fixture(scope="module")
def reader(
    request: pytest.FixtureRequest,
    bed: Testbed,
    cluster: Cluster,
    vault: Vault,
    istio: Istio,
    admin: Ask,
    operator: OperatorPod,
    helm: Helm,
    bookinfo: str,
    root: Root,
    tmp_path_factory: pytest.TempPathFactory,
) -> Reader:
    """Somebody who has applied the policy, then patched and restarted istiod."""
    reader = become_guide_reader(bed, cluster, vault, istio, tmp_path_factory.mktemp("guide"))
    reader.write("root-cert.pem", root.certificate.read_text())
    succeed(reader, 'kubectl config rename-context prod_1 "$REMOTE_CONTEXT"')

    def clear() -> None:
        helm.uninstall_istiod(RELEASE)
        succeed(reader, "kubectl delete namespace vault --ignore-not-found")

    request.addfinalizer(clear)  # noqa: PT021 - of steps that fail, too
    clear()
    succeed(reader, SERVICE_OF_VAULT)
    succeed(reader, "kubectl apply -f deploy/istiod/rbac.yaml")
    block = find_block("docs/guide.md", "roottrust plan -f policy.yaml")
    plan, applied = block.commands.split("\n", 1)
    assert "create" in expect(2, reader, plan, reach_vault(vault)).out
    assert "condition met" in succeed(reader, applied).out
    succeed(reader, find_block("docs/guide.md", "cat > kustomize.sh <<EOF"))
    enable = find_block("docs/guide.md", "export VAULT_ENDPOINT=").commands
    done = succeed(reader, f"{enable}echo $VAULT_ENDPOINT $MESH")
    assert done.out.splitlines()[-1] == f"http://192.0.2.1 {MESH}"
    Istiod(cluster).wait_until_ready()
    return reader


@pytest.fixture(scope="module")
def policy(reader: Reader, cluster: Cluster, admin: Ask) -> Iterator[Policy]:
    policy = Policy(cluster=cluster, namespace=NAMESPACE, name="cluster1")
    yield policy
    forget_policy(policy, admin)


@pytest.fixture
def istiod(policy: Policy, cluster: Cluster) -> Istiod:
    return Istiod(cluster)


def test_root_of_every_namespace_is_vaults_byte_for_byte(
    istiod: Istiod, root: Root, bookinfo: str
) -> None:
    """The guide's `diff -q root-cert.pem`."""
    istiod.wait_for_published_root(bookinfo, root.certificate.read_text())


def test_policy_is_ready_and_says_so(policy: Policy) -> None:
    for condition in ("Accepted", "VaultConfigured", "CertificatesIssued", "TrustPropagated"):
        policy.wait_for(condition, "True")
    policy.wait_for("Ready", "True")
    described = policy.kubectl("describe", "roottrustpolicy", "cluster1")
    assert MESH in described
    # The guide mounts no token for Vault, so istiod shows it the one of its API server.
    assert policy.read_status()["state"] in {"ACCEPTED", "WARNING"}


def test_mesh_is_described_without_errors(policy: Policy, cluster: Cluster) -> None:
    policy.kubectl("wait", "--for=condition=Ready", "mesh", MESH, "--timeout=30s")
    found = json.loads(policy.kubectl("get", "mesh", MESH, "-o=json"))
    assert found["spec"]["istio"]["installation"]["namespace"] == "istio-system"
    status = found["status"]
    assert status["namespaces"]["total"] == status["namespaces"]["inSync"] > 0
    assert status["istiod"]["ready"] == status["istiod"]["total"] == 1
    assert not status.get("selfSigned")
    assert "message" not in status
    assert {each["status"] for each in status["conditions"]} == {"True"}
    assert "IstiodReady" in policy.kubectl("describe", "mesh", MESH)


def test_certificate_is_finished(istiod: Istiod, policy: Policy) -> None:
    istiod.kubectl(
        "wait",
        "--for=jsonpath={.status.state}=FINISHED",
        "issuedcertificates",
        MESH,
        "--timeout=30s",
    )
    # It was so of the pod before, too, whose entry is taken off once it is gone.
    (instance,) = wait_for(
        istiod.read_instances,
        lambda found: len(found) == 1 and bool(found[0].get("loadedByIstiod")),
    )
    assert instance["pod"] == istiod.get_pod()
    assert "error" not in instance
    assert "Finished" in istiod.kubectl("describe", "issuedcertificates").title()


def test_it_is_verified_as_the_page_tells(
    reader: Reader, policy: Policy, istiod: Istiod, root: Root, bookinfo: str
) -> None:
    istiod.wait_for_published_root(bookinfo, root.certificate.read_text())
    wait_for(istiod.read_instance, lambda found: bool(found.get("loadedByIstiod")))
    by_hand = find_block("docs/guide.md", "vault version").commands
    done = succeed(reader, f"export MESH={MESH}\n{by_hand}")
    for kind in ("RootTrustPolicy", "Mesh", "IssuedCertificate"):
        assert f"Kind:         {kind}\n" in done.out


def test_certificates_are_rotated_as_the_page_tells(
    reader: Reader, policy: Policy, istiod: Istiod
) -> None:
    """What people are to write in their editor is there already."""
    before = istiod.get_pod()
    block = find_block("docs/guide.md", "kubectl get roottrustpolicy --context")
    done = succeed(reader, f"export EDITOR=cat\n{block.commands}")
    assert "autoRestartPods: false" in done.out  # it is so already
    istiod.wait_until_ready()
    assert istiod.get_pod() != before
    done = succeed(reader, find_block("docs/guide.md", "roottrust rotate intermediate cluster1"))
    assert "Nothing was changed (--dry-run)." in done.out


def test_workload_has_an_identity_under_vaults_root(
    istiod: Istiod, cluster: Cluster, root: Root, bookinfo: str
) -> None:
    istiod.wait_for_published_root(bookinfo, root.certificate.read_text())
    workload = Workload(cluster=cluster, namespace=bookinfo, name="workload")
    workload.start()
    chain = check_chain(workload.read_certificate("cert-chain.pem"), root.certificate.read_text())
    assert read_identity(chain[0]) == "spiffe://cluster.local/ns/bookinfo/sa/default"
    serials = {format(each.serial_number, "x") for each in chain}
    assert istiod.read_instance()["serial"].replace(":", "").lstrip("0") in serials


def test_vault_keeps_no_key_of_an_intermediate(istiod: Istiod, admin: Ask) -> None:
    """`generate/exported` leaves each there; the hub deletes it once its agent has reported."""
    if session.VAULT == "hashicorp":
        pytest.skip("HashiCorp's Vault 1.13 does not tell whose a key is: there keys go by age.")

    def list_keys() -> list[str]:
        answer = admin("LIST", "pki_int_cluster1/keys")
        return answer.json()["data"]["keys"] if answer.ok else []

    assert istiod.read_instance()
    wait_for(list_keys, lambda keys: keys == [])


def test_key_is_nowhere_but_in_the_pod(istiod: Istiod, cluster: Cluster) -> None:
    needles = build_needles(istiod.read_key("istiod-agent", "/etc/cacerts"))
    assert find_traces(cluster, needles) == set()
    assert find_vault_tokens(cluster) == set()
