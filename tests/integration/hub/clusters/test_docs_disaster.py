"""docs/how-to/disaster-recovery.md, loss after loss, by somebody whose Vault keeps snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, Testbed, Vault
from tests.doc_blocks import REPOSITORY, find_block
from tests.integration.contexts import name_contexts, write_contexts
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.installation import FOR_PEOPLE, Install, installing, set_up_login
from tests.integration.hub.mesh import delete_all_meshes
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root, make_root
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object, read_object
from tests.integration.kube_writes import apply_object, delete_and_wait, delete_object
from tests.integration.reader import Reader, prepare_reader
from tests.integration.vault_calls import Ask, build_ask, in_namespace, read

HOME = "gloo-mesh"
ISTIOD = "istio-system"
RECOVERY = "recovery"  # a namespace of Vault, for others have what is above it
CONFIG = f"""
cluster:
  name: cluster1
vaultServers:
- address: https://vault.example:8200
  namespace: {RECOVERY}
  login:
    appRole:
      roleIdFile: /var/run/secrets/vault-login/role-id
      secretIdFile: /var/run/secrets/vault-login/secret-id
"""
MOUNT = "vault secrets enable pki; vault secrets tune -max-lease-ttl=87600h pki"

pytestmark = pytest.mark.usefixtures("docs_tools")


@pytest.fixture
def above(
    bed: Testbed, cluster: Cluster, second: Cluster, file_vault: Vault, tmp_path: Path
) -> Reader:
    """Somebody in Vault's topmost namespace, where snapshots are taken."""
    if file_vault.kind != "openbao":
        pytest.skip("this Vault has neither namespaces nor, in a folder, snapshots")
    kubeconfig = write_contexts(tmp_path / "kubeconfig", [cluster, second])
    name_contexts(kubeconfig, {"mgmt": "cluster1", "prod-2": "cluster2"})
    return prepare_reader(
        tmp_path,
        tools=bed.tools(),
        vault=file_vault,
        kubeconfig=kubeconfig,
        configuration=tmp_path / FOR_PEOPLE,
    )


@pytest.fixture
def reader(above: Reader, cluster: Cluster) -> Iterator[Reader]:
    """The same in the namespace of the operator."""
    assert above.type(f"vault namespace create {RECOVERY}").code == 0
    yield replace(above, environment={**above.environment, "VAULT_NAMESPACE": RECOVERY})
    above.type(f"vault namespace delete {RECOVERY}")
    delete_object(cluster, "secrets", HOME, "vault-login")


@pytest.fixture
def install(
    idle_hub: OperatorProcess, build_operator: BuildOperator, file_vault: Vault, reader: Reader
) -> Iterator[Install]:
    with installing(build_operator, file_vault, reader) as install:
        yield install


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Root, Root]:
    """Two generations; the second one's files are where its owner keeps them."""
    usage = "keyUsage=critical,keyCertSign,cRLSign"
    first = make_root(tmp_path / "first", subject="/CN=First", extension=usage)
    return first, make_root(tmp_path, subject="/CN=Second", extension=usage)


@pytest.fixture
def fleet(cluster: Cluster, second: Cluster, reader: Reader) -> Iterator[Policy]:
    """The policy, as it is in Git since the root was replaced; it is not applied yet."""
    for each in (cluster, second):
        delete_all_meshes(each)
    document = yaml.safe_load((REPOSITORY / "deploy/samples/every-cluster.yaml").read_text())
    document["metadata"]["name"] = "fleet"
    document["spec"]["rotation"] = {"rootGeneration": 2}
    reader.write("policies/fleet.yaml", yaml.safe_dump(document))
    policy = Policy(cluster=cluster, namespace=HOME, name="fleet")
    yield policy
    policy.delete()


