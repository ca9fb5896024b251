"""What a policy asks for in Vault, once it is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roottrust.api.choices import KeyType, RootSource
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.login_check import LoginCheck
from roottrust.domain.rotation.cluster_step import ClusterStep
from roottrust.domain.rotation.vault_target import RotationTarget


@dataclass(frozen=True, kw_only=True)
class RootTarget:
    """The root CA that intermediates are signed by.

    `secret` (namespace/name) is what Import is from; `owner` is who else owns the root and is to
    put it into Vault, None if nobody is. `is_next` is of one that is to take another's place.
    """

    mount: str
    issuer: str | None
    source: RootSource
    common_name: str
    ttl_days: int
    key_type: KeyType
    secret: str | None = None
    owner: str | None = None
    generation: int = 1
    is_next: bool = False


@dataclass(frozen=True, kw_only=True)
class IntermediateOptions:
    """What the intermediates are like."""

    ttl_days: int
    key_type: KeyType
    organization: str | None


@dataclass(frozen=True, kw_only=True, order=True)
class Account:
    """A ServiceAccount, which counts in its own namespace alone."""

    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True, order=True)
class MeshTarget:
    """One mesh that was found: its Mesh's name, and the Deployment of istiod where that is.

    `version` is istiod's as its cluster tells it, empty where it does not.
    """

    name: str
    namespace: str
    deployment: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class ClusterTarget:
    """What one cluster's istiod needs in Vault; with a `trouble`, it is as it was known before.

    `step` is what the rotation of the root asks of it, None while there is none.
    """

    cluster: str
    meshes: tuple[MeshTarget, ...]
    auth_mount: str
    role: str
    intermediate_mount: str | None
    kubernetes_host: str
    kubernetes_ca_pem: str
    accounts: tuple[Account, ...]
    login_check: LoginCheck
    trouble: ClusterTrouble | None = None
    step: ClusterStep | None = None

    @property
    def service_accounts(self) -> tuple[str, ...]:
        """The names of the accounts, in whatever namespace."""
        return tuple(dict.fromkeys(each.name for each in self.accounts))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that istiod runs in."""
        return tuple(dict.fromkeys(each.namespace for each in self.accounts))


@dataclass(frozen=True, kw_only=True)
class VaultTarget:
    """Everything that one policy asks for, in one namespace of one Vault server.

    `namespace` is its full path, None for the topmost one. `taken` are the paths that an older
    policy names as well, with that policy's full name.
    """

    server: str
    namespace: str | None
    root: RootTarget
    intermediate: IntermediateOptions
    unnamed_ca_path: str | None
    clusters: tuple[ClusterTarget, ...]
    warnings: tuple[str, ...]
    taken: Mapping[str, str] = field(default_factory=dict)
    near_miss: str | None = None
    rotation: RotationTarget | None = None
