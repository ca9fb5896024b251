"""What registered clusters tell of their Meshes, as far as the hub believes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.known import KnownMesh
from roottrust.domain.mirror_plan import ToldCluster, ToldMesh
from roottrust.domain.mirrored_issuance import judge_issuance
from roottrust.domain.rotation.known_roots import read_known_roots
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_set import ClusterSet
from roottrust.hub.policy_key import parse_policy_key
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.runtime.store import ObjectKey, ObjectStore


class FindPolicies(Protocol):
    """Finds the policies that select a mesh."""

    def __call__(self, cluster: str, *, namespace: str, mesh: str) -> frozenset[ObjectKey]:
        """Return their keys."""


class MirrorSource:
    """Reads clusters by name; `store` has the policies.

    `is_pending` is of a cluster that policies will soon know otherwise than they do.
    """

    def __init__(
        self,
        clusters: ClusterSet,
        store: ObjectStore,
        *,
        find_policies: FindPolicies,
        is_pending: Callable[[str], bool],
    ) -> None:
        self._clusters = clusters
        self._store = store
        self._find_policies = find_policies
        self._is_pending = is_pending

    @property
    def names(self) -> frozenset[str]:
        """The clusters that are registered, also those that are refused."""
        return frozenset(self._clusters.others) | self.refused.keys()

    @property
    def refused(self) -> dict[str, ClusterTrouble | None]:
        """Those that are refused, and why."""
        return {each.name: each.refusal for each in self._clusters.refused}

    def is_known(self, name: str) -> bool:
        """Whether what is told of a cluster can be judged: which policies select its meshes."""
        return not self._is_pending(name)

    async def read(self, name: str, *, now: datetime) -> tuple[ToldCluster, datetime | None]:
        """Return what a registered cluster tells, and when time alone will change that."""
        cluster = self._clusters.others.get(name)
        if cluster is None:
            return ToldCluster(name=name, meshes=None, trouble=self.refused.get(name)), None
        trouble = cluster.health.trouble
        if not cluster.store.synced:
            return ToldCluster(name=name, meshes=None, trouble=trouble), None
        meshes, moments = [], []
        for manifest, mesh in cluster.list_believed():
            told, change = self._judge(cluster, manifest, mesh, now=now)
            meshes.append(told)
            moments += [change] if change else []
            await asyncio.sleep(0)  # a hundred meshes keep nobody else waiting
        found = ToldCluster(name=name, meshes=tuple(meshes), trouble=trouble)
        return found, min(moments, default=None)

    def _judge(
        self, cluster: RemoteCluster, manifest: Manifest, mesh: KnownMesh, *, now: datetime
    ) -> tuple[ToldMesh, datetime | None]:
        certificate = cluster.objects.find_certificate(mesh.namespace, mesh.name)
        found = self._find_policies(cluster.name, namespace=mesh.namespace, mesh=mesh.name)
        find_roots = partial(self._find_roots, found)
        issuance, change = judge_issuance(certificate, find_roots=find_roots, now=now)
        return ToldMesh(manifest=manifest, issuance=issuance), change

    def _find_roots(self, selecting: frozenset[ObjectKey], policy: str) -> frozenset[str]:
        """Return the roots in use of a policy, none for one that does not select the mesh."""
        key = parse_policy_key(policy)
        found = self._store.get_by_key(key) if key in selecting else None
        return read_roots(found)


def read_roots(policy: Manifest | None) -> frozenset[str]:
    """Return the fingerprints of the roots that a policy was told, none before there is one."""
    return read_known_roots((policy or {}).get("status") or {})
