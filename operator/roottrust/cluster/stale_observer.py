"""Looking for workloads that may still trust only the roots before: at pods, while any may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.cluster.pod_pace import ALIVE, PodPace
from roottrust.domain.mesh_proxy import PROXY_LABEL
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.stale_workloads import RootChange, find_stale_workloads
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS


@dataclass(frozen=True, kw_only=True)
class StaleLook:
    """What there is, and when to look again if need be."""

    stale: StaleWorkloads | None
    pause: float | None = None


class StaleObserver:
    """Lists the metadata of proxies, and nothing for a mesh whose workloads have its roots."""

    def __init__(self, client: KubeClient, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._pace = PodPace(now=now)

    async def look(
        self, trust: ObservedTrust, change: RootChange | None, *, told: StaleWorkloads | None
    ) -> StaleLook:
        """Return the workloads that have not followed a change; raises RootTrustError.

        While istiod publishes other roots, what was told stays.
        """
        istiod = trust.istiod.full_name
        if change is None:
            self.forget(istiod)
            return StaleLook(stale=None)
        if set(trust.root_fingerprints) != set(change.roots):
            return StaleLook(stale=told)
        rest = self._pace.find_rest(istiod, change)
        if rest > 0 and told is not None:
            return StaleLook(stale=told, pause=rest)
        pods = await self._client.list_metadata(
            PODS, label_selector=PROXY_LABEL, field_selector=ALIVE
        )
        stale = find_stale_workloads(trust, change, pods)
        pause = self._pace.note(istiod, change, pods=len(pods))
        return StaleLook(stale=stale, pause=pause if stale else None)

    def forget(self, istiod: str) -> None:
        """Keep nothing of an istiod that is gone."""
        self._pace.forget(istiod)
