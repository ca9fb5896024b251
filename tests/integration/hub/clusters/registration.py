"""Registering a real second cluster, by hand: as the Secrets of other tools, and broken ones."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import yaml

from roottrust.domain.remote_hub import HUB_ACCOUNT, build_remote_manifests
from testbed import Cluster, kubeconfig
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import read_object
from tests.integration.kube_writes import apply_object, create_token, delete_objects

HOME = "gloo-mesh"


def prepare(cluster: Cluster, *, with_policies: bool = False) -> None:
    """Give the hub its account and its rights there, and no others."""
    items = build_remote_manifests(HOME, with_policies=with_policies)
    for each in items:
        apply_object(cluster, each)


def make_token(cluster: Cluster, account: str = HUB_ACCOUNT, *, seconds: int = 3600) -> str:
    """Return a token of an account in the operator's namespace."""
    return create_token(cluster, HOME, account, seconds=seconds)


def make_endless_token(cluster: Cluster) -> str:
    """Return a token of the hub's account that never ends, as Secrets of old hold them."""
    name = f"{HUB_ACCOUNT}-token"
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": name,
            "namespace": HOME,
            "annotations": {"kubernetes.io/service-account.name": HUB_ACCOUNT},
        },
    }
    apply_object(cluster, manifest)

    def read() -> str:
        data = read_object(cluster, "secrets", HOME, name).get("data") or {}
        return base64.b64decode(data.get("token", "")).decode()

    return wait_for(read, bool)


def build_kubeconfig(cluster: Cluster, token: str, **changes: Any) -> str:
    """Return a kubeconfig of a cluster, with changes of its cluster's entry."""
    content = yaml.safe_load(kubeconfig.with_token(cluster.kubeconfig.read_text(), token))
    content["clusters"][0]["cluster"] |= changes
    return str(yaml.safe_dump(content))


@dataclass(frozen=True)
class Registrar:
    """Writes Secrets that register clusters into the cluster of the hub."""

    hub: Cluster

    def register(
        self,
        name: str,
        text: str,
        *,
        secret: str | None = None,
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
    ) -> None:
        """Apply the Secret of one cluster."""
        secret = secret or f"test-{name.replace('_', '-')}"
        self.register_all(secret, {name: text}, labels=labels, annotations=annotations)

    def register_all(
        self,
        secret: str,
        texts: dict[str, str],
        *,
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
    ) -> None:
        """Apply a Secret of several clusters."""
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": secret,
                "namespace": HOME,
                "labels": {"istio/multiCluster": "true", **(labels or {})},
                "annotations": annotations or {},
            },
            "data": {
                name: base64.b64encode(each.encode()).decode() for name, each in texts.items()
            },
        }
        apply_object(self.hub, manifest)

    def read_labels(self, secret: str) -> dict[str, str]:
        """Return the labels of a Secret."""
        found = read_object(self.hub, "secrets", HOME, secret)
        labels: dict[str, str] = found["metadata"]["labels"]
        return labels

    def read(self, secret: str, name: str) -> str:
        """Return the kubeconfig that a Secret has now."""
        data = read_object(self.hub, "secrets", HOME, secret)["data"]
        return base64.b64decode(data[name]).decode()

    def clear(self) -> None:
        """Register no cluster any more."""
        delete_objects(self.hub, "secrets", HOME, labels="istio/multiCluster=true")
