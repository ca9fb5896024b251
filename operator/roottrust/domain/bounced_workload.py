"""Workloads whose pods a restart replaces: what each is, and how far its rollout has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from roottrust.domain.disruption_budget import Budget
from roottrust.domain.istiod_manifest import ISTIOD, LABEL
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.rollout import Rollout, read_rollout

# On the template of pods, and so on every pod that was made from it.
TRUST_HASH_ANNOTATION = "internal.gloo.solo.io/trust-hash"

_GATEWAY_NAMES = ("gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name")
_GATEWAYS = frozenset({"ingressgateway", "egressgateway", "eastwestgateway"})
_INJECTED = "inject.istio.io/templates"


class WorkloadKind(StrEnum):
    """The kinds whose pods are restarted."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"


class Rank(IntEnum):
    """Who goes first: what gives certificates, then what everybody comes through, then the rest."""

    ISTIOD = 0
    GATEWAY = 1
    WORKLOAD = 2


@dataclass(frozen=True, kw_only=True, order=True)
class WorkloadName:
    """What identifies a workload of one cluster; `kind` is one of WorkloadKind or of others."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class BouncedPod:
    """One pod, with the trust hash of the template that it was made from."""

    name: str
    uid: str
    trust_hash: str | None
    is_ready: bool
    is_leaving: bool


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One workload as it is now; `trust_hash` is what its template of pods says.

    `pods` are those that were selected of it, `budget` is the one that leaves the least room.
    """

    name: WorkloadName
    uid: str
    rank: Rank
    trust_hash: str | None
    rollout: Rollout
    pods: tuple[BouncedPod, ...] = ()
    budget: Budget | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def renewed(self) -> int:
        """How many of its pods were made from the template as it is now, and are ready.

        Kubernetes' own counts do not tell whether it is the new pods that are ready.
        """
        return sum(
            each.trust_hash == self.trust_hash and each.is_ready and not each.is_leaving
            for each in self.pods
        )


def read_workload(kind: WorkloadKind, manifest: Manifest) -> Workload:
    """Return a workload without its pods and budget."""
    metadata = read_mapping(manifest.get("metadata"))
    template = read_template(manifest)
    labels = {key: str(value) for key, value in read_mapping(template.get("labels")).items()}
    annotations = read_mapping(template.get("annotations"))
    return Workload(
        name=WorkloadName(
            namespace=str(metadata.get("namespace") or ""),
            kind=kind.value,
            name=str(metadata.get("name") or ""),
        ),
        uid=str(metadata.get("uid") or ""),
        rank=_find_rank(labels, annotations),
        trust_hash=annotations.get(TRUST_HASH_ANNOTATION),
        rollout=read_rollout(kind.value, manifest),
        labels=labels,
    )


def read_template(manifest: Manifest) -> Manifest:
    """Return the metadata of a workload's template of pods."""
    spec = read_mapping(manifest.get("spec"))
    return read_mapping(read_mapping(spec.get("template")).get("metadata"))


def _find_rank(labels: Mapping[str, str], annotations: Manifest) -> Rank:
    """Tell istiod and gateways by what istio's charts and its gateway controller write."""
    if labels.get(LABEL) == ISTIOD:
        return Rank.ISTIOD
    is_gateway = (
        labels.get("istio") in _GATEWAYS
        or any(name in labels for name in _GATEWAY_NAMES)
        or "gateway" in str(annotations.get(_INJECTED) or "").split(",")
    )
    return Rank.GATEWAY if is_gateway else Rank.WORKLOAD
