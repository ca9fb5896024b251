"""The directives of a mesh's restart: a part follows when the one before it is finished."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

from roottrust.api.choices import BounceState
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.discovery import Istiod
from roottrust.domain.errors import ConflictError
from roottrust.domain.mesh_bounce import (
    GROUPS_MAX,
    MeshRestart,
    ProxyGroup,
    build_bounce,
    build_bounce_name,
    find_groups,
    list_left,
)
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.mesh_proxy import PROXY_LABEL
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS
from roottrust.runtime.store import ObjectStore

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-restarts"

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Written:
    """How far a restart is written: its last part, any at all, and all of it just now."""

    is_all: bool
    is_any: bool = True
    is_at_once: bool = False


class MeshDirectives:
    """Writes them into the operator's own namespace, and knows what is there by its watch."""

    def __init__(self, client: KubeClient, store: ObjectStore, *, place: MeshPlace) -> None:
        self._client = client
        self._store = store
        self._place = place

    def is_under_way(self, istiod: Istiod, trust_hash: str) -> bool:
        """Whether the last part that is written is not finished."""
        written = self._list_written(istiod, trust_hash)
        return bool(written) and not _is_finished(written[-1])

    async def write_next(self, trust: ObservedTrust, restart: MeshRestart) -> Written:
        """Write the next part if there is one and it is due; raises RootTrustError."""
        istiod = trust.istiod
        written = self._list_written(istiod, restart.trust_hash)
        if written and not _is_finished(written[-1]):
            return Written(is_all=False)
        groups = list_left(await self._find_groups(trust, restart), written)
        if not groups and (written or not restart.cause.has_istiod):
            return Written(is_all=True, is_any=bool(written))
        await self._write(istiod, groups, restart, part=len(written) + 1)
        return Written(is_all=len(groups) <= GROUPS_MAX, is_at_once=not written)

    async def _find_groups(
        self, trust: ObservedTrust, restart: MeshRestart
    ) -> tuple[ProxyGroup, ...]:
        if restart.cause.is_istiod_alone:
            return ()
        pods = await self._client.list_metadata(PODS, label_selector=PROXY_LABEL)
        old = (each for each in pods if restart.concerns(each["metadata"]))
        return find_groups(trust.istiod, old, namespaces=trust.served.names)

    async def _write(
        self, istiod: Istiod, groups: tuple[ProxyGroup, ...], restart: MeshRestart, *, part: int
    ) -> None:
        manifest = build_bounce(istiod, groups, place=self._place, restart=restart, part=part)
        with suppress(ConflictError):  # it was written just before a crash
            await self._client.create(DIRECTIVES, manifest, field_manager=FIELD_MANAGER)
        logger.info("PodBounceDirective %s is written", manifest["metadata"]["name"])

    def _list_written(self, istiod: Istiod, trust_hash: str) -> tuple[Manifest, ...]:
        mesh = self._place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
        parts = (
            self._store.get(
                DIRECTIVES,
                namespace=self._place.home,
                name=build_bounce_name(mesh, trust_hash=trust_hash, part=part),
            )
            for part in count(1)
        )
        return tuple(each for each in takewhile(lambda found: found is not None, parts) if each)


def _is_finished(directive: Manifest) -> bool:
    status = PodBounceDirectiveStatus.find(directive.get("status"))
    return status is not None and status.state is BounceState.FINISHED