@pytest.mark.usefixtures("registrar")
def test_the_page_leads_back_from_each_loss(
    above: Reader,
    reader: Reader,
    install: Install,
    fleet: Policy,
    roots: tuple[Root, Root],
    registrar: Registrar,
    file_vault: Vault,
    cluster: Cluster,
) -> None:
    admin = in_namespace(build_ask(file_vault, file_vault.root_token), RECOVERY)
    _begin(above, reader, install, roots)
    fleet.wait_until_ready()
    _note_the_root(reader, fleet)
    _restore(above, reader, file_vault, fleet, admin)
    _restore_an_older_one(above, reader, fleet, admin)
    _fill_an_empty_vault(above, reader, fleet)
    _make_the_management_cluster_anew(reader, install, fleet, registrar)
    _lose_the_status(reader, fleet)
    _lose_the_key(reader, fleet, roots[0], admin)
    _begin_istiod_anew(reader, cluster)


def _begin(above: Reader, reader: Reader, install: Install, roots: tuple[Root, Root]) -> None:
    """Have the second root in use, and a snapshot from before it was there."""
    reader.write("config.yaml", CONFIG)
    _let_the_hub_in(reader)
    assert reader.type(MOUNT).code == 0
    _put(reader, roots[0], "roottrust-g1")
    assert above.type("vault operator raft snapshot save older.snap").code == 0
    _put(reader, roots[1], "roottrust-g2")
    assert reader.type("vault write pki/config/issuers default=roottrust-g2").code == 0
    install(CONFIG)
    _join(reader)
    assert reader.type("kubectl apply -f policies/").code == 0


def _put(reader: Reader, root: Root, name: str) -> None:
    done = reader.type(
        f"""cat {root.key} {root.certificate} >both.pem
ID=$(vault write -field=imported_issuers -format=json pki/issuers/import/bundle \
  pem_bundle=@both.pem | jq -r '.[0]')
vault patch pki/issuer/$ID issuer_name={name}"""
    )
    assert done.code == 0, done.err


def _let_the_hub_in(reader: Reader) -> None:
    block = find_block(
        "docs/how-to/disaster-recovery.md", "roottrust vault-policy --config config.yaml"
    )
    done = reader.run(block)
    assert (done.code, "vault auth enable -path=approle approle" in done.out) == (0, True), done
    set_up_login(reader)
    block = find_block("docs/how-to/disaster-recovery.md", "kubectl create secret generic vault-l")
    assert reader.run(block).code == 0


def _join(reader: Reader) -> None:
    done = reader.run(find_block("docs/how-to/disaster-recovery.md", "roottrust cluster join"))
    assert (done.code, "registers cluster2" in done.out) == (0, True), done


def _note_the_root(reader: Reader, fleet: Policy) -> None:
    block = find_block("docs/how-to/disaster-recovery.md", "roottrust status -o json")
    done = reader.type(f"set +o pipefail  # no mesh is there\n{block.commands}")
    used = fleet.read_status()["root"]["fingerprint"]
    assert (done.code, done.out) == (0, f"gloo-mesh/fleet pki {used}\n"), done


def _restore(above: Reader, reader: Reader, vault: Vault, fleet: Policy, admin: Ask) -> None:
    """A root that was retired since may sign again, and is retired by hand."""
    assert above.type("vault operator raft snapshot save backup.snap").code == 0
    retire = find_block(
        "docs/how-to/disaster-recovery.md", "vault write pki/config/issuers default=roottrust-g2"
    )
    assert reader.run(retire).code == 0
    block = find_block("docs/how-to/disaster-recovery.md", "vault operator raft snapshot restore")
    # No operator runs in a pod here, so the doctor finds something.
    (key,) = vault.unseal_keys
    done = above.type(f"set +e\n{block.commands}", answer=key)
    assert (done.code, "fleet condition met" in done.out) == (0, True), done
    assert "vault" in done.out
    assert "issuing-certificates" in (read(admin, "pki/issuer/roottrust-g1") or {})["usage"]
    assert reader.run(retire).code == 0
    usage = (read(admin, "pki/issuer/roottrust-g1") or {})["usage"]
    assert sorted(usage.split(",")) == ["crl-signing", "ocsp-signing", "read-only"]
    fleet.nudge()
    fleet.wait_until_ready()


