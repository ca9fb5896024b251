"""The chart on a real API server: installed, upgraded, uninstalled, taken over, and refused."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster, CommandError, Testbed, Vault
from tests.doc_blocks import find_block
from tests.integration.chart.chart import (
    CHART,
    CLUSTER,
    HUB,
    NAMESPACE,
    NO_HOOKS,
    Chart,
    Manifest,
)
from tests.integration.hub.policy import Policy
from tests.integration.reader import prepare_reader
from tests.session import CRDS, REPOSITORY

DEPLOY = REPOSITORY / "deploy"
MANAGED_BY = "app.kubernetes.io/managed-by"
POLICY = "roottrustpolicies.admin.gloo.solo.io"
FOREIGN = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": POLICY, "labels": {"app": "gloo-mesh"}},
    "spec": {
        "group": "admin.gloo.solo.io",
        "names": {
            "kind": "RootTrustPolicy",
            "listKind": "RootTrustPolicyList",
            "plural": "roottrustpolicies",
            "singular": "roottrustpolicy",
        },
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v2",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
# All that the chart makes, and the Secrets in which Helm keeps its releases.
EVERYTHING = "crds,clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,configmaps,"
EVERYTHING += "secrets,deployments,poddisruptionbudgets"


def test_installs_upgrades_and_leaves_the_kinds(
    fresh: Cluster, installer: Chart, tmp_path: Path
) -> None:
    told = installer.install(HUB)
    assert f"kubectl rollout status deployment/roottrust-hub -n {installer.namespace}" in told
    fresh.kubectl("wait", "crds", "--all", "--for=condition=Established", "--timeout=30s")
    assert _read(fresh, installer, "deployment/roottrust-hub")["spec"]["replicas"] == 2
    policy = Policy(cluster=fresh, namespace=installer.namespace, name="cluster1")
    policy.apply({})

    config = {**HUB["config"], "resyncSeconds": 60}
    newer = replace(installer, folder=_copy_with_another_kind(tmp_path))
    newer.upgrade({**HUB, "replicas": 1, "config": config})
    assert _read(fresh, installer, "deployment/roottrust-hub")["spec"]["replicas"] == 1
    written = _read(fresh, installer, "configmap/roottrust-hub-config")["data"]["config.yaml"]
    assert yaml.safe_load(written) == config
    assert _list_names(fresh, "poddisruptionbudgets", "-n", installer.namespace) == []
    versions = _read(fresh, installer, f"crd/{POLICY}")["spec"]["versions"]
    assert versions[0]["additionalPrinterColumns"][-1]["name"] == "Newer"

    installer.uninstall(NO_HOOKS)
    ours = ("-A", "-l", "app.kubernetes.io/name=roottrust")
    assert _list_names(fresh, EVERYTHING.removeprefix("crds,"), *ours) == []
    assert len(_list_names(fresh, "crds")) == 4
    assert _list_names(fresh, "rtp", "-n", installer.namespace) == ["cluster1"]
    installer.install(HUB)  # in the place of the one before
    policy.delete()


def test_cluster_role_alone(fresh: Cluster, installer: Chart) -> None:
    told = installer.install(CLUSTER)
    assert "roottrust cluster join cluster2" in told
    found = _list_names(fresh, "deployments,serviceaccounts", "-n", installer.namespace)
    assert sorted(found) == ["default", "roottrust-cluster", "roottrust-cluster"]


@pytest.mark.parametrize("crds", [{"install": True}, {"install": False}], ids=str)
def test_beside_another_product_nothing_is_changed(
    fresh: Cluster, installer: Chart, crds: dict[str, bool]
) -> None:
    fresh.kubectl("create", "-f", "-", input=json.dumps(FOREIGN))
    before = _read_everything(fresh)
    with pytest.raises(CommandError) as caught:
        installer.install({**HUB, "crds": crds}, "--take-ownership", "--force-conflicts")
    assert f"has the CustomResourceDefinition {POLICY} of another product" in str(caught.value)
    assert "Nothing was changed." in str(caught.value)
    assert _read_everything(fresh) == before


def test_upgrade_does_not_take_a_kind_that_became_anothers(
    fresh: Cluster, installer: Chart
) -> None:
    installer.install(HUB)
    fresh.kubectl("label", f"crd/{POLICY}", "app.kubernetes.io/part-of=gloo-mesh", "--overwrite")
    before = _read_everything(fresh)
    with pytest.raises(CommandError, match="of another product"):
        installer.upgrade({**HUB, "replicas": 3})
    assert _read_everything(fresh) == before


def test_takes_over_kinds_that_kubectl_applied(fresh: Cluster, installer: Chart) -> None:
    """Even from an older version, whose fields kubectl holds."""
    for path in CRDS.iterdir():
        kind = yaml.safe_load(path.read_text())
        kind["spec"]["versions"][0]["additionalPrinterColumns"][0]["name"] = "Older"
        fresh.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(kind))
    with pytest.raises(CommandError, match="invalid ownership metadata"):
        installer.install(HUB)
    installer.install(HUB, "--take-ownership", "--force-conflicts")
    columns = _read(fresh, installer, f"crd/{POLICY}")["spec"]["versions"][0][
        "additionalPrinterColumns"
    ]
    assert columns[0]["name"] == "Ready"


def test_helm_3_takes_them_over_with_one_flag(
    fresh: Cluster, installer: Chart, programs: Testbed
) -> None:
    fresh.kubectl("apply", "--server-side", "-f", CRDS)
    older = replace(installer.helm, binary=programs.provide_helm(major=3))
    replace(installer, helm=older).install(HUB, "--take-ownership")
    assert _read(fresh, installer, f"crd/{POLICY}")["metadata"]["labels"][MANAGED_BY] == "Helm"
    installer.upgrade({**HUB, "replicas": 1})
    assert _read(fresh, installer, "deployment/roottrust-hub")["spec"]["replicas"] == 1


def test_takes_over_kinds_of_a_release_with_another_name(fresh: Cluster, installer: Chart) -> None:
    installer.install(HUB, name="other")
    installer.uninstall(NO_HOOKS, name="other")
    with pytest.raises(CommandError, match="invalid ownership metadata"):
        installer.install(HUB)
    installer.install(HUB, "--take-ownership")


def test_second_installation_is_refused(fresh: Cluster, installer: Chart) -> None:
    """One of another name and another namespace would have the same rights and kinds."""
    elsewhere = replace(installer, namespace=f"{installer.namespace}-b")
    installer.install(HUB)
    before = _read_everything(fresh)
    with pytest.raises(CommandError, match="invalid ownership metadata"):
        elsewhere.install({**HUB, "crds": {"install": False}}, name="other")
    assert _read_everything(fresh) == before


def test_lives_with_kinds_that_kubectl_applies(fresh: Cluster, installer: Chart) -> None:
    fresh.kubectl("apply", "--server-side", "-f", CRDS)
    installer.install({**HUB, "crds": {"install": False}})
    assert "helm.sh/resource-policy" not in _read(fresh, installer, f"crd/{POLICY}")[
        "metadata"
    ].get("annotations", {})


def test_takes_over_what_kustomize_installed(fresh: Cluster, installer: Chart) -> None:
    """The same Deployment goes on: what selects its pods could not be changed."""
    installer = replace(installer, namespace=NAMESPACE)
    fresh.kubectl("apply", "--server-side", "-f", CRDS)
    fresh.kubectl("apply", "-k", REPOSITORY / "deploy/base")
    before = _read(fresh, installer, "deployment/roottrust-hub")
    with pytest.raises(CommandError, match="invalid ownership metadata"):
        installer.install(HUB)
    installer.install(HUB, "--take-ownership", "--force-conflicts")
    after = _read(fresh, installer, "deployment/roottrust-hub")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    (container,) = after["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("registry.example/roottrust:")
    installer.uninstall(NO_HOOKS)
    assert _list_names(fresh, "deployments", "-n", installer.namespace) == []


def _copy_with_another_kind(folder: Path) -> Path:
    """Return a chart as a later version may be, whose policies have one column more."""
    copy = folder / "chart"
    shutil.copytree(CHART, copy)
    path = copy / f"files/crds/admin.gloo.solo.io_{POLICY.partition('.')[0]}.yaml"
    kind = yaml.safe_load(path.read_text())
    column = {"name": "Newer", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    kind["spec"]["versions"][0]["additionalPrinterColumns"].append(column)
    path.write_text(yaml.safe_dump(kind))
    return copy


def _read(cluster: Cluster, chart: Chart, name: str) -> Manifest:
    found: Manifest = json.loads(
        cluster.kubectl("get", name, "-n", chart.namespace, "-o", "json").stdout
    )
    return found


def _list_names(cluster: Cluster, kinds: str, *words: str) -> list[str]:
    listed = json.loads(cluster.kubectl("get", kinds, *words, "-o", "json").stdout)["items"]
    return [each["metadata"]["name"] for each in listed]


def _read_everything(cluster: Cluster) -> dict[tuple[str, ...], Manifest]:
    """Return what somebody wrote, without what controllers add to it in their own time."""
    words = ("get", f"namespaces,{EVERYTHING}", "-A", "-o", "json")
    listed = json.loads(cluster.kubectl(*words).stdout)["items"]
    passing = {"kube-system"} | {
        each["metadata"]["name"] for each in listed if "deletionTimestamp" in each["metadata"]
    }
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for each in listed:
        metadata = each["metadata"]
        place = (each["kind"], metadata.get("namespace", ""), metadata["name"])
        if not passing & set(place) and place[2] not in {"default", "kube-root-ca.crt"}:
            for key in ("resourceVersion", "managedFields"):
                metadata.pop(key, None)
            metadata.get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
            found[place] = {**each, "status": None}
    return found


def test_it_is_installed_by_the_commands_of_the_pages(
    fresh: Cluster, installer: Chart, tmp_path: Path
) -> None:
    command = find_block("charts/roottrust/README.md", "helm install roottrust").commands.strip()
    assert find_block("deploy/README.md", "helm install roottrust").commands.strip() == command
    assert find_block("README.md", "roottrust vault-policy").commands.splitlines()[1] == command
    assert find_block("docs/guide.md", "roottrust vault-policy").commands.endswith(f"{command}\n")
    values = tmp_path / "values.yaml"
    values.write_text(find_block("charts/roottrust/README.md", "# values.yaml").text)
    _type_helm(installer, command.replace("values.yaml", str(values)))
    assert _list_names(fresh, "deployments", "-n", installer.namespace) == ["roottrust-hub"]
    installer.uninstall(NO_HOOKS)

    block = find_block("docs/clusters.md", "helm install roottrust").commands
    command, _, rest = block.partition("\nroottrust ")
    assert rest.startswith("cluster join")
    assert find_block("docs/guide.md", "helm install roottrust").commands.strip() == command
    moved = find_block("docs/migration/gloo-mesh.md", "helm install roottrust").commands
    assert moved.startswith(command.replace("prod-2", "prod-1").replace("cluster2", "cluster1"))
    command = command.replace(" --kube-context prod-2", "")
    _type_helm(installer, command)
    config = _read(fresh, installer, "configmap/roottrust-cluster-config")["data"]["config.yaml"]
    assert yaml.safe_load(config) == {"cluster": {"name": "cluster2"}}


@pytest.mark.parametrize("begins", ["# my-overlay/", "# my-cluster2/"])
def test_overlays_of_the_page_are_applied_upgraded_and_uninstalled(
    fresh: Cluster, bed: Testbed, vault: Vault, tmp_path: Path, begins: str
) -> None:
    hub = find_block("deploy/README.md", "# my-overlay/kustomization.yaml")
    other = find_block("deploy/README.md", "# my-cluster2/kustomization.yaml")
    block = hub if hub.first.startswith(begins) else other
    reader = prepare_reader(
        tmp_path, tools=bed.tools(), vault=vault, kubeconfig=fresh.kubeconfig, configuration=None
    )
    for folder in (CRDS, DEPLOY):
        shutil.copytree(folder, tmp_path / folder.name)
    reader.write("my-overlay/kustomization.yaml", block.text.replace("…/", "../"))
    reader.write("my-overlay/config.yaml", (DEPLOY / "base/config.yaml").read_text())
    reader.write("my-overlay/ca.crt", "no certificate")
    done = reader.run(find_block("deploy/README.md", "kubectl apply --server-side -f crds/"))
    assert done.code == 0, done.err
    (name,) = _list_names(fresh, "deployments", "-n", NAMESPACE)
    assert name == ("roottrust-hub" if block is hub else "roottrust-cluster")
    done = reader.run(find_block("docs/upgrade.md", "kubectl apply --server-side --force"))
    assert (done.code, "serverside-applied" in done.out) == (0, True), done
    done = reader.run(find_block("docs/upgrade.md", "roottrust before-uninstall"))
    assert (done.code, f'namespace "{NAMESPACE}" deleted' in done.out) == (0, True), done


def _type_helm(installer: Chart, command: str) -> None:
    program, *words = shlex.split(command.replace("\\\n", " "))
    assert program == "helm"
    renamed = {"charts/roottrust": str(CHART), NAMESPACE: installer.namespace}
    installer.helm.run(*(renamed.get(each, each) for each in words))
