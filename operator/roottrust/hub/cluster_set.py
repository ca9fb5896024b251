"""The hub's own cluster and other ones as one registry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from roottrust.domain.issuance import CertificateKey
from roottrust.domain.known import KnownCluster
from roottrust.hub.cluster_objects import ClusterObjects, Manifest
from roottrust.hub.cluster_registry import ClusterRegistry, build_unregistered
from roottrust.hub.policy_homes import Home
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.kube.reviewer_token import IssuedToken


class ClusterSet:
    """The registry of them; `others` and `refused` are what is registered at the moment."""

    def __init__(self, own: ClusterRegistry) -> None:
        self._own = own
        self.others: dict[str, RemoteCluster] = {}
        self.refused: tuple[KnownCluster, ...] = ()

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all of them, also those whose registration is refused."""
        registered = (each.read() for each in self.others.values())
        return (*self._own.list_clusters(), *registered, *self.refused)

    def count_troubled(self) -> int:
        """Return how many registered clusters cannot be relied on."""
        return sum(each.health.trouble is not None for each in self.others.values())

    def count_starting(self) -> int:
        """Return how many registered clusters are yet to be read."""
        return sum(not each.has_settled for each in self.others.values())

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """Return what is known of a cluster's meshes, None for one that is not served."""
        found = self.others.get(cluster)
        return self._own.get_objects(cluster) if found is None else found.objects

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return the IssuedCertificates of all clusters with the mark of a policy."""
        found = dict(self._own.find_owned(policy))
        for each in self.others.values():
            found |= each.find_owned(policy)
        return found

    def find_home(self, cluster: str) -> Home | None:
        """Return the policies of a registered cluster, None where they do not count."""
        found = self.others.get(cluster)
        return None if found is None else found.policies

    def list_homes(self) -> Iterator[Home]:
        """Return the policies of all registered clusters."""
        return (each.policies for each in self.others.values() if each.policies is not None)

    async def list_certificates(self, *, cluster: str = "") -> Mapping[str, tuple[Manifest, ...]]:
        """Return the IssuedCertificates of one cluster or of all; raises RootTrustError."""
        if cluster:
            return {cluster: await self._get_other(cluster).list_certificates()}
        own = await self._own.list_certificates()
        others = dict(self.others)
        found = await asyncio.gather(*(each.list_certificates() for each in others.values()))
        return {**own, **dict(zip(others, found, strict=True))}

    async def refresh(self) -> bool:
        """Read again what no watch tells of the hub's own cluster; the others do it themselves."""
        return await self._own.refresh()

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """Have a token of a cluster's reviewer made; raises RootTrustError."""
        if self._own.get_objects(cluster) is not None and cluster not in self.others:
            return await self._own.issue_reviewer_token(cluster)
        return await self._get_other(cluster).issue_reviewer_token()

    def _get_other(self, cluster: str) -> RemoteCluster:
        found = self.others.get(cluster)
        if found is None:
            raise build_unregistered(cluster)
        return found
