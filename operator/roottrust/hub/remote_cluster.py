"""A registered cluster: its own clients, watches, store, limits and backoff.

Nothing of it is shared with another cluster but the hub's process, so that one which is slow, gone
or in strange hands costs the others nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from roottrust.domain.cluster_registration import Registration
from roottrust.domain.errors import RootTrustError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.http.guard import Guard
from roottrust.hub.cluster_calls import CalledObjects, ClusterCalls
from roottrust.hub.cluster_health import ClusterHealth
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_token import ClusterToken
from roottrust.hub.foreign_object import keep_certificate, keep_mesh
from roottrust.hub.gathered_changes import Changes, GatheredChanges
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.hub.pace import Pace, spread
from roottrust.hub.remote_policies import RemotePolicies
from roottrust.hub.served_cluster import ServedCluster, build_place
from roottrust.kube.client import KubeClient, OnWrite
from roottrust.kube.cluster_access import build_access, replace_token
from roottrust.kube.reviewer_token import IssuedToken
from roottrust.kube.watch_client import ANSWER_BYTES_MAX, WatchClient
from roottrust.runtime.client_watch import ClientWatch
from roottrust.runtime.clock import Timer, sleep
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.watching import WatchedKind

logger = logging.getLogger(__name__)

WATCHED = (
    WatchedKind(resource=MESHES, keep=keep_mesh),
    WatchedKind(resource=ISSUED_CERTIFICATES, keep=keep_certificate),
)
CONCURRENCY = 4
REFRESH_SECONDS = 30.0
LOOK_SECONDS = 10.0


class ClusterListener(Protocol):
    """Who is told of a registered cluster: of its objects, each as it was before, or of itself."""

    def take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Take notice of objects that changed; what is selected in it is the same."""

    def take_cluster(self, cluster: RemoteCluster) -> None:
        """Take notice of a cluster that is another one now for policies."""

    def take_policies(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Take notice of RootTrustPolicies that changed in it."""


class RemoteCluster:
    """One of them; create it inside the event loop and close it there.

    `home` is the operator's namespace, in it as in the hub's own cluster, which `local` talks to.
    `has_policies` says whether RootTrustPolicies that lie there count.
    """

    def __init__(
        self,
        registration: Registration,
        *,
        home: str,
        local: KubeClient,
        guard: Guard,
        on_write: OnWrite,
        listener: ClusterListener,
        pace: Pace,
        now: Callable[[], datetime],
        timer: Timer | None = None,
        has_policies: bool = False,
    ) -> None:
        self.registration = registration
        self._listener = listener
        self._pace = pace
        self._timer: Timer = timer or asyncio.get_running_loop()
        self.access = build_access(registration.access)
        self._reader = WatchClient(self.access)
        self.client = KubeClient(
            self.access,
            concurrency=CONCURRENCY,
            on_write=on_write,
            guard=guard,
            answer_bytes=ANSWER_BYTES_MAX,
        )
        self.store = ObjectStore([each.resource for each in WATCHED])
        place = build_place(registration)
        self._served = ServedCluster(place, home=home, client=self.client, store=self.store)
        self.health = ClusterHealth(
            registration.name,
            secret=lambda: self.registration.secret,
            expected=frozenset(str(each.resource) for each in WATCHED),
            now=now,
            on_change=self._take_health,
        )
        self.calls = ClusterCalls(registration.name, health=self.health)
        self._token = ClusterToken(
            lambda: self.registration,
            home=home,
            local=local,
            access=self.access,
            client=self.client,
            calls=self.calls,
            health=self.health,
            share=pace.token_share,
            now=now,
            timer=self._timer,
        )
        self.policies = self._build_policies() if has_policies else None
        self.objects = CalledObjects(self._served.objects, self.calls)
        self._changes = GatheredChanges(self._tell_changes, timer=self._timer)
        self._known: KnownCluster | None = None
        self._told: tuple[tuple[KnownMesh, ...], tuple[str, ...]] = ((), ())
        self._watches = [self._build_watch(each) for each in WATCHED]
        self._has_settled = asyncio.Event()

    @property
    def name(self) -> str:
        """Its name, which only its registration gives."""
        return self.registration.name

    def read(self) -> KnownCluster:
        """Return what is known of it: the same object until something changes."""
        if self._known is None:
            known = self._served.read(self.health.trouble)
            self._known = replace(known, warnings=self.health.warnings + known.warnings)
        return self._known

    def list_believed(self) -> tuple[tuple[Manifest, KnownMesh], ...]:
        """Return its Mesh objects that are believed, that in the operator's namespace first."""
        return self._served.list_believed()

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return its IssuedCertificates with a mark of that policy."""
        return self._served.find_owned(policy) if self.store.keys(ISSUED_CERTIFICATES) else {}

    async def list_certificates(self) -> tuple[Manifest, ...]:
        """Return its IssuedCertificates; of a cluster that does not answer, those known last.

        The hub alone makes them, so that there are no others. Raises RootTrustError for one that
        never answered.
        """
        try:
            found = await self.calls.run(self._served.list_certificates)
        except RootTrustError:
            if not self.store.synced:
                raise
            return self.store.list(ISSUED_CERTIFICATES)
        return tuple(map(keep_certificate, found))

    async def issue_reviewer_token(self) -> IssuedToken:
        """Have a token of its reviewer made; raises RootTrustError."""
        return await self.calls.run(self._served.issue_reviewer_token)

    def take_over(self, registration: Registration) -> None:
        """Take over another registration of the same API server, such as one with a new token."""
        before, self.registration = self.registration, registration
        if before.access.token != registration.access.token:
            replace_token(self.access, registration.access.token)
            logger.info("cluster %s has another token", self.name, extra={"cluster": self.name})
            self._token.look_again()
            for each in self._watches:
                each.try_again()
            if self.policies is not None:
                self.policies.try_again()
        place = build_place(registration)
        if place != self._served.place:
            self._served.place = place
            self._forget_known()
            self._listener.take_cluster(self)

    @property
    def has_settled(self) -> bool:
        """Whether it was listed, or could not be."""
        return self._has_settled.is_set()

    async def wait_settled(self) -> None:
        """Wait until it was listed, or could not be."""
        await self._has_settled.wait()

    async def run(self) -> None:
        """Follow it until cancelled."""
        async with asyncio.TaskGroup() as group:
            for watch in self._watches:
                group.create_task(watch.run())
            group.create_task(self._token.run())
            group.create_task(self._refresh())
            probe = partial(self.client.get_raw, "/version")
            group.create_task(self.calls.probe(probe, timer=self._timer))
            if self.policies is not None:
                group.create_task(self.policies.follow())

    async def look(self) -> None:
        """Read it once, without following it; what keeps it from being known is its trouble."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                for watch in self._watches:
                    await watch.try_list()
                await self._served.refresh()
        self._forget_known()

    async def close(self) -> None:
        """Close the connections, and tell of nothing more."""
        self._changes.close()
        for each in (self._token, self.policies, self._reader, self.client):
            if each is not None:
                await each.close()

    async def _refresh(self) -> None:
        """Read from time to time what no watch tells."""
        while True:
            before, is_late = self._served.read(), False
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._served.refresh()
            except TimeoutError:
                is_late = True  # its watches tell what is wrong
            now = self._served.read()
            if now != before:  # also what was read before it was late
                self._forget_known()
                self._listener.take_cluster(self)
            is_troubled = is_late or now.keys_trouble is not None
            seconds = spread(self._pace.clusters_seconds, share=random.random())  # noqa: S311
            await sleep(self._timer, min(REFRESH_SECONDS, seconds) if is_troubled else seconds)

    def _build_watch(self, watched: WatchedKind) -> ClientWatch:
        source = str(watched.resource)

        def take_state(error: RootTrustError | None) -> None:
            self.health.tell(source, error)
            if error is not None or self.store.synced:
                self._has_settled.set()

        return ClientWatch(
            self._reader,
            self.store,
            watched,
            on_change=self._note_change,
            on_state=take_state,
            timer=self._timer,
        )

    def _build_policies(self) -> RemotePolicies:
        return RemotePolicies(
            self.name,
            access=self.access,
            reader=self._reader,
            client=self.client,
            calls=self.calls,
            secret=lambda: self.registration.secret,
            on_changes=lambda changes: self._listener.take_policies(self, changes),
            on_warning=partial(self.health.warn, "policies"),
            timer=self._timer,
        )

    def _note_change(self, key: ObjectKey, before: Manifest | None) -> None:
        self._forget_known()
        self._changes.note(key, before)

    def _tell_changes(self, changes: Changes) -> None:
        known = self.read()
        if self._told != (known.meshes, known.warnings):
            self._told = (known.meshes, known.warnings)
            self._listener.take_cluster(self)
        self._listener.take_objects(self, changes)

    def _take_health(self) -> None:
        self._forget_known()
        self._listener.take_cluster(self)

    def _forget_known(self) -> None:
        self._known = None
