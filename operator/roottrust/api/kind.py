"""The four kinds: their groups, names and models."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.issued_certificate import IssuedCertificateSpec, IssuedCertificateStatus
from roottrust.api.mesh import MeshSpec, MeshStatus
from roottrust.api.model import ApiModel
from roottrust.api.pod_bounce_directive import PodBounceDirectiveSpec, PodBounceDirectiveStatus
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus

CATEGORY = "roottrust"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of `kubectl get`; priority 1 is shown by `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class CustomKind:
    """One of our kinds: how the API server names it, and what it holds."""

    group: str
    kind: str
    plural: str
    description: str
    spec: type[ApiModel]
    status: type[ApiModel]
    columns: tuple[Column, ...]
    short_names: tuple[str, ...] = ()
    version: str = "v2"

    @property
    def name(self) -> str:
        """The name of its CustomResourceDefinition."""
        return f"{self.plural}.{self.group}"

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}"


_AGE = Column(name="Age", path=".metadata.creationTimestamp", type="date")

ROOT_TRUST_POLICY = CustomKind(
    group="admin.gloo.solo.io",
    kind="RootTrustPolicy",
    plural="roottrustpolicies",
    short_names=("rtp",),
    description="Gives Istio meshes of many clusters one root of trust, kept in Vault.",
    spec=RootTrustPolicySpec,
    status=RootTrustPolicyStatus,
    columns=(
        Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status'),
        Column(name="Meshes", path=".status.meshTotals.summary"),
        Column(name="Root expiry", path=".status.root.notAfter"),
        Column(name="Rotation", path=".status.rotation.stage", priority=1),
        Column(name="Message", path=".status.message"),
        _AGE,
    ),
)

MESH = CustomKind(
    group="internal.gloo.solo.io",
    kind="Mesh",
    plural="meshes",
    description="An istiod that was discovered in a cluster. The cluster role writes it, and the "
    "hub mirrors it in the management cluster; reading it is what it is for.",
    spec=MeshSpec,
    status=MeshStatus,
    columns=(
        Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status'),
        Column(name="Current", path='.status.conditions[?(@.type=="Current")].status', priority=1),
        Column(name="Cluster", path=".spec.istio.installation.cluster"),
        Column(name="Namespace of istiod", path=".spec.istio.installation.namespace", priority=1),
        Column(name="Revision", path=".spec.istio.installation.revision"),
        Column(name="Version", path=".spec.istio.installation.version"),
        Column(name="istiod", path=".status.istiod.summary"),
        Column(name="In sync", path=".status.namespaces.summary"),
        Column(
            name="Stale workloads",
            path=".status.staleWorkloads.total",
            type="integer",
            priority=1,
        ),
        Column(name="Old certificates", path=".status.rotation.total", type="integer", priority=1),
        Column(name="Self-signed", path=".status.selfSigned", type="boolean"),
        Column(name="Message", path=".status.message"),
        _AGE,
    ),
)

ISSUED_CERTIFICATE = CustomKind(
    group="internal.gloo.solo.io",
    kind="IssuedCertificate",
    plural="issuedcertificates",
    description="What the agents beside one istiod are to obtain, and what they have. The hub "
    "writes its spec, the agents its status.",
    spec=IssuedCertificateSpec,
    status=IssuedCertificateStatus,
    columns=(
        Column(name="State", path=".status.state"),
        Column(name="Mesh", path=".spec.meshRef.name"),
        Column(name="Generation", path=".spec.intermediateGeneration", type="integer", priority=1),
        Column(name="Message", path=".status.message"),
        _AGE,
    ),
)

POD_BOUNCE_DIRECTIVE = CustomKind(
    group="internal.gloo.solo.io",
    kind="PodBounceDirective",
    plural="podbouncedirectives",
    description="Which workloads are to be restarted after a change of trust, and how far that is.",
    spec=PodBounceDirectiveSpec,
    status=PodBounceDirectiveStatus,
    columns=(
        Column(name="State", path=".status.state"),
        Column(name="Done", path=".status.done", type="integer"),
        Column(name="Total", path=".status.total", type="integer"),
        Column(name="Message", path=".status.message"),
        _AGE,
    ),
)

KINDS = (ROOT_TRUST_POLICY, MESH, ISSUED_CERTIFICATE, POD_BOUNCE_DIRECTIVE)
