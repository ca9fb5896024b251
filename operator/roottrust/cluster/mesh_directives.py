"""The directives of a mesh's restart: a part follows when the one before it is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

from roottrust.api.choices import BounceState
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.api.restart_request import PARTS_MAX, RestartRequest
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.discovery import Istiod
from roottrust.domain.mesh_bounce import (
    MeshRestart,
    ProxyGroup,
    build_bounce_name,
    build_request,
    find_groups,
    is_last,
    list_left,
)
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.mesh_proxy import PROXY_LABEL
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS
from roottrust.runtime.store import ObjectStore

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Written:
    """How far a restart is written: all of it, any at all, and what the hub is to write next."""

    is_all: bool
    is_any: bool = True
    request: RestartRequest | None = None


class MeshDirectives:
    """Works out what the hub is to write into the operator's own namespace.

    What is there it knows by its watch.
    """

    def __init__(self, client: KubeClient, store: ObjectStore, *, place: MeshPlace) -> None:
        self._client = client
        self._store = store
        self._place = place

    def is_under_way(self, istiod: Istiod, trust_hash: str) -> bool:
        """Whether the last part that is written is not finished."""
        written = self._list_written(istiod, trust_hash)
        return bool(written) and not _is_finished(written[-1])

    async def look(
        self, trust: ObservedTrust, restart: MeshRestart, *, told: RestartRequest | None
    ) -> Written:
        """Return how far a restart is written; raises RootTrustError.

        `told` is what the hub was asked for last, and stays until that is there: proxies that come
        meanwhile need no restart.
        """
        known = self._list_written(trust.istiod, restart.trust_hash)
        written = restart.list_own(known)
        begins, part = not written, len(known) + 1
        has_istiod = restart.cause.has_istiod and len(written) == 1
        if part > PARTS_MAX or (written and is_last(written[-1], has_istiod=has_istiod)):
            return Written(is_all=True)
        if written and not _is_finished(written[-1]):
            return Written(is_all=False)
        if told is not None and _is_for(told, restart, part=part):
            return Written(is_all=False, request=told)
        groups = list_left(await self._find_groups(trust, restart), written)
        if not groups and (written or not restart.cause.has_istiod):
            return Written(is_all=True, is_any=bool(written))
        request = build_request(
            trust.istiod,
            groups,
            restart=restart,
            part=part,
            begins=begins,
            served=trust.generation if trust.is_generation_served else None,
        )
        return Written(is_all=False, request=request)

    async def _find_groups(
        self, trust: ObservedTrust, restart: MeshRestart
    ) -> tuple[ProxyGroup, ...]:
        if restart.cause.is_istiod_alone:
            return ()
        pods = await self._client.list_metadata(PODS, label_selector=PROXY_LABEL)
        old = (each for each in pods if restart.concerns(each["metadata"]))
        return find_groups(trust.istiod, old, namespaces=trust.served.names)

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


def _is_for(told: RestartRequest, restart: MeshRestart, *, part: int) -> bool:
    same_age = told.created_before == restart.created_before
    return (told.trust_hash, told.part) == (restart.trust_hash, part) and same_age


def _is_finished(directive: Manifest) -> bool:
    status = PodBounceDirectiveStatus.find(directive.get("status"))
    return status is not None and status.state is BounceState.FINISHED
