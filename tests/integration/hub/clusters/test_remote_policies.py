"""RootTrustPolicies that lie in a workload cluster, as the guide applies them there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster, Testbed, Vault
from testbed.command import CommandError
from tests.doc_blocks import REPOSITORY, find_block
from tests.integration.cluster.configuration import build_config
from tests.integration.contexts import name_contexts, write_contexts
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters import registration
from tests.integration.hub.clusters.registration import HOME, Registrar
from tests.integration.hub.clusters.schemaless import without_schemas
from tests.integration.hub.clusters.storm import OTHER, storm
from tests.integration.hub.clusters.upkeep import check_upkeep
from tests.integration.hub.configuration import build_config as build_hub_config
from tests.integration.hub.mesh import delete_mesh, put_mesh
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import apply_object
from tests.integration.reader import prepare_reader
from tests.integration.vault_calls import Ask

GUIDE2 = Names(
    mesh_namespace="istio-system",
    cluster="cluster2",
    auth_mount="kube-cluster2-mesh-auth",
    intermediate_mount="pki_int_cluster2",
    role="gen-int-ca-istio-cluster2-mesh",
)
VAULT = "spec.config.agentCa.vault"
DELETE = {"spec.management": {"deletionPolicy": "Delete"}}
ACCOUNT = "istiod-service-account"
WARNING = "cluster2, its own RootTrustPolicies"
MARK = f"policy=cluster2:{HOME}/"


@pytest.fixture
def hub(
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    admin: Ask,
    vault: Vault,
    token_file: Path,
) -> Iterator[OperatorProcess]:
    """A hub for which policies of workload clusters count; meanwhile there is no other one."""
    del admin  # who has prepared Vault
    operator_process.kill()
    built = build_operator(
        "hub-of-remote-policies",
        vault,
        {"tokenFile": {"path": str(token_file)}},
        settings={"remotePolicies": True},
    )
    built.start()
    yield built
    built.kill()


@pytest.fixture
def home2(second: Cluster, admin: Ask) -> Iterator[Cluster]:
    """The second cluster, in which the hub may look after policies; nothing is left of them."""
    registration.prepare(second, with_policies=True)
    yield second
    _clear(second)
    for path in (
        f"sys/auth/{GUIDE2.auth_mount}",
        f"sys/mounts/{GUIDE2.intermediate_mount}",
        f"sys/policies/acl/{GUIDE2.role}",
    ):
        admin("DELETE", path)
    registration.prepare(second)


def _clear(cluster: Cluster) -> None:
    """Delete all policies, though nobody looks after their finalizers any more."""
    cluster.kubectl("delete", "rtp", "--all", "-A", "--wait=false")
    found = json.loads(cluster.kubectl("get", "rtp", "-A", "-o", "json").stdout)["items"]
    patch = '--patch={"metadata":{"finalizers":null}}'
    for each in found:
        metadata = each["metadata"]
        words = ("patch", "rtp", metadata["name"], "-n", metadata["namespace"], "--type=merge")
        with suppress(CommandError):  # it is gone
            cluster.kubectl(*words, patch)
    cluster.kubectl("delete", "issuedcertificates", "--all", "-A")


@pytest.fixture
def registered(hub: OperatorProcess, registrar: Registrar, kubeconfig: str) -> None:
    """The second cluster is registered with that hub."""
    del hub
    registrar.register("cluster2", kubeconfig)


@pytest.fixture
def guide2(home2: Cluster, registered: None) -> Policy:
    """The guide's policy in the second cluster, which is yet to be applied."""
    del registered
    return Policy(cluster=home2, namespace=HOME, name="cluster2")


@pytest.fixture
def mesh2(home2: Cluster) -> Iterator[Certificate]:
    """istiod's Mesh of the second cluster; the IssuedCertificate is what comes of it."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}
    home2.kubectl("apply", "-f", "-", input=json.dumps(namespace))
    put_mesh(home2, lies_in="istio-system", speaks_for="istio-system", account=ACCOUNT)
    yield Certificate(cluster=home2, namespace="istio-system")
    delete_mesh(home2, namespace="istio-system")


def build_guide(**changes: Any) -> dict[str, Any]:
    """Return what the guide's manifest is for the second cluster."""
    mesh = {
        "clusterSelector": {"mesh": "istiod-istio-system-cluster2"},
        "namespace": "istio-system",
        "selector": {"app": "istiod"},
    }
    return {**GUIDE2.build_changes(), "spec.applyToMeshes": [{"istio": mesh}], **changes}


