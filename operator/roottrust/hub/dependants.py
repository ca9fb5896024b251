"""Which intermediate mounts are still in use: those that an IssuedCertificate names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.vault_path import parse_csr_path
from roottrust.hub.kinds import ISSUED_CERTIFICATES
from roottrust.kube.client import KubeClient


class Dependants:
    """Asks the API server: it is asked once a deletion, so nothing is watched for it."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def find(self, server: str) -> dict[str, str]:
        """Return by mount of that server what depends on it; raises RootTrustError."""
        try:
            found = await self._client.list(ISSUED_CERTIFICATES)
        except DependencyMissingError:
            return {}  # the kind is not known there, so there is none
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
