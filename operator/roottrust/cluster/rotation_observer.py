"""Looking for proof that workloads have followed a step of a rotation: at pods, while any has not.

Moments are those of the API server, as pods have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.mesh import RotationEvidence
from roottrust.cluster.pod_pace import ALIVE, PodPace
from roottrust.domain.discovery import SELECTOR, Istiod
from roottrust.domain.mesh_proxy import NODE_PROXY_LABEL, PROXY_LABEL
from roottrust.domain.observed_step import ObservedStep
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.old_leaves import OldLeaves
from roottrust.domain.pod_name import is_pod_of
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS

# An istiod that is being replaced goes within its grace period; nothing else tells of it.
REPLICA_SECONDS = 5.0

_PROXIES = (PROXY_LABEL, NODE_PROXY_LABEL)


@dataclass(frozen=True, kw_only=True)
class RotationLook:
    """What is proven, and when to look again if need be."""

    evidence: RotationEvidence | None
    pause: float | None = None


class RotationObserver:
    """Lists proxies page by page, and nothing more for a step that all have followed."""

    def __init__(self, client: KubeClient, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._pace = PodPace(now=now)

    async def look(self, trust: ObservedTrust, told: RotationEvidence | None) -> RotationLook:
        """Return what is proven of the step under way; raises RootTrustError.

        `told` is what the Mesh says, and is kept while its step is the same: an istiod that is
        replaced begins with what the step asks for.
        """
        step, istiod = trust.step, trust.istiod
        if step is None:
            self.forget(istiod.full_name)
            return RotationLook(evidence=None)
        known = told if told is not None and told.step == step.name else None
        if known is None or known.since is None:
            return await self._begin(trust, step, known or RotationEvidence(step=step.name))
        if not known.total and not known.node_proxies:
            return RotationLook(evidence=known)
        rest = self._pace.find_rest(istiod.full_name, (known.step, known.since))
        if rest > 0:
            return RotationLook(evidence=known, pause=rest)
        return await self._count(istiod, known, known.since)

    def forget(self, istiod: str) -> None:
        """Keep nothing of an istiod that is gone."""
        self._pace.forget(istiod)

    async def _begin(
        self, trust: ObservedTrust, step: ObservedStep, known: RotationEvidence
    ) -> RotationLook:
        """Set since when all serve it, together with who has not followed; or wait for it."""
        if not trust.is_step_everywhere:
            return RotationLook(evidence=known)
        since = await self._find_since(trust.istiod, step)
        if since is None:
            return RotationLook(evidence=known, pause=REPLICA_SECONDS)
        return await self._count(trust.istiod, known, since)

    async def _find_since(self, istiod: Istiod, step: ObservedStep) -> datetime | None:
        """Return by the API server's clock when no other istiod was left; None while there is one.

        A watch may be behind, and a pod without an agent that reports is in no status.
        """
        pages = [
            page
            async for page in self._client.list_pages(
                PODS, namespace=istiod.namespace, label_selector=SELECTOR, field_selector=ALIVE
            )
        ]
        names = (str(each["metadata"]["name"]) for page in pages for each in page.items)
        living = {each for each in names if is_pod_of(each, deployment=istiod.deployment)}
        if living - step.serving:
            return None
        return pages[-1].answered_at or self._now()

    async def _count(
        self, istiod: Istiod, known: RotationEvidence, since: datetime
    ) -> RotationLook:
        leaves, pods = OldLeaves(), 0
        for label in _PROXIES:
            pages = self._client.list_pages(PODS, label_selector=label, field_selector=ALIVE)
            async for page in pages:
                now = page.answered_at or self._now()
                leaves = leaves.add(istiod, page.items, since=since, now=now)
                pods += len(page.items)
        evidence = leaves.tell(known.step, since=since, requested=known.restarts_requested)
        is_waiting = evidence.total > 0 or evidence.node_proxies > 0
        pause = self._pace.note(istiod.full_name, (evidence.step, evidence.since), pods=pods)
        return RotationLook(evidence=evidence, pause=pause if is_waiting else None)