def _restore_an_older_one(above: Reader, reader: Reader, fleet: Policy, admin: Ask) -> None:
    used = fleet.read_status()["root"]
    assert above.type("vault operator raft snapshot restore older.snap").code == 0
    fleet.nudge()
    told = fleet.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert used["fingerprint"] in told["message"]
    block = find_block("docs/how-to/disaster-recovery.md", "cat root-key.pem root-cert.pem >bundle")
    done = reader.run(block)
    assert done.code == 0, done.err
    fleet.nudge()
    fleet.wait_until_ready()
    root = fleet.read_status()["root"]
    assert root["fingerprint"] == used["fingerprint"]
    assert root["issuer"] != used["issuer"]
    assert root["issuer"] == (read(admin, "pki/issuer/roottrust-g2") or {})["issuer_id"]


def _fill_an_empty_vault(above: Reader, reader: Reader, fleet: Policy) -> None:
    used = fleet.read_status()["root"]
    assert above.type(f"vault namespace delete {RECOVERY}").code == 0
    wait_for(lambda: above.type(f"vault namespace create {RECOVERY}").code, lambda code: code == 0)
    _let_the_hub_in(reader)
    fleet.nudge()
    told = fleet.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert f"{used['fingerprint']} is gone from pki/" in told["message"]
    assert "from your backup, as the issuer roottrust-g2. If" in told["message"]
    assert reader.type(MOUNT).code == 0
    block = find_block("docs/how-to/disaster-recovery.md", "cat root-key.pem root-cert.pem >bundle")
    assert reader.run(block).code == 0
    fleet.nudge()
    fleet.wait_until_ready()
    assert fleet.read_status()["root"]["fingerprint"] == used["fingerprint"]


def _make_the_management_cluster_anew(
    reader: Reader, install: Install, fleet: Policy, registrar: Registrar
) -> None:
    fleet.delete()
    registrar.clear()
    install(CONFIG)
    _join(reader)
    done = reader.run(find_block("docs/how-to/disaster-recovery.md", "roottrust plan -f policies/"))
    assert (done.code, "Plan: 0 to create, 4 to update, 0 to delete." in done.out) == (2, True), (
        done
    )
    assert done.out.count(" uid=(known after apply)") == 4
    assert reader.type("kubectl apply -f policies/").code == 0
    fleet.wait_until_ready()


def _lose_the_status(reader: Reader, fleet: Policy) -> None:
    used = fleet.read_status()["root"]
    done = reader.run(find_block("docs/how-to/disaster-recovery.md", "kubectl patch rtp fleet"))
    assert done.code == 0, done
    fleet.wait_until_ready()
    assert fleet.read_status()["root"] == used


def _lose_the_key(reader: Reader, fleet: Policy, other: Root, admin: Ask) -> None:
    """Vault has lost the root, and somebody has put another one there."""
    used = fleet.read_status()["root"]
    assert reader.type("vault secrets disable pki; vault secrets enable pki").code == 0
    _put(reader, other, "other")
    fleet.nudge()
    fleet.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    block = find_block("docs/how-to/disaster-recovery.md", "kubectl annotate rtp fleet")
    done = reader.run(block, replaced={"FINGERPRINT": used["fingerprint"]})
    assert (done.code, "fleet condition met" in done.out) == (0, True), done
    assert fleet.read_status()["root"]["subject"] == "CN=First"


def _begin_istiod_anew(reader: Reader, cluster: Cluster) -> None:
    """Its pods never run here, where there is no node."""
    labels = {"app": "istiod"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "discovery", "image": "registry.example/istiod"}]},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": ISTIOD},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }
    metadata = {"name": "istio-ca-root-cert", "namespace": ISTIOD}
    with ExitStack() as stack:
        apply_object(
            cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ISTIOD}}
        )
        apply_object(cluster, deployment)
        stack.callback(delete_and_wait, cluster, "deployments", ISTIOD, "istiod")
        apply_object(cluster, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        done = reader.run(
            find_block("docs/how-to/disaster-recovery.md", "kubectl scale deployment")
        )
        assert done.code == 0, done
        assert read_object(cluster, "deployments", ISTIOD, "istiod")["spec"]["replicas"] == 2
        assert find_object(cluster, "configmaps", ISTIOD, "istio-ca-root-cert") is None
