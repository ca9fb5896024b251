"""Which intermediate mounts are still in use: those that an IssuedCertificate names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.vault_path import parse_csr_path
from roottrust.hub.cluster_registry import ClusterRegistry


async def find_dependants(
    clusters: ClusterRegistry, server: str, *, cluster: str = ""
) -> dict[str, str]:
    """Return by mount of that server what depends on it; raises RootTrustError.

    The API servers are asked: what a watch has not brought yet would cost somebody his keys. With
    `cluster`, that one's alone: no other is asked because of what is deleted there.
    """
    found = await clusters.list_certificates(cluster=cluster)
    return find_mounts_in_use(found, server=server)


def find_mounts_in_use(manifests: Iterable[Mapping[str, Any]], *, server: str) -> dict[str, str]:
    """Return by mount the IssuedCertificate that names it as the maker of its key."""
    found = {}
    for manifest in manifests:
        spec = manifest.get("spec") or {}
        vault = (spec.get("agentCa") or {}).get("vault") or {}
        try:
            mount = parse_csr_path(str(vault.get("csrPath") or ""))
        except InvalidSpecError:
            continue
        if str(vault.get("server") or "").rstrip("/") == server:
            metadata = manifest["metadata"]
            found[mount] = f"IssuedCertificate {metadata['namespace']}/{metadata['name']}"
    return found