def read_mark(admin: Ask) -> str:
    """Return whose the intermediate mount of the second cluster is."""
    return str((read_objects(admin, GUIDE2)[GUIDE2.intermediate_mount] or {}).get("description"))


def test_the_guides_manifest_becomes_ready_where_the_guide_applies_it(
    guide2: Policy, admin: Ask
) -> None:
    guide2.apply(build_guide())
    guide2.wait_for("Ready", "True", "WaitingForMesh")
    assert all(read_objects(admin, GUIDE2).values())
    assert MARK in read_mark(admin)
    status = guide2.read_status()
    assert [each["path"] for each in status["managedObjects"]] == list(GUIDE2.paths)
    assert {each["origin"] for each in status["managedObjects"]} == {"Created"}


@pytest.fixture
def deployed(cluster: Cluster, vault: Vault) -> Iterator[None]:
    """The hub as its cluster tells of it: a Deployment whose configuration commands read."""
    settings = {
        **build_hub_config(vault, {"tokenFile": {"path": "/token"}}),
        "remotePolicies": True,
    }
    name, path = {"name": "roottrust-hub", "namespace": HOME}, "/etc/roottrust"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": name}
    container = {
        "name": "roottrust",
        "image": "registry.example/roottrust",
        "args": ["operator", f"--config={path}/config.yaml"],
        "volumeMounts": [{"name": "config", "mountPath": path}],
    }
    labels = {"app.kubernetes.io/name": "roottrust", "app.kubernetes.io/component": "hub"}
    volumes = [{"name": "config", "configMap": {"name": "roottrust-hub"}}]
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": volumes}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {**name, "labels": labels}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    data = {"config.yaml": json.dumps(settings)}
    for each in ({**config, "data": data}, deployment):
        apply_object(cluster, each)
    yield
    cluster.kubectl("delete", "deployment/roottrust-hub", "configmap/roottrust-hub", "-n", HOME)


@pytest.mark.usefixtures("deployed", "registrar", "hub")
def test_a_cluster_is_joined_for_its_own_policy_as_the_page_tells(
    bed: Testbed, cluster: Cluster, second: Cluster, home2: Cluster, vault: Vault, tmp_path: Path
) -> None:
    registration.prepare(home2)  # without what these policies need
    kubeconfig = write_contexts(tmp_path / "kubeconfig", [cluster, second])
    name_contexts(kubeconfig, {"mgmt": "cluster1", "prod-2": "cluster2"})
    reader = prepare_reader(
        tmp_path, tools=bed.tools(), vault=vault, kubeconfig=kubeconfig, configuration=kubeconfig
    )
    sample = (REPOSITORY / "deploy/samples/guide-policy.yaml").read_text()
    reader.write("guide-policy.yaml", sample.replace("cluster1", "cluster2"))
    block = find_block("docs/clusters.md", "roottrust cluster join cluster2 --context prod-2 --hub")
    join = find_block("docs/guide.md", "roottrust cluster join cluster2").commands.strip()
    assert block.commands.startswith(f"{join} ")
    done = reader.run(block)
    assert (done.code, "cluster2" in done.out) == (0, True), done
    guide2 = Policy(cluster=home2, namespace=HOME, name="cluster2")
    guide2.wait_for("Ready", "True", "WaitingForMesh", seconds=60)


def test_its_mesh_gets_a_certificate_and_all_goes_with_it(
    guide2: Policy, mesh2: Certificate, admin: Ask
) -> None:
    guide2.apply(build_guide(**DELETE))
    owner = mesh2.wait_for()["metadata"]["annotations"]["internal.gloo.solo.io/owner"]
    assert MARK in owner
    guide2.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    guide2.kubectl("delete", "rtp", guide2.name, "--timeout=20s")
    mesh2.wait_until_gone()
    found = read_objects(admin, GUIDE2)
    assert [path for path, data in found.items() if data is not None] == ["pki"]


