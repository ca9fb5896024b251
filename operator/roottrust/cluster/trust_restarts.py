"""Asking for the restart of a mesh whose trust has changed, once for each trust hash."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from roottrust.api.choices import BounceState
from roottrust.cluster.bounce_report import parse_bounce_status
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.discovery import Istiod
from roottrust.domain.errors import ConflictError
from roottrust.domain.mesh_bounce import (
    MeshRestart,
    ProxyGroup,
    build_bounce,
    build_bounce_name,
    count_parts,
    find_groups,
)
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.mesh_proxy import PROXY_LABEL
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.trust_restart import WorkloadTrust, find_restart, note_asked, see_first
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS
from roottrust.runtime.store import ObjectStore

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-restarts"
POLL_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class RestartProgress:
    """What workloads count as restarted for, and when to look again if need be.

    `asked` is what all was just asked for.
    """

    known: WorkloadTrust
    asked: MeshRestart | None = None
    pause: float | None = None


class TrustRestarts:
    """Writes directives into the operator's own namespace; a part follows when one is finished."""

    def __init__(
        self,
        client: KubeClient,
        store: ObjectStore,
        *,
        place: MeshPlace,
        istiods: IstiodNamespaces,
    ) -> None:
        self._client = client
        self._store = store
        self._place = place
        self._istiods = istiods

    async def advance(self, trust: ObservedTrust, known: WorkloadTrust) -> RestartProgress:
        """Ask for what is due; raises RootTrustError.

        What was asked for counts: a directive that a person deletes is not written again.
        """
        known = see_first(trust, known)
        restart = find_restart(trust, known)
        if restart is None:
            return RestartProgress(known=known)
        istiod = trust.istiod
        if not await self._istiods.has_istiod(istiod.namespace):
            logger.warning(
                "%s may not publish roots: nothing is restarted for it", istiod.full_name
            )
            return RestartProgress(known=known)
        if not restart.is_for_roots and self._is_under_way(istiod, trust.pinned or ""):
            return RestartProgress(known=known, pause=POLL_SECONDS)
        return await self._write_next(trust, known, restart)

    async def _write_next(
        self, trust: ObservedTrust, known: WorkloadTrust, restart: MeshRestart
    ) -> RestartProgress:
        istiod, waits = trust.istiod, RestartProgress(known=known, pause=POLL_SECONDS)
        if self._is_under_way(istiod, restart.trust_hash):
            return waits
        before = self._count_written(istiod, restart.trust_hash)
        groups = await self._find_groups(trust)
        left = count_parts(groups, restart) - before
        if left > 0:
            await self._write(istiod, groups, restart, part=before + 1)
        if left > 1:
            return waits
        done = note_asked(trust, known, restart, is_at_once=before == 0)
        return RestartProgress(known=done, asked=restart if left > 0 or before else None)

    async def _find_groups(self, trust: ObservedTrust) -> tuple[ProxyGroup, ...]:
        pods = await self._client.list_metadata(PODS, label_selector=PROXY_LABEL)
        return find_groups(trust.istiod, pods, namespaces=trust.served.names)

    async def _write(
        self, istiod: Istiod, groups: tuple[ProxyGroup, ...], restart: MeshRestart, *, part: int
    ) -> None:
        manifest = build_bounce(istiod, groups, place=self._place, restart=restart, part=part)
        with suppress(ConflictError):  # it was written just before a crash
            await self._client.create(DIRECTIVES, manifest, field_manager=FIELD_MANAGER)
        logger.info("PodBounceDirective %s is written", manifest["metadata"]["name"])

    def _is_under_way(self, istiod: Istiod, trust_hash: str) -> bool:
        """Whether the last part that is written is not finished."""
        part = self._count_written(istiod, trust_hash)
        return part > 0 and not self._is_finished(istiod, trust_hash, part)

    def _count_written(self, istiod: Istiod, trust_hash: str) -> int:
        part = 0
        while self._store.get(
            DIRECTIVES,
            namespace=self._place.home,
            name=self._build_name(istiod, trust_hash, part + 1),
        ):
            part += 1
        return part

    def _is_finished(self, istiod: Istiod, trust_hash: str, part: int) -> bool:
        name = self._build_name(istiod, trust_hash, part)
        found = self._store.get(DIRECTIVES, namespace=self._place.home, name=name) or {}
        status = parse_bounce_status(found.get("status"))
        return status is not None and status.state is BounceState.FINISHED

    def _build_name(self, istiod: Istiod, trust_hash: str, part: int) -> str:
        mesh = self._place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
        return build_bounce_name(mesh, trust_hash=trust_hash, part=part)
