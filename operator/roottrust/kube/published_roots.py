"""The roots that istiod publishes to workloads: one ConfigMap in each namespace."""

from __future__ import annotations

from fnmatch import fnmatchcase

from roottrust.domain.published_bundle import CONFIG_MAP, KEY
from roottrust.domain.served_namespaces import IGNORED_NAMESPACES
from roottrust.domain.verification_namespaces import PublishedRoots
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import CONFIG_MAPS, NAMESPACES


async def read_published_roots(
    client: KubeClient, *, excluded: tuple[str, ...] = ()
) -> PublishedRoots:
    """Return what all namespaces have; `excluded` are names, or patterns with * and ?.

    Only the ConfigMaps of that name are asked for. Raises RootTrustError.
    """
    namespaces = await client.list(NAMESPACES)
    names = tuple(
        name
        for each in namespaces
        if (each.get("status") or {}).get("phase") != "Terminating"
        and (name := each["metadata"]["name"]) not in IGNORED_NAMESPACES
        and not any(fnmatchcase(name, pattern) for pattern in excluded)
    )
    found = await client.list(CONFIG_MAPS, field_selector=f"metadata.name={CONFIG_MAP}")
    texts = {each["metadata"]["namespace"]: (each.get("data") or {}).get(KEY) for each in found}
    return PublishedRoots(namespaces=tuple(sorted(names)), texts=texts)