@pytest.mark.parametrize(
    ("changes", "reason", "told"),
    [
        ({f"{VAULT}.kubernetesAuth.role": "admins"}, "NotAllowed", "Role 'admins'"),
        (
            {f"{VAULT}.kubernetesAuth.mountPath": "/v1/auth/kube-cluster1-mesh-auth"},
            "OtherCluster",
            "names cluster1",
        ),
        ({f"{VAULT}.csrPath": "pki_x/intermediate/generate/exported"}, "NotAllowed", "'pki_x'"),
        (
            {"spec.applyToMeshes": [{"istio": {"clusterSelector": {"cluster": "cluster1"}}}]},
            "OtherCluster",
            "names cluster1",
        ),
        (
            {"spec.management": {"root": {"source": "Generate"}}},
            "NotAllowed",
            "management.root.source at Existing",
        ),
        ({f"{VAULT}.caPath": "pki_made/root/sign-intermediate"}, "NotAllowed", "Root mount"),
        ({f"{VAULT}.caSecretRef": {"name": "ca", "key": "ca"}}, "NotAllowed", "caBundle"),
        ({"spec.config.intermediateCertOptions": {"ttlDays": 3650}}, "NotAllowed", "365 days"),
    ],
)
def test_it_cannot_reach_beyond_its_cluster(
    guide2: Policy, admin: Ask, changes: dict[str, Any], reason: str, told: str
) -> None:
    before = admin("LIST", "sys/policies/acl").json()["data"]["keys"]
    guide2.apply(build_guide(**changes))
    refused = guide2.wait_for("Accepted", "False", reason)
    assert told in refused["message"]
    assert admin("LIST", "sys/policies/acl").json()["data"]["keys"] == before
    assert read_mark(admin) == "None"


def test_what_is_granted_to_a_namespace_here_is_not_granted_to_one_there(
    guide2: Policy, namespace: str, home2: Cluster
) -> None:
    """The hub's configuration grants test-* to policies of the management cluster."""
    home2.kubectl("create", "namespace", namespace)
    policy = Policy(cluster=home2, namespace=namespace, name="cluster2")
    policy.apply(build_guide())
    refused = policy.wait_for("Accepted", "False", "NotAllowed")
    assert f"Namespace '{namespace}'" in refused["message"]
    policy.delete()
    home2.kubectl("delete", "namespace", namespace, "--wait=false")


def test_a_policy_of_the_management_cluster_goes_before_it(
    guide2: Policy, admin: Ask, make_policy: MakePolicy, cluster: Cluster
) -> None:
    """It takes over what was made, though it is younger, and keeps it."""
    guide2.apply(build_guide())
    guide2.wait_until_ready()
    local = Policy(cluster=cluster, namespace=HOME, name="cluster2")
    local.apply(build_guide())
    try:
        local.wait_until_ready()
        refused = guide2.wait_for("Accepted", "False", "SelectedByOlderPolicy")
        assert f"{HOME}/cluster2" in refused["message"]
        assert f"policy={HOME}/cluster2 " in read_mark(admin)
        guide2.annotate("admin.gloo.solo.io/adopt=true")
        time.sleep(2)
        assert f"policy={HOME}/cluster2 " in read_mark(admin)
    finally:
        local.delete()


def test_a_cluster_that_left_costs_nothing_in_vault(
    guide2: Policy, admin: Ask, registrar: Registrar, hub: OperatorProcess
) -> None:
    guide2.apply(build_guide(**DELETE))
    guide2.wait_until_ready()
    before = read_objects(admin, GUIDE2)
    registrar.clear()
    time.sleep(3)
    writes = hub.count_writes()
    guide2.kubectl("delete", "rtp", guide2.name, "--wait=false")
    time.sleep(12)  # one resync
    assert read_objects(admin, GUIDE2) == before
    assert hub.count_writes() == writes


@pytest.mark.refused("roottrust-remote-hub")
def test_rights_that_are_missing_are_told_and_hurt_nothing_else(
    home2: Cluster,
    hub: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    make_policy: MakePolicy,
    remote: Certificate,
    names2: Names,
) -> None:
    del hub
    registration.prepare(home2)
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2)
    told = wait_for(lambda: _read_warnings(policy), lambda text: WARNING in text)
    assert "lacks rights there" in told
    assert "`roottrust cluster join cluster2 --remote-policies`" in told
    remote.wait_for()  # for its meshes all goes on
    registration.prepare(home2, with_policies=True)
    wait_for(lambda: _read_warnings(policy), lambda text: WARNING not in text, seconds=90)


def _read_warnings(policy: Policy) -> str:
    return str(policy.read_status().get("warnings"))


