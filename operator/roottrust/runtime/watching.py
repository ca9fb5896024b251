"""What is watched, and the first list of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore

Object = Mapping[str, Any]


def keep_all(found: Object) -> Object:
    """Keep an object as it is."""
    return found


@dataclass(frozen=True, kw_only=True)
class WatchedKind:
    """One kind, in one namespace or in all, with what the server filters by.

    `keep` returns what is stored of an object: its name and version at least.
    """

    resource: ResourceKind
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    keep: Callable[[Object], Object] = keep_all


def merge_watched(several: Iterable[Iterable[WatchedKind]]) -> tuple[WatchedKind, ...]:
    """Return each kind once; raises ValueError where one is to be watched in two ways."""
    merged = dict.fromkeys(each for watched in several for each in watched)
    resources = [each.resource for each in merged]
    twice = {str(each) for each in resources if resources.count(each) > 1}
    if twice:
        raise ValueError(f"watched in two ways: {', '.join(sorted(twice))}")
    return tuple(merged)


async def list_watched(
    client: KubeClient, store: ObjectStore, watched: Iterable[WatchedKind]
) -> frozenset[ObjectKey]:
    """Fill the store with everything that is watched; return the keys that changed.

    Raises DependencyMissingError when a kind is not installed.
    """
    changed: frozenset[ObjectKey] = frozenset()
    for kind in watched:
        changed |= await list_kind(client, store, kind)
    return changed


async def list_kind(
    client: KubeClient, store: ObjectStore, watched: WatchedKind
) -> frozenset[ObjectKey]:
    """Take over a list of one kind; return the keys that changed."""
    resource = watched.resource
    known = store.get_versions(resource)
    try:
        found = await client.list(
            resource,
            namespace=watched.namespace,
            label_selector=watched.label_selector,
            field_selector=watched.field_selector,
        )
    except DependencyMissingError:
        raise DependencyMissingError(
            f"The API server {client.server} does not know {resource}/{resource.version}: "
            "apply the CustomResourceDefinitions in crds/ first.",
            reason=Reason.API_REFUSED,
        ) from None
    return store.replace(resource, map(watched.keep, found), known=known)
