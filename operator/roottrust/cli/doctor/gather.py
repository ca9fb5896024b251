"""Reading what the checks judge from the management cluster; nothing is ever written.

What cannot be read is a fact as well. Of Secrets the metadata alone is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from roottrust.api.kind import ISSUED_CERTIFICATE, KINDS, ROOT_TRUST_POLICY
from roottrust.cli.doctor.facts import (
    Clock,
    Facts,
    Manifest,
    Objects,
    Unseen,
    build_unseen,
    list_seen,
)
from roottrust.cli.status.found import read_place
from roottrust.domain.cluster_registration import CLUSTER_SELECTOR
from roottrust.domain.errors import RootTrustError
from roottrust.domain.foreign_secret import FOREIGN_SECRETS
from roottrust.domain.mirror_mark import is_mirror
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import (
    DEFINITIONS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    PODS,
    SECRETS,
    ResourceKind,
)
from roottrust.runtime.leadership import HUB_LEASE
from roottrust.runtime.settings_cluster import SELECTOR

Now = Callable[[], datetime]
Found = TypeVar("Found")

# Date of HTTP has whole seconds, cut off.
_HALF_SECOND = timedelta(seconds=0.5)
_OURS = (
    f"{ROOT_TRUST_POLICY.group}/{ROOT_TRUST_POLICY.version}",
    f"{ISSUED_CERTIFICATE.group}/{ISSUED_CERTIFICATE.version}",
)


@dataclass(frozen=True, kw_only=True)
class Gatherer:
    """Reads one management cluster as one person; `home` is the operator's namespace."""

    client: KubeClient
    home: str
    version: str
    now: Now

    async def gather(self) -> Facts:
        """Return everything but the configuration and Vault; raises RootTrustError of no answer."""
        began = self.now()
        answer, answered_at = await self.client.get_raw_timed("/version")
        clock = build_clock("the API server", answered_at, began=began, ended=self.now())
        policies, meshes, certificates = await asyncio.gather(
            self._list(POLICIES), self._list(MESHES), self._list(ISSUED_CERTIFICATES)
        )
        deployments = await self._list(DEPLOYMENTS, namespace=self.home, selector=SELECTOR)
        istiods = _list_istiod_namespaces(meshes, home=self.home)
        spaces = {self.home, *istiods, *_list_namespaces(policies)}
        return Facts(
            read_at=self.now(),
            version=self.version,
            server=self.client.server,
            kubernetes=str(answer.get("gitVersion") or "of an unknown version"),
            home=self.home,
            crds={kind.name: await self._get(DEFINITIONS, kind.name) for kind in KINDS},
            policies=policies,
            meshes=meshes,
            certificates=certificates,
            lease=await self._get(LEASES, HUB_LEASE, namespace=self.home),
            deployments=deployments,
            pods=await self._list(PODS, namespace=self.home, selector=SELECTOR),
            clocks=(clock,) if clock else (),
            registrations=await self._list_registrations(),
            foreign={
                (namespace, name): await self._has_secret(namespace, name)
                for namespace in sorted(istiods)
                for name in FOREIGN_SECRETS
            },
            events={each: await self._list_events(each) for each in sorted(spaces)},
        )

    async def _list(
        self, kind: ResourceKind, *, namespace: str | None = None, selector: str | None = None
    ) -> Objects:
        where = f" in {namespace}" if namespace else ""
        reading = self.client.list(kind, namespace=namespace, label_selector=selector)
        return await see(reading, right=f"list {kind}{where}")

    async def _get(
        self, kind: ResourceKind, name: str, *, namespace: str | None = None
    ) -> Manifest | Unseen | None:
        where = f" in {namespace}" if namespace else ""
        reading = self.client.get(kind, name=name, namespace=namespace)
        return await see(reading, right=f"get {kind} {name}{where}")

    async def _list_registrations(self) -> Objects:
        reading = self.client.list_metadata(
            SECRETS, namespace=self.home, label_selector=CLUSTER_SELECTOR
        )
        return await see(reading, right=f"list secrets in {self.home}")

    async def _has_secret(self, namespace: str, name: str) -> bool | Unseen:
        reading = self.client.get_metadata(SECRETS, name=name, namespace=namespace)
        found = await see(reading, right=f"get secrets {name} in {namespace}")
        return found if isinstance(found, Unseen) else found is not None

    async def _list_events(self, namespace: str) -> Objects:
        """Return the events of our objects, and all of the operator's own namespace."""
        selectors = (
            (None,)
            if namespace == self.home
            else tuple(f"involvedObject.apiVersion={each}" for each in _OURS)
        )
        found: list[Manifest] = []
        for selector in selectors:
            reading = self.client.list(EVENTS, namespace=namespace, field_selector=selector)
            events = await see(reading, right=f"list events in {namespace}")
            if isinstance(events, Unseen):
                return events
            found += events
        return tuple(found)


async def see(reading: Awaitable[Found], *, right: str) -> Found | Unseen:
    """Return what was read, or why it could not be."""
    try:
        return await reading
    except RootTrustError as error:
        return build_unseen(error, right=right)


def build_clock(
    name: str, answered_at: datetime | None, *, began: datetime, ended: datetime
) -> Clock | None:
    """Return how far a clock is ahead, None of a server that does not tell its time."""
    if answered_at is None:
        return None
    half = (ended - began) / 2
    return Clock(
        name=name,
        ahead=answered_at + _HALF_SECOND - (began + half),
        margin=half + _HALF_SECOND,
    )


def _list_namespaces(objects: Objects) -> Iterable[str]:
    return {str(each["metadata"]["namespace"]) for each in list_seen(objects)}


def _list_istiod_namespaces(meshes: Objects, *, home: str) -> frozenset[str]:
    """Return where istiods of this cluster run, by Meshes that not just anybody could write."""
    return frozenset(
        place.namespace
        for each in list_seen(meshes)
        if not is_mirror(each)
        and (place := read_place(each)) is not None
        and each["metadata"]["namespace"] in {home, place.namespace}
    )
