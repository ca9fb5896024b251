"""What the hub knows of clusters and their meshes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.target import MeshTarget
from roottrust.domain.token_keys import TokenKeys


@dataclass(frozen=True, kw_only=True)
class KnownMesh:
    """A mesh as its Mesh object tells; `deployment` is istiod's, in its `namespace`."""

    name: str
    namespace: str
    deployment: str
    pod_labels: Mapping[str, str]
    revision: str
    service_account: str | None
    version: str = ""

    @property
    def target(self) -> MeshTarget:
        """What a policy that selects it asks for."""
        return MeshTarget(
            name=self.name,
            namespace=self.namespace,
            deployment=self.deployment,
            version=self.version,
        )


@dataclass(frozen=True, kw_only=True)
class KnownCluster:
    """A cluster that the hub serves, and where Vault reaches its API server.

    `token_keys` are the last that could be read, None before; `keys_trouble` is why they could not
    be read again, a sentence for people. `reviewer_uid` is that of the reviewer's account, None if
    it is not known. One with a `refusal` is registered and not used; with a `trouble`, all that is
    known of it is from before. `warnings` tell what works and will not last, and what of
    its objects does not count.
    """

    name: str
    labels: Mapping[str, str]
    kubernetes_host: str
    kubernetes_ca_pem: str
    meshes: tuple[KnownMesh, ...] = ()
    token_keys: TokenKeys | None = None
    keys_trouble: str | None = None
    reviewer_uid: str | None = None
    refusal: ClusterTrouble | None = None
    trouble: ClusterTrouble | None = None
    warnings: tuple[str, ...] = ()
