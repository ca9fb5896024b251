"""Why a policy selects nothing: of all istiods, the one that it misses by the least."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from roottrust.api.mesh_selector import IstioSelector
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.selection import CLUSTER_LABEL, MESH_LABEL, matches_revision

# Whoever is in charge of a cluster may write long labels, and many Meshes.
MAX_LENGTH = 400
_CANDIDATES_MAX = 2_000
_MISMATCHES_TOLD = 3
# Which istiod was rather meant: one of the right cluster, then one in the right place of it.
_CLUSTER_COST, _PLACE_COST, _LABEL_COST = 50, 5, 1


@dataclass(frozen=True, kw_only=True)
class _Mismatch:
    """One thing that is wanted, and what is there instead."""

    wanted: str
    found: str
    cost: int

    def __str__(self) -> str:
        return f"{self.wanted}, but {self.found}"


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """One cluster, or one mesh of it, and all that keeps an entry of applyToMeshes from it."""

    entry: int
    mismatches: tuple[_Mismatch, ...]

    @property
    def cost(self) -> int:
        return sum(each.cost for each in self.mismatches)


def describe_nearest_miss(
    spec: RootTrustPolicySpec, clusters: Iterable[KnownCluster]
) -> str | None:
    """Return what keeps a policy from the istiod, or the cluster, that it was nearest to.

    It is a part of a sentence, without its full stop; None where nothing but an istiod is missing.
    """
    selectors = tuple(each.istio for each in spec.apply_to_meshes)
    found = islice(_list_candidates(selectors, tuple(clusters)), _CANDIDATES_MAX)
    nearest = min(found, key=lambda each: each.cost, default=None)
    if nearest is None or not nearest.mismatches:
        return None
    text = _describe(nearest, is_one_of_several=len(selectors) > 1)
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _describe(candidate: _Candidate, *, is_one_of_several: bool) -> str:
    where = f"applyToMeshes[{candidate.entry}]: " if is_one_of_several else ""
    told = [str(each) for each in candidate.mismatches[:_MISMATCHES_TOLD]]
    left = len(candidate.mismatches) - len(told)
    return f"{where}{'; '.join(told)}{f'; and {left} more' if left else ''}"


def _list_candidates(
    selectors: tuple[IstioSelector, ...], clusters: tuple[KnownCluster, ...]
) -> Iterator[_Candidate]:
    """Return them but for clusters that the selector's own words exclude: those were not meant."""
    for entry, selector in enumerate(selectors):
        name = selector.cluster_selector.get(CLUSTER_LABEL)
        for cluster in clusters:
            if cluster.refusal is None and name in {None, cluster.name}:
                for found in _list_mismatches(selector, cluster):
                    yield _Candidate(entry=entry, mismatches=found)


def _list_mismatches(
    selector: IstioSelector, cluster: KnownCluster
) -> Iterator[tuple[_Mismatch, ...]]:
    of_cluster = tuple(_compare_labels(selector, cluster))
    for mesh in cluster.meshes:
        yield (*of_cluster, *_compare_mesh(selector, mesh))
    if not cluster.meshes:
        yield (*of_cluster, *_compare_name(selector, cluster))


def _compare_labels(selector: IstioSelector, cluster: KnownCluster) -> Iterator[_Mismatch]:
    for key, value in sorted(selector.cluster_selector.items()):
        if key not in {CLUSTER_LABEL, MESH_LABEL} and cluster.labels.get(key) != value:
            found = _describe_label(cluster.name, key, cluster.labels.get(key))
            yield _Mismatch(
                wanted=f"clusterSelector {key}: {value}", found=found, cost=_CLUSTER_COST
            )


def _compare_name(selector: IstioSelector, cluster: KnownCluster) -> Iterator[_Mismatch]:
    """Compare with the names that meshes of a cluster will have: they end with its own."""
    wanted = selector.cluster_selector.get(MESH_LABEL)
    if wanted is not None and not wanted.endswith(f"-{cluster.name}"):
        yield _Mismatch(
            wanted=f"clusterSelector {MESH_LABEL}: {wanted}",
            found=f"names of meshes in {cluster.name} end with -{cluster.name}",
            cost=_CLUSTER_COST,
        )


def _compare_mesh(selector: IstioSelector, mesh: KnownMesh) -> Iterator[_Mismatch]:
    name = selector.cluster_selector.get(MESH_LABEL, mesh.name)
    if name != mesh.name:
        yield _Mismatch(
            wanted=f"clusterSelector {MESH_LABEL}: {name}",
            found=f"there is {mesh.name}",
            cost=_PLACE_COST,
        )
    if selector.namespace and selector.namespace != mesh.namespace:
        yield _Mismatch(
            wanted=f"namespace {selector.namespace}",
            found=f"{mesh.name} is in {mesh.namespace}",
            cost=_PLACE_COST,
        )
    for key, value in sorted(selector.selector.items()):
        if mesh.pod_labels.get(key) != value:
            found = _describe_label(mesh.name, key, mesh.pod_labels.get(key))
            yield _Mismatch(wanted=f"selector {key}: {value}", found=found, cost=_LABEL_COST)
    if selector.revision and not matches_revision(selector.revision, mesh.revision):
        yield _Mismatch(
            wanted=f"revision {selector.revision}",
            found=f"{mesh.name} has {mesh.revision}",
            cost=_LABEL_COST,
        )


def _describe_label(name: str, key: str, value: str | None) -> str:
    return f"{name} has no label {key}" if value is None else f"{name} has {key}: {value}"
