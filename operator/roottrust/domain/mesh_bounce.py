"""PodBounceDirectives that restart a whole mesh: istiod, its gateways, then what has sidecars.

A new intermediate is served by istiod already: for that istiod itself is left out, and copies of
the roots are as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.discovery import Istiod
from roottrust.domain.istiod_manifest import read_mapping
from roottrust.domain.managed_by import MANAGED_BY
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.mesh_proxy import PROXY_LABEL, list_proxies

Manifest = Mapping[str, Any]

# What sidecars have beside what every proxy has.
_SIDECAR_LABEL = "security.istio.io/tlsMode"

# As many as a directive takes; istiod is one more in the first.
GROUPS_MAX = 63
_NAME_MAX = 230
_HASH_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class MeshRestart:
    """What a mesh is restarted for: roots, or else an intermediate under the same ones."""

    trust_hash: str
    is_for_roots: bool


@dataclass(frozen=True, kw_only=True, order=True)
class ProxyGroup:
    """Proxies of one namespace that have a label in common; gateways come before sidecars."""

    is_sidecar: bool
    namespace: str
    label: str
    value: str

    def build(self) -> dict[str, Any]:
        """Return it as a directive lists it."""
        return {"namespace": self.namespace, "labels": {self.label: self.value}}


def find_groups(
    istiod: Istiod, pods: Iterable[Manifest], *, namespaces: Iterable[str]
) -> tuple[ProxyGroup, ...]:
    """Return the proxies of an istiod in the namespaces that it serves, in order."""
    proxies = list_proxies(istiod, pods, namespaces=namespaces)
    return tuple(sorted({_build_group(each) for each in proxies}))


def count_parts(groups: tuple[ProxyGroup, ...], restart: MeshRestart) -> int:
    """Return how many directives it takes, one after the other: for roots, istiod is in one."""
    return max(1 if restart.is_for_roots else 0, -(-len(groups) // GROUPS_MAX))


def build_bounce(
    istiod: Istiod,
    groups: tuple[ProxyGroup, ...],
    *,
    place: MeshPlace,
    restart: MeshRestart,
    part: int,
) -> dict[str, Any]:
    """Return one of the directives; for changed roots the first one begins with istiod.

    Then nothing is restarted before the roots are in its namespace.
    """
    begin = (part - 1) * GROUPS_MAX
    sync: dict[str, Any] = {"rootCertSync": {}} if restart.is_for_roots else {}
    selected = [{**each.build(), **sync} for each in groups[begin : begin + GROUPS_MAX]]
    first = [_build_istiod_group(istiod)] if restart.is_for_roots and part == 1 else []
    mesh = place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
    return {
        "metadata": {
            "namespace": place.home,
            "name": build_bounce_name(mesh, trust_hash=restart.trust_hash, part=part),
            "labels": dict(MANAGED_BY),
        },
        "spec": {
            "meshRef": {
                "name": mesh,
                "cluster": place.cluster,
                "namespace": istiod.namespace,
                "deployment": istiod.deployment,
            },
            "trustHash": restart.trust_hash,
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


def _build_group(proxy: Manifest) -> ProxyGroup:
    labels = read_mapping(proxy.get("labels"))
    label = _SIDECAR_LABEL if labels.get(_SIDECAR_LABEL) else PROXY_LABEL
    return ProxyGroup(
        is_sidecar=label == _SIDECAR_LABEL,
        namespace=str(proxy["namespace"]),
        label=label,
        value=str(labels[label]),
    )
