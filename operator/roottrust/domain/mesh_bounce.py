"""PodBounceDirectives that restart a whole mesh: istiod, its gateways, then what has sidecars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.discovery import Istiod
from roottrust.domain.istiod_manifest import read_mapping
from roottrust.domain.managed_by import MANAGED_BY
from roottrust.domain.mesh_plan import MeshPlace

Manifest = Mapping[str, Any]

# What every proxy of istio's has (its injection templates), and what sidecars have beside it.
PROXY_LABEL = "service.istio.io/canonical-name"
_SIDECAR_LABEL = "security.istio.io/tlsMode"
_REVISION = "istio.io/rev"

# As many as a directive takes; istiod is one more in the first.
GROUPS_MAX = 63
_NAME_MAX = 230
_HASH_LENGTH = 12


@dataclass(frozen=True, kw_only=True, order=True)
class ProxyGroup:
    """Proxies of one namespace that have a label in common; gateways come before sidecars."""

    is_sidecar: bool
    namespace: str
    label: str
    value: str

    def build(self) -> dict[str, Any]:
        """Return it as a directive lists it: none is restarted before the roots are there."""
        return {
            "namespace": self.namespace,
            "labels": {self.label: self.value},
            "rootCertSync": {},
        }


def find_groups(
    istiod: Istiod, pods: Iterable[Manifest], *, namespaces: Iterable[str]
) -> tuple[ProxyGroup, ...]:
    """Return the proxies of an istiod in the namespaces that it serves, in order."""
    served = frozenset(namespaces)
    return tuple(sorted(set(_list_groups(istiod, pods, served))))


def count_parts(groups: tuple[ProxyGroup, ...]) -> int:
    """Return how many directives it takes, one after the other."""
    return max(1, -(-len(groups) // GROUPS_MAX))


def build_bounce(
    istiod: Istiod,
    groups: tuple[ProxyGroup, ...],
    *,
    place: MeshPlace,
    trust_hash: str,
    part: int,
) -> dict[str, Any]:
    """Return one of the directives; the first one has istiod restarted before all others."""
    begin = (part - 1) * GROUPS_MAX
    selected = [each.build() for each in groups[begin : begin + GROUPS_MAX]]
    first = [_build_istiod_group(istiod)] if part == 1 else []
    mesh = place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
    return {
        "metadata": {
            "namespace": place.home,
            "name": build_bounce_name(mesh, trust_hash=trust_hash, part=part),
            "labels": dict(MANAGED_BY),
        },
        "spec": {
            "meshRef": {
                "name": mesh,
                "cluster": place.cluster,
                "namespace": istiod.namespace,
                "deployment": istiod.deployment,
            },
            "trustHash": trust_hash,
            "podsToBounce": [*first, *selected],
        },
    }


def build_bounce_name(mesh: str, *, trust_hash: str, part: int) -> str:
    """Return the name of a directive: of one mesh and one trust hash there is each part once."""
    return f"{mesh[:_NAME_MAX].rstrip('.-')}-{trust_hash[:_HASH_LENGTH]}-{part}"


def _build_istiod_group(istiod: Istiod) -> dict[str, Any]:
    return {
        "namespace": istiod.namespace,
        "labels": dict(istiod.pod_labels),
        "waitForReplicas": min(istiod.wanted, 1),
    }


def _list_groups(
    istiod: Istiod, pods: Iterable[Manifest], served: frozenset[str]
) -> Iterator[ProxyGroup]:
    for pod in pods:
        metadata = read_mapping(pod.get("metadata"))
        labels = read_mapping(metadata.get("labels"))
        revision = read_mapping(metadata.get("annotations")).get(_REVISION)
        namespace = str(metadata.get("namespace"))
        label = _SIDECAR_LABEL if _SIDECAR_LABEL in labels else PROXY_LABEL
        value = labels.get(label)
        if revision == istiod.revision and namespace in served and value:
            yield ProxyGroup(
                is_sidecar=label == _SIDECAR_LABEL,
                namespace=namespace,
                label=label,
                value=str(value),
            )
