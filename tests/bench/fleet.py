"""The made-up fleet: clusters behind the registry's interface, and a policy for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from roottrust.domain.issuance import CertificateKey
from roottrust.domain.known import KnownCluster
from roottrust.hub.cluster_objects import ClusterObjects, Manifest
from roottrust.kube.reviewer_token import IssuedToken

HUB = "bench"
NAMESPACE = "gloo-mesh"
SERVER = "https://vault.example:8200"

_GUIDE = Path(__file__).parents[2] / "deploy/samples/guide-policy.yaml"
_GUIDE_CLUSTER = "cluster1"
_OWNER = "bench-0001"


class MadeUpClusters:
    """A registry of clusters that differ in their names only: one API server answers for all."""

    def __init__(self, count: int, *, kubernetes_host: str, kubernetes_ca_pem: str) -> None:
        self._clusters = tuple(
            KnownCluster(
                name=name,
                labels={},
                kubernetes_host=kubernetes_host,
                kubernetes_ca_pem=kubernetes_ca_pem,
            )
            for name in list_names(count)
        )

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all of them."""
        return self._clusters

    async def refresh(self) -> bool:
        """Nothing changes by itself."""
        return False

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """No policy of the fleet asks for one."""
        raise NotImplementedError(cluster)

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """No cluster has a mesh."""
        del cluster
        return None

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Without meshes there are no IssuedCertificates."""
        del policy
        return {}

    async def list_certificates(self, *, cluster: str = "") -> Mapping[str, tuple[Manifest, ...]]:
        """Without meshes there are none."""
        del cluster
        return {}


def list_names(count: int) -> tuple[str, ...]:
    """Return the names of the clusters, which are their policies', too."""
    return tuple(f"bench-{number:04d}" for number in range(1, count + 1))


def build_policy(name: str) -> dict[str, Any]:
    """Return the guide's policy for a cluster; the first one has the root made."""
    text = _GUIDE.read_text(encoding="utf-8").replace(_GUIDE_CLUSTER, name)
    manifest: dict[str, Any] = yaml.safe_load(text)
    if name == _OWNER:
        manifest["spec"]["management"] = {"root": {"source": "Generate"}}
    return manifest
