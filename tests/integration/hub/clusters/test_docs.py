"""The blocks of the docs, typed as they are by somebody who has two clusters and a Vault."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, Testbed, Vault
from tests.doc_blocks import REPOSITORY, find_block
from tests.integration.contexts import name_contexts, write_contexts
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.configuration import build_config
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import delete_mesh, put_mesh
from tests.integration.hub.played_mesh import PlayedMesh
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import delete_objects
from tests.integration.reader import Reader, prepare_reader
from tests.integration.shown import check_shown
from tests.integration.vault_calls import Ask

HOME = "gloo-mesh"
ISTIOD = "istio-system"
SERVER_LINE = "kubernetes_host=https://…"


pytestmark = pytest.mark.usefixtures("docs_tools")


@pytest.fixture
def reader(
    bed: Testbed,
    cluster: Cluster,
    second: Cluster,
    vault: Vault,
    admin: Ask,
    token_file: Path,
    tmp_path: Path,
) -> Reader:
    """Somebody whose contexts have the names that pages use."""
    kubeconfig = write_contexts(tmp_path / "kubeconfig", [cluster, second])
    name_contexts(kubeconfig, {"mgmt": "cluster1", "prod-2": "cluster2"})
    config = build_config(vault, {"tokenFile": {"path": str(token_file)}})
    del config["vaultServers"][1:]
    configuration = tmp_path / "config.yaml"
    configuration.write_text(yaml.safe_dump(config))
    return prepare_reader(
        tmp_path, tools=bed.tools(), vault=vault, kubeconfig=kubeconfig, configuration=configuration
    )


@pytest.fixture
def in_namespace(reader: Reader, vault: Vault) -> Reader:
    """The same, in a namespace of Vault in which nothing is yet."""
    if vault.kind != "openbao":
        pytest.skip("this Vault has no namespaces")
    name = reader.folder.name.replace("_", "-")
    assert reader.type(f"vault namespace create {name}").code == 0
    return Reader(folder=reader.folder, environment={**reader.environment, "VAULT_NAMESPACE": name})


def test_the_rights_and_logins_of_deploy_are_set_up_as_its_page_tells(
    in_namespace: Reader, cluster: Cluster
) -> None:
    reader = in_namespace
    cluster.kubectl("apply", "-f", REPOSITORY / "deploy/base/namespace.yaml")
    given = find_block("README.md", "roottrust vault-policy --config").commands.splitlines()[0]
    assert (
        find_block("deploy/README.md", "roottrust vault-policy --config").commands.strip() == given
    )
    assert reader.type(given).code == 0
    assert 'path "pki/' in reader.type("vault policy read roottrust-hub").out

    shutil.copy(cluster.ca_file, reader.folder / "ca.crt")
    reader.write("reviewer.jwt", cluster.kubectl("create", "token", "default", "-n", HOME).stdout)
    block = find_block("deploy/README.md", "vault auth enable kubernetes")
    done = reader.run(block, replaced={SERVER_LINE: f"kubernetes_host={cluster.server}"})
    assert done.code == 0, done.err
    role = json.loads(reader.type("vault read -format=json auth/kubernetes/role/roottrust-hub").out)
    assert role["data"]["token_policies"] == ["roottrust-hub"]

    for block, name in (
        (find_block("deploy/README.md", "vault auth enable approle"), "secret-id"),
        (find_block("deploy/README.md", "vault auth enable userpass"), "password"),
        (find_block("deploy/README.md", "vault token create"), "token"),
    ):
        delete_objects(cluster, "secrets", HOME)
        done = reader.run(block)
        assert done.code == 0, done.err
        assert reader.read(name)
        told = cluster.kubectl("get", "secret", "vault-login", "-n", HOME, "-o", "json").stdout
        assert list(json.loads(told)["data"]) == [name]
    delete_objects(cluster, "secrets", HOME)


@pytest.mark.usefixtures("operator")
def test_the_guide_begins_as_its_page_tells(
    in_namespace: Reader, cluster: Cluster, root: Root
) -> None:
    """The root goes into a namespace of its own; what the hub serves has the same one elsewhere."""
    sample = "deploy/samples/guide-policy.yaml"
    in_namespace.write("root-bundle.pem", root.key.read_text() + root.certificate.read_text())
    in_namespace.write(sample, (REPOSITORY / sample).read_text())
    done = in_namespace.run(find_block("docs/guide.md", "vault secrets enable -path=pki pki"))
    Policy(cluster=cluster, namespace=HOME, name="cluster1").delete()
    assert (done.code, "condition met" in done.out) == (0, True), done
    told = in_namespace.type("vault read -format=json pki/config/issuers").out
    assert json.loads(told)["data"]["default"]


@pytest.fixture
def fleet(
    reader: Reader, cluster: Cluster, second: Cluster, vault: Vault, registrar: Registrar
) -> Iterator[Policy]:
    """Meshes in both clusters, and a policy `fleet` that a page's selector has them served by."""
    part = yaml.safe_load(find_block("docs/clusters.md", "spec:").text)
    document = yaml.safe_load((REPOSITORY / "deploy/samples/every-cluster.yaml").read_text())
    document["metadata"]["name"] = "fleet"
    del document["spec"]["management"]  # the played agents have a token for the API server
    # What the guide's policy has left in Vault is that one's.
    login = document["spec"]["config"]["agentCa"]["vault"]["kubernetesAuth"]
    login["mountPath"] = "/v1/auth/kube-${cluster}_fleet"
    login["role"] = "gen-int-ca-istio-${cluster}_fleet"
    document["spec"] |= part["spec"]
    reader.write("policies/fleet.yaml", yaml.safe_dump(document))
    policy = Policy(cluster=cluster, namespace=HOME, name="fleet")
    with ExitStack() as stack:
        for each in (cluster, second):
            account = Account(each)
            account.create()
            put_mesh(each, lies_in=ISTIOD, speaks_for=ISTIOD, account=account.name)
            stack.callback(delete_mesh, each, namespace=ISTIOD)
            certificate = Certificate(cluster=each, namespace=ISTIOD)
            agent = Agent(cluster=each, vault=vault, certificate=certificate, account=account)
            stack.enter_context(PlayedMesh(agent=agent, namespace=ISTIOD).alive())
        stack.callback(policy.delete)
        yield policy


