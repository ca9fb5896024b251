"""What becomes of changes: which policies are reconciled, and which clusters mirrored, for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.policy import PolicyIdentity
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.gathered_changes import Changes
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.mesh_mirrors import MeshMirrors
from roottrust.hub.mirror_source import read_roots
from roottrust.hub.policy_change import is_of_interest, take_over_status
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_key import build_policy_key
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_queue import PolicyQueue
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.policy_routes import PolicyRoutes
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.runtime.store import ObjectKey, build_key
from roottrust.runtime.workqueue import Priority

Manifest = Mapping[str, Any]


class HubChanges:
    """Takes what watches tell, and what the hub's own work brings about.

    `mirrors` is None for a hub that serves no registered clusters.
    """

    def __init__(
        self,
        *,
        homes: PolicyHomes,
        claims: ClaimBook,
        routes: PolicyRoutes,
        reporter: PolicyReporter,
        queue: PolicyQueue,
        mirrors: MeshMirrors | None,
    ) -> None:
        self._homes = homes
        self._claims = claims
        self._routes = routes
        self._reporter = reporter
        self._queue = queue
        self._mirrors = mirrors

    def take_object(self, key: ObjectKey, before: Manifest | None, now: Manifest | None) -> None:
        """Have the policies looked at that an object of the hub's own cluster concerns."""
        if key.kind not in {POLICIES, MESHES, ISSUED_CERTIFICATES}:
            return
        if key.kind == POLICIES:
            self._mirror_by_root(before, now)
        if key.kind == MESHES and self._mirrors and self._mirrors.take_change(key, before, now):
            return
        if self._is_of_interest(key, before, now) and self._queue.is_working:
            self._queue.add(self._routes.find_concerned(key, before))

    def take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Have the policies looked at that changes in a registered cluster concern."""
        self.take_cluster(cluster.name)
        if not self._queue.is_working:
            return
        for key, before in changes.items():
            now = cluster.store.get_by_key(key)
            if self._is_of_interest(key, before, now):
                found = self._routes.find_concerned_in(cluster.name, key, before=before, now=now)
                self._queue.add(found)

    def take_policies(self, changes: Changes) -> None:
        """Have policies of workload clusters looked at that were changed there."""
        for key, before in changes.items():
            if self._is_of_interest(key, before, self._homes.get(key)):
                self._queue.add(self._claims.outdate(key) | {key})

    def take_cluster(self, cluster: str) -> None:
        """Have a registered cluster mirrored: it is another one now."""
        if self._mirrors is not None:
            self._mirrors.look_at(cluster)

    def take_clusters(self) -> None:
        """Have everything looked at: policies may select otherwise than before."""
        self._claims.outdate_all()
        if self._mirrors is not None:
            self._mirrors.look_at_registrations()
        self._queue.retry_all()

    def take_status(self, policy: PolicyObject, written: Manifest, status: Manifest) -> None:
        """Know at once what was told: a reconcile before its echo would forget the root in use."""
        if not policy.identity.is_remote:
            self._mirror_by_root(policy.manifest, {"status": status})
        found = take_over_status(policy.manifest, written, status)
        if found is not None:
            self._homes.take_over(policy.key, found)

    def take_late(self, late: PolicyIdentity) -> None:
        """Have a policy looked at whose work in a cluster took its time."""
        self._queue.retry(build_policy_key(late))

    def take_keys(self, policy: PolicyObject) -> None:
        """Have a policy looked at that Vault keeps another number of keys for."""
        self._queue.retry(policy.key, priority=Priority.RESYNC)

    def take_rotation(self, concerned: Iterable[ObjectKey]) -> None:
        """Have policies looked at whose root has another stage now."""
        for policy in concerned:
            self._queue.retry(policy, priority=Priority.EDIT)

    def take_root(self) -> None:
        """Have policies looked at whose root was not there yet, or is being looked for now."""
        for policy in self._homes.list_keys():
            told = self._reporter.get_told(policy)
            if told is None or not told.has_root:
                self._queue.retry(policy)

    def _is_of_interest(
        self, key: ObjectKey, before: Manifest | None, now: Manifest | None
    ) -> bool:
        told = self._reporter.get_told(key)
        return now is None or is_of_interest(key.kind, before, now, told=told)

    def _mirror_by_root(self, before: Manifest | None, now: Manifest | None) -> None:
        """Have clusters looked at whose intermediates are now to be under another root."""
        known = before or now
        if self._mirrors is None or known is None or read_roots(before) == read_roots(now):
            return
        for name in self._claims.list_clusters(build_key(POLICIES, known)):
            self._mirrors.look_at(name)
