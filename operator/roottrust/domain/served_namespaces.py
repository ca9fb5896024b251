"""The namespaces that an istiod publishes its roots in (istio, namespacecontroller.go)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.domain.label_selector import matches_any
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.object_age import was_created_after

# istiod passes these over (istio, pkg/kube/inject), but for kube-system.
IGNORED_NAMESPACES = frozenset({"kube-public", "kube-node-lease", "local-path-storage"})
# What istiod has not got to in a namespace that was just made is not late yet.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class ServedNamespaces:
    """Their names in order, and which of them are too young to be expected to have the roots."""

    names: tuple[str, ...]
    young: frozenset[str] = frozenset()


def find_served(
    namespaces: Iterable[Manifest], *, selectors: tuple[Manifest, ...], now: datetime
) -> ServedNamespaces:
    """Return the namespaces that istiod serves by its discoverySelectors, none that is ending."""
    served = [
        read_mapping(each.get("metadata")) for each in namespaces if _is_served(each, selectors)
    ]
    return ServedNamespaces(
        names=tuple(sorted(str(metadata["name"]) for metadata in served)),
        young=frozenset(str(each["name"]) for each in served if _is_young(each, now)),
    )


def _is_served(namespace: Manifest, selectors: tuple[Manifest, ...]) -> bool:
    metadata = read_mapping(namespace.get("metadata"))
    return (
        metadata["name"] not in IGNORED_NAMESPACES
        and not metadata.get("deletionTimestamp")
        and matches_any(selectors, read_mapping(metadata.get("labels")))
    )


def _is_young(metadata: Manifest, now: datetime) -> bool:
    return was_created_after(metadata, now - GRACE)