@pytest.fixture
def victim(
    cluster: Cluster, registered: None, make_policy: MakePolicy, names: Names, namespace: str
) -> Certificate:
    """That of the hub's own cluster, whose upkeep must not suffer."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    make_policy(names, name="victim")
    found = Certificate(cluster=cluster, namespace=namespace)
    found.wait_for()
    return found


def test_policies_without_any_form_hurt_nobody(
    guide2: Policy, victim: Certificate, hub: OperatorProcess, admin: Ask
) -> None:
    """Whoever is in charge there takes off the rules of our kinds, and writes what he likes."""
    bugs = hub.sum_metric("roottrust_bugs_total")
    guide2.apply(build_guide())
    guide2.wait_until_ready()
    before = admin("LIST", "sys/policies/acl").json()["data"]["keys"]
    with without_schemas(guide2.cluster):
        for number, spec in enumerate([7, {}, {"config": []}, {"management": "Delete"}]):
            name = f"any-{number}"
            _put(guide2.cluster, {"metadata": {"name": name, "namespace": HOME}, "spec": spec})
        policy = Policy(cluster=guide2.cluster, namespace=HOME, name="any-1")
        policy.wait_for("Accepted", "False", "InvalidSpec")
        forged = {"vault": {"server": "https://vault.example:8200", "namespace": "any"}}
        made = [{"path": "sys/policies/acl/admins", "kind": "Policy", "origin": "Created"}]
        policy.patch_status({**forged, "managedObjects": made, "meshes": 7})
        check_upkeep(victim)
        _clear(guide2.cluster)
    assert admin("LIST", "sys/policies/acl").json()["data"]["keys"] == before
    assert hub.sum_metric("roottrust_bugs_total") == bugs


def test_more_policies_than_anybody_needs_are_told_and_hurt_nobody(
    guide2: Policy, victim: Certificate, make_policy: MakePolicy, names2: Names
) -> None:
    local = make_policy(names2, name="hostile")
    for number in range(25):
        policy = Policy(cluster=guide2.cluster, namespace=HOME, name=f"more-{number}")
        policy.apply(build_guide())
    check_upkeep(victim)
    wait_for(
        lambda: str(local.read_status().get("warnings")),
        lambda text: "more than 20 roottrustpolicies" in text,
        seconds=60,
    )
    check_upkeep(victim)


def test_a_policy_that_changes_all_the_time_delays_nobody(
    guide2: Policy, victim: Certificate, hub: OperatorProcess
) -> None:
    guide2.apply(build_guide())
    guide2.wait_until_ready()
    before = hub.sum_metric("roottrust_reconciles_total")
    started_at = time.monotonic()
    path = f"/apis/admin.gloo.solo.io/v2/namespaces/{HOME}/roottrustpolicies/{guide2.name}"
    labelled = {"metadata": {"labels": {"a": OTHER}}}
    with storm(guide2.cluster, [path], labelled) as changes:  # more than one hinder each other
        time.sleep(3)
        check_upkeep(victim, times=5)
        time.sleep(max(0.0, started_at + 15 - time.monotonic()))
        total = changes.total
    assert total > 80, "it was no storm"
    done = hub.sum_metric("roottrust_reconciles_total") - before
    assert done < total / 2, (done, total)


@pytest.fixture
def own_operator(
    home2: Cluster, tmp_path: Path, log_folder: Path
) -> Iterator[dict[bool, OperatorProcess]]:
    """The second cluster's own operator, with remotePolicies off and on."""
    built = {}
    for is_on in (False, True):
        folder = tmp_path / str(is_on)
        folder.mkdir()
        config = build_config(HOME, cluster={"name": "cluster2"}, remotePolicies=is_on)
        built[is_on] = OperatorProcess(
            config={**config, "managementCluster": "cluster1"},
            kubeconfig=home2.kubeconfig,
            folder=folder,
            log=log_folder / f"cluster2-{is_on}.log",
            roles="cluster",
        )
    yield built
    for process in built.values():
        process.kill()


def test_the_answer_of_its_own_operator_is_taken_back_when_the_setting_is_on(
    home2: Cluster,
    own_operator: dict[bool, OperatorProcess],
    hub: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
) -> None:
    policy = Policy(cluster=home2, namespace=HOME, name="cluster2")
    own_operator[False].start()
    policy.apply(build_guide())
    refused = policy.wait_for("Accepted", "False", "RemotePoliciesOff")
    assert "management cluster cluster1, or set remotePolicies: true" in refused["message"]
    own_operator[False].kill()
    own_operator[True].start()
    wait_for(policy.read_status, lambda status: status == {})
    registrar.register("cluster2", kubeconfig)
    policy.wait_until_ready()
    version = policy.read()["metadata"]["resourceVersion"]
    time.sleep(12)  # one resync of both
    assert policy.read()["metadata"]["resourceVersion"] == version
    assert "RemotePoliciesOff" not in str(policy.read_status())


def _put(cluster: Cluster, manifest: dict[str, Any]) -> None:
    whole = {"apiVersion": "admin.gloo.solo.io/v2", "kind": "RootTrustPolicy", **manifest}
    cluster.kubectl("create", "-f", "-", "--validate=false", input=json.dumps(whole))
