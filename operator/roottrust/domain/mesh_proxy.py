"""Which pods are proxies of an istiod: what istio's injection templates write on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roottrust.domain.discovery import Istiod
from roottrust.domain.leaf_life import has_proxy
from roottrust.domain.manifest import Manifest, read_mapping

# What every proxy of istio's has.
PROXY_LABEL = "service.istio.io/canonical-name"
_REVISION = "istio.io/rev"
_APP, _NODE_PROXY = "app", "ztunnel"
NODE_PROXY_LABEL = f"{_APP}={_NODE_PROXY}"


def list_proxies(
    istiod: Istiod, pods: Iterable[Manifest], *, namespaces: Iterable[str]
) -> Iterator[Manifest]:
    """Return the metadata of those of its revision in the namespaces that it serves."""
    served = frozenset(namespaces)
    for pod in pods:
        metadata = read_mapping(pod.get("metadata"))
        if _has_revision(metadata, istiod) and metadata.get("namespace") in served:
            yield metadata


def may_be_signed_by(istiod: Istiod, pod: Manifest) -> bool:
    """Whether a pod may have its certificates of an istiod, in whatever namespace.

    A node's proxy (ztunnel) bears no revision, nor does one that a person put into a pod: they may
    have them of any.
    """
    if is_node_proxy(pod):
        return True
    metadata = read_mapping(pod.get("metadata"))
    is_marked = bool(read_mapping(metadata.get("annotations")).get(_REVISION))
    return _has_revision(metadata, istiod) if is_marked else has_proxy(pod)


def is_node_proxy(pod: Manifest) -> bool:
    """Whether a pod is a node's proxy, which has certificates of many workloads."""
    labels = read_mapping(read_mapping(pod.get("metadata")).get("labels"))
    return labels.get(_APP) == _NODE_PROXY


def _has_revision(metadata: Manifest, istiod: Istiod) -> bool:
    revision = read_mapping(metadata.get("annotations")).get(_REVISION)
    labels = read_mapping(metadata.get("labels"))
    return revision == istiod.revision and bool(labels.get(PROXY_LABEL))
