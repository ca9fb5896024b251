"""docs/how-to/air-gapped.md, jwt-auth.md and gitops.md where they install: no node runs the pods.

Of air-gapped.md what docker builds, pushes and runs is not run here, nor the wheels beside it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from testbed import Cluster, Testbed, Vault
from tests.doc_blocks import REPOSITORY, find_block
from tests.integration.chart.chart import Chart
from tests.integration.kube_api import Found, read_object
from tests.integration.kube_writes import apply_object, create_namespace
from tests.integration.reader import Reader, prepare_reader

ISTIOD = "istio-system"
IMAGE = "registry.internal.example/roottrust"
# Neither Argo CD nor Flux is here: their kinds are served, and take whatever is written.
OTHERS = {
    "argoproj.io": ("v1alpha1", "Application", "applications"),
    "source.toolkit.fluxcd.io": ("v1", "GitRepository", "gitrepositories"),
    "kustomize.toolkit.fluxcd.io": ("v1", "Kustomization", "kustomizations"),
}


@pytest.fixture
def reader(
    fresh: Cluster, chart: Chart, bed: Testbed, vault: Vault, programs: Testbed, tmp_path: Path
) -> Reader:
    """Somebody with this repository, istio's charts and Helm, whose cluster has nothing yet."""
    reader = prepare_reader(
        tmp_path,
        tools=bed.tools(),
        vault=vault,
        kubeconfig=fresh.kubeconfig,
        configuration=None,  # that of the operator in the cluster counts
    )
    (tmp_path / "bin/helm").symlink_to(chart.helm.binary)
    (tmp_path / "istiod").symlink_to(programs.provide_istio().istiod_chart)
    for name in ("charts", "deploy"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    shutil.copy(vault.ca_file, tmp_path / "ca.crt")
    return reader


def test_an_air_gapped_installation(reader: Reader, fresh: Cluster, vault: Vault) -> None:
    create_namespace(fresh, ISTIOD)
    values = find_block("docs/how-to/air-gapped.md", "# values.yaml").text
    reader.write("values.yaml", values)
    done = reader.run(find_block("docs/how-to/air-gapped.md", "helm install roottrust charts"))
    assert done.code == 0, done.err
    hub = read_object(fresh, "deployments", "gloo-mesh", "roottrust-hub")
    pod = hub["spec"]["template"]["spec"]
    assert {each["image"] for each in pod["containers"]} == {f"{IMAGE}:0.1.0"}
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert _read_agent_images(fresh) == {f"{IMAGE}:0.1.0"}

    block = find_block("docs/how-to/air-gapped.md", "roottrust doctor --vault-endpoint https://lo")
    done = reader.run(block, replaced={"https://localhost:8200": vault.address})
    # Nothing runs yet, but Vault is asked at the other address.
    assert done.code == 2, done
    assert "✓ https://vault.internal.example:8200: answers, version " in done.out

    # docs/how-to/jwt-auth.md
    block = find_block("docs/how-to/jwt-auth.md", "helm template istiod istio/istiod -n istio")
    done = reader.run(block, replaced={"istio/istiod": "./istiod"})
    assert done.code == 0, done.err
    assert _read_agent_images(fresh) == {"registry.example/roottrust:0.1.0"}
    (token,) = (each for each in _read_pod(fresh)["volumes"] if "vault-cluster1" in str(each))
    (source,) = token["projected"]["sources"]
    assert source["serviceAccountToken"]["expirationSeconds"] == 10 * 60


def _read_pod(cluster: Cluster) -> Found:
    istiod = read_object(cluster, "deployments", ISTIOD, "istiod")
    return dict(istiod["spec"]["template"]["spec"])


def _read_agent_images(cluster: Cluster) -> set[str]:
    """Return the images of what is beside istiod."""
    pod = _read_pod(cluster)
    containers = [*pod["initContainers"], *pod["containers"]]
    return {each["image"] for each in containers if each["name"].startswith("istiod-agent")}


def test_policies_from_git(reader: Reader, fresh: Cluster) -> None:
    for group, (version, kind, plural) in OTHERS.items():
        apply_object(fresh, _build_kind(group, version, kind, plural))
    fresh.kubectl("wait", "crds", "--all", "--for=condition=Established", "--timeout=30s")
    for name in ("argocd", "flux-system"):
        create_namespace(fresh, name)
    apply_object(
        fresh,
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "argocd-cm", "namespace": "argocd"},
            "data": {"url": "https://argocd.example"},
        },
    )
    done = reader.run(find_block("docs/how-to/gitops.md", "kubectl patch configmap argocd-cm"))
    assert done.code == 0, done.err
    data = read_object(fresh, "configmaps", "argocd", "argocd-cm")["data"]
    assert data["url"] == "https://argocd.example"
    health = "resource.customizations.health.admin.gloo.solo.io_RootTrustPolicy"
    assert health in data
    listed = fresh.kubectl("get", "applications", "-n", "argocd", "-o", "name").stdout.split()
    assert [each.partition("/")[2] for each in listed] == ["roottrust", "trust-policies"]

    done = reader.run(find_block("docs/how-to/gitops.md", "kubectl apply -f deploy/gitops/flux"))
    assert done.code == 0, done.err
    found = json.loads(
        fresh.kubectl("get", "kustomizations", "-n", "flux-system", "-o", "json").stdout
    )["items"]
    assert [each["metadata"]["name"] for each in found] == ["roottrust", "trust-policies"]


def _build_kind(group: str, version: str, kind: str, plural: str) -> Found:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "scope": "Namespaced",
            "versions": [{**served, "schema": {"openAPIV3Schema": schema}}],
        },
    }