@pytest.mark.usefixtures("operator")
def test_a_fleet_is_joined_planned_shown_and_rotated_as_the_pages_tell(
    reader: Reader, fleet: Policy, second: Cluster, namespace: str
) -> None:
    _plan(reader)
    reader.type("kubectl apply -f policies/fleet.yaml")
    _join(reader, second)
    fleet.wait_until_ready()
    wait_for(lambda: fleet.read_status()["meshTotals"]["summary"], lambda told: told == "2/2")
    # Mirrors tell of the other cluster some seconds later.
    wait_for(lambda: reader.type("roottrust status").code, lambda code: code == 0, seconds=60)
    _look(reader)
    _rotate(reader, fleet)


def _plan(reader: Reader) -> None:
    """docs/plan.md: what would be made is told, by exit code 2 to pipelines."""
    shutil.copy(reader.folder / "policies/fleet.yaml", reader.folder / "policy.yaml")
    done = reader.run(find_block("docs/plan.md", "$ roottrust plan -f policy.yaml"))
    assert (done.code, "+ create" in done.out) == (2, True), done
    done = reader.run(find_block("docs/plan.md", "set +e"))
    assert done.code == 0, done
    assert "create auth/kube-cluster1_fleet" in done.out
    block = find_block("docs/guide.md", "roottrust plan  ")
    done = reader.type(f"set +e\n{block.commands}")
    assert (done.code, done.out.count("RootTrustPolicy gloo-mesh/fleet")) == (2, 1), done


