"""The operator as Helm installs it, and what nobody may notice of its comings and goings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import Cluster
from tests.e2e.mesh_site import MeshSite
from tests.e2e.operator_pod import NAMESPACE
from tests.integration.chart.chart import Chart, Values
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

WAIT = ("--wait", "--timeout=120s")
ROLE = "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"
POLICY = "sys/policies/acl/gen-int-ca-istio-cluster1-mesh"
AUTH = "kube-cluster1-mesh-auth/"
# All that the chart makes of namespaces and whole clusters; other products have none of our labels.
OURS = "serviceaccounts,configmaps,deployments,pods,jobs,poddisruptionbudgets,roles,rolebindings,"
OURS += "clusterroles,clusterrolebindings"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What of a mesh would show that somebody noticed: pods, intermediates, objects in Vault."""

    restarts: dict[str, int]  # by the uid of the pod and its container
    serial: str
    instances: list[str]
    accessor: str
    role: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The operator of one version, by its chart, with the image that it has."""

    chart: Chart
    image: str
    values: Values

    @property
    def given(self) -> Values:
        repository, _, tag = self.image.rpartition(":")
        return {**self.values, "image": {"repository": repository, "tag": tag}}

    def install(self, *words: str) -> None:
        self.chart.install(self.given, *WAIT, *words)

    def upgrade(self, *words: str) -> None:
        """Upgrade to it, from whatever version is there."""
        self.chart.upgrade(self.given, *WAIT, *words)


def trace(site: MeshSite, admin: Ask) -> Trace:
    """Look at the mesh."""
    restarts = {}
    for namespace in ("istio-system", site.namespace):
        words = ("get", "pods", "-n", namespace, "-o=json")
        for pod in json.loads(site.cluster.kubectl(*words).stdout)["items"]:
            for status in pod["status"]["containerStatuses"]:
                key = f"{namespace}/{pod['metadata']['name']}/{pod['metadata']['uid']}"
                restarts[f"{key}/{status['name']}"] = status["restartCount"]
    return Trace(
        restarts=restarts,
        serial=site.istiod.read_served_serial(),
        instances=[each["serial"] for each in site.istiod.read_instances()],
        accessor=(read(admin, "sys/auth") or {})[AUTH]["accessor"],
        role=read(admin, ROLE) or {},
    )


def see_work(site: MeshSite, admin: Ask, image: str) -> None:
    """Whoever works now is of that image alone, and repairs what is taken away."""
    assert list_images(site.cluster) == {image}
    admin("DELETE", ROLE)
    wait_for(lambda: read(admin, ROLE), bool)
    site.policy.wait_until_ready()


def list_images(cluster: Cluster) -> set[str]:
    """Return the images of the operator's pods that are not on their way out."""
    words = ("get", "pods", "-n", NAMESPACE, "-l=app.kubernetes.io/name=roottrust", "-o=json")
    return {
        container["image"]
        for pod in json.loads(cluster.kubectl(*words).stdout)["items"]
        if "deletionTimestamp" not in pod["metadata"]
        for container in pod["spec"]["containers"]
    }


def list_ours(cluster: Cluster) -> list[str]:
    """Return what is there of an installation, but for kinds, policies and what they have."""
    words = ("get", OURS, "-A", "-l=app.kubernetes.io/name=roottrust", "-o=name")
    return cluster.kubectl(*words).stdout.split()


def see_kinds(cluster: Cluster, folder: Path) -> None:
    """The API server serves the kinds of a folder, as they are there."""
    for path in folder.glob("*.yaml"):
        expected = yaml.safe_load(path.read_text())
        name = expected["metadata"]["name"]
        found = json.loads(cluster.kubectl("get", "crd", name, "-o=json").stdout)
        assert found["spec"]["versions"] == expected["spec"]["versions"], name
