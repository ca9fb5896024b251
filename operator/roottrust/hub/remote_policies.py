"""The RootTrustPolicies of a registered cluster: followed within bounds, and written back there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from roottrust.domain.errors import RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_hub import list_policy_rights
from roottrust.hub.cluster_calls import ClusterCalls
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.foreign_policy import is_kept, keep_policy
from roottrust.hub.gathered_changes import Changes, GatheredChanges
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_homes import Call, Result
from roottrust.hub.rights_check import RightsCheck
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.watch_client import WatchClient
from roottrust.runtime.client_watch import ClientWatch
from roottrust.runtime.clock import Timer
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.store_bound import StoreBound
from roottrust.runtime.watching import WatchedKind

# The guide has one for each cluster.
POLICIES_MAX = 20

# What else is wrong with a cluster its other watches tell.
_TOLD = frozenset({Reason.CLUSTER_TOO_LARGE, Reason.CLUSTER_NOT_PREPARED})


class RemotePolicies:
    """Those of one cluster; what is wrong with them is a warning, and no trouble of its meshes."""

    def __init__(
        self,
        cluster: str,
        *,
        access: KubeAccess,
        reader: WatchClient,
        client: KubeClient,
        calls: ClusterCalls,
        secret: Callable[[], str],
        on_changes: Callable[[Changes], None],
        on_warning: Callable[[str | None], None],
        timer: Timer,
    ) -> None:
        self._cluster = cluster
        self._client = client
        self._calls = calls
        self._on_warning = on_warning
        self._store = ObjectStore([POLICIES])
        self._changes = GatheredChanges(on_changes, timer=timer)
        self._troubles: dict[str, str] = {}
        self._watch = ClientWatch(
            reader,
            self._store,
            WatchedKind(resource=POLICIES, keep=keep_policy),
            on_change=self._note,
            on_state=self._take_watch,
            timer=timer,
            bound=StoreBound(POLICIES, objects=POLICIES_MAX),
        )
        self._rights = RightsCheck(
            access,
            secret=secret,
            cluster=cluster,
            on_state=partial(self._take_trouble, "rights"),
            timer=timer,
            rights=list_policy_rights(),
            option="--remote-policies",
        )

    @property
    def is_complete(self) -> bool:
        """Whether all were listed."""
        return self._store.synced

    def keys(self) -> frozenset[ObjectKey]:
        """Return the keys of all that are sound, with the cluster's name."""
        found = (self._name(key) for key in self._store.keys(POLICIES))
        return frozenset(key for key in found if self.get(key) is not None)

    def get(self, key: ObjectKey) -> Manifest | None:
        """Return one as it was seen last, None if it is not there or not sound."""
        found = self._store.get_by_key(replace(key, cluster=""))
        return found if is_kept(found) else None

    def take_over(self, found: Manifest) -> None:
        """Take over what a write of ours has made of one, as the cluster's answer has it."""
        self._store.take_over(POLICIES, keep_policy(found))

    async def run(self, call: Call[Result]) -> Result:
        """Return what a call into the cluster does; raises RootTrustError."""
        return await self._calls.run(lambda: call(self._client))

    async def follow(self) -> None:
        """Follow them until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch.run())
            group.create_task(self._rights.run())

    def try_again(self) -> None:
        """Wait no longer after a failure: there is another token."""
        self._watch.try_again()
        self._rights.check_again()

    async def close(self) -> None:
        """Tell of nothing more."""
        self._changes.close()
        await self._rights.close()

    def _note(self, key: ObjectKey, before: Manifest | None) -> None:
        self._changes.note(self._name(key), before if is_kept(before) else None)

    def _take_watch(self, error: RootTrustError | None) -> None:
        if error is not None and error.reason is Reason.ACCESS_DENIED:
            self._rights.check_again()  # which tells what is missing
        self._take_trouble("watch", error if error is None or error.reason in _TOLD else None)

    def _take_trouble(self, source: str, error: RootTrustError | None) -> None:
        self._troubles.pop(source, None)
        if error is not None:
            self._troubles[source] = error.message
        told = " ".join(self._troubles.values())
        self._on_warning(
            f"Cluster {self._cluster}, its own RootTrustPolicies: {told}" if told else None
        )

    def _name(self, key: ObjectKey) -> ObjectKey:
        return replace(key, cluster=self._cluster)
