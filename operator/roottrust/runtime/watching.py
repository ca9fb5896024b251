"""What is watched, and the first list of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore


@dataclass(frozen=True, kw_only=True)
class WatchedKind:
    """One kind, in one namespace or in all, with the labels that the server filters by."""

    resource: ResourceKind
    namespace: str | None = None
    label_selector: str | None = None


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
            resource, namespace=watched.namespace, label_selector=watched.label_selector
        )
    except DependencyMissingError:
        raise DependencyMissingError(
            f"The API server {client.server} does not know {resource}/{resource.version}: "
            "apply the CustomResourceDefinitions in crds/ first.",
            reason=Reason.API_REFUSED,
        ) from None
    return store.replace(resource, found, known=known)
