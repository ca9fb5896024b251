"""Workloads with pods that are older than a change of their roots.

A proxy gets roots with its next certificate, hours later perhaps, so that it may still trust only
those before. A pod that is younger than the change has the new ones, whoever restarted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.stale_workloads import (
    STALE_WORKLOADS_MAX,
    WORKLOAD_PATTERN,
    StaleWorkloads,
)
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mesh_proxy import list_proxies
from roottrust.domain.object_age import was_created_after
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.pod_owner import find_controller

_TEMPLATE_HASH = "pod-template-hash"


@dataclass(frozen=True, kw_only=True)
class RootChange:
    """The roots that istiod publishes now, instead of others since then."""

    roots: tuple[str, ...]
    since: datetime


def find_root_change(
    trust: ObservedTrust,
    *,
    restarted_for: tuple[str, ...],
    told: StaleWorkloads | None,
    now: datetime,
) -> RootChange | None:
    """Return the change that workloads may not have followed yet, None if there is none.

    The roots themselves count, once istiod publishes the very text that is pinned; where nobody
    pins any, others end it. Times are those of the API server, as pods have them. While a rotation
    is under way there is none: its steps tell of workloads.
    """
    if trust.step is not None:
        return None
    known = RootChange(roots=told.roots, since=told.since) if told else None
    published = trust.root_fingerprints
    last = known.roots if known else restarted_for
    if not published or not last or set(last) == set(published):
        return known
    if not trust.is_as_pinned:
        return known if trust.pinned else None
    written_at = trust.published.written_at if trust.published else None
    return RootChange(roots=published, since=written_at or now)


def find_stale_workloads(
    trust: ObservedTrust, change: RootChange, pods: Iterable[Manifest]
) -> StaleWorkloads | None:
    """Return the workloads that may have the roots before, None if there are none."""
    names = sorted(set(_list_stale(trust, change, pods)))
    if not names:
        return None
    return StaleWorkloads(
        since=change.since,
        roots=change.roots,
        total=len(names),
        first=tuple(names[:STALE_WORKLOADS_MAX]),
    )


def _list_stale(
    trust: ObservedTrust, change: RootChange, pods: Iterable[Manifest]
) -> Iterator[str]:
    published = trust.published.text_fingerprint if trust.published else None
    for metadata in list_proxies(trust.istiod, pods, namespaces=trust.served.names):
        has_roots = trust.bundles.get(str(metadata["namespace"])) == published
        is_young = was_created_after(metadata, change.since)
        if not metadata.get("deletionTimestamp") and not (has_roots and is_young):
            yield name_workload(metadata)


def name_workload(pod: Manifest) -> str:
    """Return who keeps a pod as NAMESPACE/KIND/NAME: what a person restarts, or else itself.

    A Deployment is known by the hash that it alone puts on pods and into its ReplicaSets' names.
    """
    namespace = str(pod.get("namespace"))
    itself = f"{namespace}/Pod/{pod.get('name')}"
    owner = find_controller(pod)
    if owner is None:
        return itself
    kind, name = str(owner.get("kind")), str(owner.get("name"))
    ending = f"-{read_mapping(pod.get('labels')).get(_TEMPLATE_HASH)}"
    if kind == "ReplicaSet" and name.endswith(ending):
        kind, name = "Deployment", name.removesuffix(ending)
    found = f"{namespace}/{kind}/{name}"
    return found if re.fullmatch(WORKLOAD_PATTERN, found) else itself
