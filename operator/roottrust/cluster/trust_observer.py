"""Looking at how far an istiod's roots have come: in the store, but for the roots themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roottrust.cluster.kinds import ISSUED_CERTIFICATES, find_fingerprint
from roottrust.domain.discovery import Istiod
from roottrust.domain.issued_object import IssuedObject, read_issued
from roottrust.domain.mesh_config import MeshConfig
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.observed_step import read_step
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.published_bundle import CONFIG_MAP, PublishedBundle, read_published
from roottrust.domain.served_namespaces import find_served
from roottrust.domain.trust_bundle import fingerprint_text
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import CONFIG_MAPS, NAMESPACES
from roottrust.runtime.store import ObjectStore

Manifest = Mapping[str, Any]


class TrustObserver:
    """Reads a published text once, and again when its fingerprint in the store is another."""

    def __init__(
        self,
        client: KubeClient,
        store: ObjectStore,
        *,
        place: MeshPlace,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._store = store
        self._place = place
        self._now = now
        self._published: dict[str, PublishedBundle] = {}

    async def observe(self, istiod: Istiod, config: MeshConfig | None) -> ObservedTrust:
        """Return what is seen now; raises RootTrustError.

        A configuration that cannot be read selects every namespace, as istiod's default does.
        """
        told = config or MeshConfig()
        found, issued = self._find_issued(istiod)
        return ObservedTrust(
            istiod=istiod,
            published=await self._observe_published(istiod.namespace),
            pinned=None if issued is None else fingerprint_text(issued.trust_bundle),
            restarts_pods=issued is not None and issued.restarts_pods,
            generation=issued.generation if issued else None,
            is_generation_served=issued is not None and issued.is_served_by(istiod.wanted),
            restarts_on_issuance=issued is not None and issued.restarts_on_issuance,
            served=find_served(
                self._store.list(NAMESPACES),
                selectors=told.discovery_selectors,
                now=self._now(),
            ),
            bundles=self._list_bundles(),
            step=None if found is None else read_step(found, now=self._now()),
            restarts_istiod_alone=issued is not None and issued.restarts_istiod_alone,
        )

    async def _observe_published(self, namespace: str) -> PublishedBundle | None:
        kept = self._store.get(CONFIG_MAPS, namespace=namespace, name=CONFIG_MAP)
        fingerprint = find_fingerprint(kept)
        known = self._published.get(namespace)
        if fingerprint is None:
            self._published.pop(namespace, None)
            return None
        if known is not None and known.text_fingerprint == fingerprint:
            return known
        found = await self._client.get(CONFIG_MAPS, namespace=namespace, name=CONFIG_MAP)
        published = read_published(found)
        if published is not None:
            self._published[namespace] = published
        return published

    def _find_issued(self, istiod: Istiod) -> tuple[Manifest, IssuedObject] | tuple[None, None]:
        """Return the IssuedCertificate by the Mesh's name, if it pins roots, and what it says."""
        name = self._place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
        found = self._store.get(ISSUED_CERTIFICATES, namespace=istiod.namespace, name=name)
        if found is None:
            return None, None
        issued = read_issued(found)
        if not issued.trust_bundle or issued.cluster != self._place.cluster:
            return None, None
        return found, issued

    def _list_bundles(self) -> dict[str, str]:
        kept = self._store.list(CONFIG_MAPS)
        found = ((each["metadata"]["namespace"], find_fingerprint(each)) for each in kept)
        return {namespace: fingerprint for namespace, fingerprint in found if fingerprint}