def _join(reader: Reader, second: Cluster) -> None:
    """docs/clusters.md: by one command, or by manifests that GitOps applies."""
    block = find_block("docs/clusters.md", "roottrust cluster join cluster2 --dry-run")
    (reader.folder / "prod-2").mkdir()
    shown, registered = block.commands.splitlines()
    applied = "kubectl apply --server-side --force-conflicts --context prod-2 -f prod-2"
    assert reader.type(f"{shown}\n{applied}").code == 0
    assert reader.type(registered).code == 0
    block = find_block("docs/clusters.md", "helm install roottrust charts/roottrust")
    join = block.commands.splitlines()[-1]
    assert join.startswith("roottrust cluster join")
    done = reader.type(join)
    assert (done.code, "registers cluster2" in done.out) == (0, True), done


def _look(reader: Reader) -> None:
    """docs/clusters.md, status.md, report.md, doctor.md and verify.md: all is looked at."""
    done = reader.run(find_block("docs/clusters.md", "$ kubectl get meshes -A"))
    assert "istiod-istio-system-cluster2" in done.out, done
    done = reader.run(find_block("docs/status.md", "$ roottrust status"))
    assert (done.code, "gloo-mesh/fleet: ready, 2 of 2 meshes" in done.out) == (0, True), done
    done = reader.run(find_block("docs/status.md", "set +e"))
    assert (done.code, done.out) == (0, "well\n"), done
    done = reader.run(find_block("docs/report.md", "$ roottrust report -o report.html"))
    assert (done.code, done.err.startswith("report.html: All is well")) == (0, True), done
    assert "gloo-mesh/fleet" in reader.read("report.html")
    block = find_block("docs/report.md", "roottrust report -o /srv/www")
    done = reader.run(block, replaced={"/srv/www/": ""})
    assert (done.code, done.err.startswith("trust.html: All is well")) == (0, True), done
    # No operator runs in a pod here, so the doctor finds something.
    done = reader.run(find_block("docs/doctor.md", "$ roottrust doctor"))
    assert (done.code, "operator" in done.out) == (2, True), done
    done = reader.run(find_block("docs/doctor.md", "roottrust doctor --skip"))
    assert (done.code, "registrations" in done.out) == (2, True), done
    told = reader.type(
        "set +eo pipefail\n" + find_block("docs/doctor.md", "roottrust doctor -o").text
    )
    assert (told.code, ": kubectl" in told.out) == (0, True), told
    # Nor does istiod, which would publish the root.
    done = reader.run(find_block("docs/verify.md", "$ roottrust verify --context cluster1"))
    assert (done.code, "ok         pinned root" in done.out) == (2, True), done
    done = reader.run(find_block("docs/verify.md", "set +e"))
    assert (done.code, done.out.startswith("istio-ca-root-cert: ")) == (1, True), done
    assert "jq" not in done.err
    reader.type("kubectl get issuedcertificates -n istio-system -o json >issued.json")
    pinned = json.loads(reader.read("issued.json"))["items"][0]["spec"]["trustBundle"]
    reader.write("root-cert.pem", pinned)
    block = find_block("docs/guide.md", "roottrust verify  ")
    done = reader.type(f"set +e\n{block.commands}")
    assert (done.code, done.out.count("ok         pinned root")) == (2, 2), done


def _rotate(reader: Reader, fleet: Policy) -> None:
    """docs/rotate.md: one cluster's intermediates, then those of all."""
    block = find_block("docs/rotate.md", "$ roottrust rotate intermediate fleet --cluster cluster2")
    done = reader.run(block)
    assert done.code == 0, done
    check_shown(block, done)
    shown = yaml.safe_load(find_block("docs/rotate.md", "spec:").text)["spec"]["rotation"]
    written = fleet.read()["spec"]["rotation"]
    assert written["clusters"] == shown["clusters"]
    assert written["intermediateGeneration"] == shown["intermediateGeneration"]
    block = find_block("docs/rotate.md", "$ roottrust rotate intermediate fleet")
    done = reader.run(block)
    check_shown(block, done)
    assert (done.code, "every istiod of 2 meshes serves" in done.out) == (0, True), done
