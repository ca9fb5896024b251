"""Which pods are proxies of an istiod: what istio's injection templates write on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from roottrust.domain.discovery import Istiod
from roottrust.domain.istiod_manifest import read_mapping

Manifest = Mapping[str, Any]

# What every proxy of istio's has.
PROXY_LABEL = "service.istio.io/canonical-name"
_REVISION = "istio.io/rev"


def list_proxies(
    istiod: Istiod, pods: Iterable[Manifest], *, namespaces: Iterable[str]
) -> Iterator[Manifest]:
    """Return the metadata of those of its revision in the namespaces that it serves."""
    served = frozenset(namespaces)
    for pod in pods:
        metadata = read_mapping(pod.get("metadata"))
        revision = read_mapping(metadata.get("annotations")).get(_REVISION)
        labels = read_mapping(metadata.get("labels"))
        if (
            revision == istiod.revision
            and metadata.get("namespace") in served
            and labels.get(PROXY_LABEL)
        ):
            yield metadata
