"""Where RootTrustPolicies lie: in the hub's own cluster, and perhaps in registered ones.

They are kept apart by their keys. What is written to one goes into its own cluster, over that
cluster's own connections, limits and backoff.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from roottrust.hub.cluster_registry import build_unregistered
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_key import parse_policy_key
from roottrust.hub.policy_object import PolicyObject, read_policy
from roottrust.kube.client import KubeClient
from roottrust.runtime.store import ObjectKey, ObjectStore

Manifest = Mapping[str, Any]
Result = TypeVar("Result")
Call = Callable[[KubeClient], Awaitable[Result]]


class Home(Protocol):
    """The policies of one registered cluster."""

    @property
    def is_complete(self) -> bool:
        """Whether all were listed: before, none can be said to be gone."""

    def keys(self) -> frozenset[ObjectKey]:
        """Return the keys of all, with the cluster's name."""

    def get(self, key: ObjectKey) -> Manifest | None:
        """Return one, None if it is not there."""

    def take_over(self, found: Manifest) -> None:
        """Take over what a write of ours has made of one."""

    async def run(self, call: Call[Result]) -> Result:
        """Return what a call into the cluster does; raises RootTrustError."""


class Homes(Protocol):
    """The registered clusters whose policies count."""

    def find_home(self, cluster: str) -> Home | None:
        """Return one, None for a cluster that is not registered."""

    def list_homes(self) -> Iterator[Home]:
        """Return all of them."""


class NoHomes:
    """No policies in other clusters."""

    def find_home(self, cluster: str) -> Home | None:
        """Return none."""
        del cluster
        return None

    def list_homes(self) -> Iterator[Home]:
        """Return none."""
        return iter(())


class PolicyHomes(Container[str]):
    """All policies, by keys that name a registered cluster, or none for the hub's own."""

    def __init__(
        self, client: KubeClient, store: ObjectStore, *, others: Homes | None = None
    ) -> None:
        self._client = client
        self._store = store
        self._others: Homes = others or NoHomes()

    def list_keys(self) -> frozenset[ObjectKey]:
        """Return the keys of all of them."""
        others = (each.keys() for each in self._others.list_homes())
        return self._store.keys(POLICIES).union(*others)

    def get(self, key: ObjectKey) -> Manifest | None:
        """Return a policy as it was seen last, None if it is not there."""
        if not key.cluster:
            return self._store.get_by_key(key)
        home = self._others.find_home(key.cluster)
        return None if home is None else home.get(key)

    def read(self, key: ObjectKey) -> PolicyObject | None:
        """Return a policy's parts, None if it is not there."""
        manifest = self.get(key)
        return None if manifest is None else read_policy(manifest, cluster=key.cluster)

    def take_over(self, key: ObjectKey, found: Manifest) -> None:
        """Take over what a write of ours has made of a policy, before its watch tells it."""
        if not key.cluster:
            self._store.take_over(POLICIES, found)
            return
        home = self._others.find_home(key.cluster)
        if home is not None:
            home.take_over(found)

    async def run(self, policy: PolicyObject, call: Call[Result]) -> Result:
        """Return what a call into the cluster of a policy does; raises RootTrustError."""
        cluster = policy.identity.cluster
        if not cluster:
            return await call(self._client)
        home = self._others.find_home(cluster)
        if home is None:
            raise build_unregistered(cluster)
        return await home.run(call)

    def __contains__(self, full_name: object) -> bool:
        """Whether there is a policy of that name: whether a mark in Vault is of nobody.

        One that is being deleted still is there; so is one of a cluster that is not known yet.
        """
        key = parse_policy_key(str(full_name))
        home = self._others.find_home(key.cluster) if key.cluster else None
        return self.get(key) is not None or (home is not None and not home.is_complete)
