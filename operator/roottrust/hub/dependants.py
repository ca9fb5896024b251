"""Which intermediate mounts are still in use: those that an IssuedCertificate names.

A cluster may be in strange hands: what it has there is no reason to keep what is another one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.vault_path import parse_csr_path
from roottrust.hub.cluster_registry import ClusterRegistry


async def find_dependants(
    clusters: ClusterRegistry, server: str, *, users: Mapping[str, str], cluster: str = ""
) -> dict[str, str]:
    """Return by mount of that server what depends on it; raises RootTrustError.

    The API servers are asked: what a watch has not brought yet would cost somebody his keys.
    `users` are the clusters that mounts are for, as far as that is known: no other cluster's
    IssuedCertificate depends on those. With `cluster`, that one's alone count: no other is asked
    because of what is deleted there.
    """
    found = await clusters.list_certificates(cluster=cluster)
    return find_mounts_in_use(found, server=server, users=users)


def find_mounts_in_use(
    manifests: Mapping[str, Iterable[Mapping[str, Any]]], *, server: str, users: Mapping[str, str]
) -> dict[str, str]:
    """Return by mount the IssuedCertificate that names it as the maker of its key."""
    found = {}
    for cluster, each in _list_all(manifests):
        mount = _find_mount(each, server=server)
        if mount is not None and users.get(mount, cluster) == cluster:
            metadata = each["metadata"]
            name = f"{metadata['namespace']}/{metadata['name']}"
            found[mount] = f"IssuedCertificate {name} of {cluster}"
    return found


def _list_all(
    manifests: Mapping[str, Iterable[Mapping[str, Any]]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for cluster, found in manifests.items():
        for each in found:
            yield cluster, each


def _find_mount(manifest: Mapping[str, Any], *, server: str) -> str | None:
    spec = manifest.get("spec") or {}
    vault = (spec.get("agentCa") or {}).get("vault") or {}
    if str(vault.get("server") or "").rstrip("/") != server:
        return None
    try:
        return parse_csr_path(str(vault.get("csrPath") or ""))
    except InvalidSpecError:
        return None
