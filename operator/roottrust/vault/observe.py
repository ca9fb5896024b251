"""Reading what Vault has for one policy; nothing is written and nothing is judged here.

What cannot be read for one cluster does not keep others from being read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import ClusterFacts, IssuerFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.target import ClusterTarget, RootTarget, VaultTarget
from roottrust.vault.client import VaultClient
from roottrust.vault.shared_reads import SharedReads

PKI = "pki"


class VaultObserver:
    """Reads one namespace of one Vault."""

    def __init__(self, client: VaultClient) -> None:
        self._client = client
        self._shared = SharedReads(client)

    def forget(self) -> None:
        """Read everything anew next time: something was written."""
        self._shared.forget()

    async def observe(self, target: VaultTarget) -> VaultFacts:
        """Return what Vault has; raises RootTrustError when its mounts cannot be read."""
        mounts = await self._read_mounts("sys/mounts")
        auth_mounts = await self._read_mounts("sys/auth")
        root = target.root
        mounts = await self._resolve_max_ttl(mounts, root.mount)
        return VaultFacts(
            mounts=mounts,
            auth_mounts=auth_mounts,
            root_issuer=await self._observe_root(root, mounts.get(root.mount)),
            clusters=await self._observe_clusters(target.clusters, auth_mounts),
        )

    async def _read_mounts(self, path: str) -> dict[str, MountFacts]:
        data = await self._shared.read(path)
        return {
            name.rstrip("/"): _build_mount(found)
            for name, found in (data or {}).items()
            if isinstance(found, Mapping) and "type" in found
        }

    async def _resolve_max_ttl(
        self, mounts: dict[str, MountFacts], mount: str
    ) -> dict[str, MountFacts]:
        """Put Vault's own default in the place of the 0 that stands for it."""
        facts = mounts.get(mount)
        if facts is None or facts.max_ttl_seconds:
            return mounts
        tuned = await self._shared.read(f"sys/mounts/{mount}/tune")
        seconds = int((tuned or {}).get("max_lease_ttl") or 0)
        return {**mounts, mount: replace(facts, max_ttl_seconds=seconds)}

    async def _observe_root(
        self, root: RootTarget, mount: MountFacts | None
    ) -> IssuerFacts | Unread | None:
        if mount is None or mount.type != PKI:
            return None
        try:
            return await self._read_issuer(root)
        except RootTrustError as error:
            return Unread(error=error)

    async def _read_issuer(self, root: RootTarget) -> IssuerFacts | None:
        """Return the issuer that is meant.

        Vault answers 500 for an issuer that is not there, so it is looked up before it is read.
        """
        if root.issuer is None:
            config = await self._shared.read(f"{root.mount}/config/issuers")
            default = str((config or {}).get("default") or "")
            return await self._read_one_issuer(root.mount, default) if default else None
        ids = await self._client.list(f"{root.mount}/issuers")
        if root.issuer in ids:
            return await self._read_one_issuer(root.mount, root.issuer)
        for issuer_id in ids:
            issuer = await self._read_one_issuer(root.mount, issuer_id)
            if issuer is not None and issuer.issuer_name == root.issuer:
                return issuer
        return None

    async def _read_one_issuer(self, mount: str, issuer_id: str) -> IssuerFacts | None:
        data = await self._shared.read(f"{mount}/issuer/{issuer_id}")
        if data is None:
            return None
        return IssuerFacts(
            issuer_id=str(data.get("issuer_id") or issuer_id),
            issuer_name=str(data.get("issuer_name") or ""),
            certificate=_read_certificate(data.get("certificate")),
            has_key=bool(data.get("key_id")),
        )

    async def _observe_clusters(
        self, clusters: tuple[ClusterTarget, ...], auth_mounts: Mapping[str, MountFacts]
    ) -> dict[str, ClusterFacts | Unread]:
        found = await asyncio.gather(
            *(self._observe_cluster(each, auth_mounts) for each in clusters)
        )
        return {each.cluster: facts for each, facts in zip(clusters, found, strict=True)}

    async def _observe_cluster(
        self, cluster: ClusterTarget, auth_mounts: Mapping[str, MountFacts]
    ) -> ClusterFacts | Unread:
        try:
            return await self._read_cluster(cluster, auth_mounts.get(cluster.auth_mount))
        except RootTrustError as error:
            return Unread(error=error)

    async def _read_cluster(self, cluster: ClusterTarget, mount: MountFacts | None) -> ClusterFacts:
        policy = await self._client.read(f"sys/policies/acl/{cluster.role}")
        document = None if policy is None else str(policy.get("policy") or "")
        # Where there is no mount, or one of another kind, its paths mean nothing.
        if mount is None or mount.type != "kubernetes":
            return ClusterFacts(auth_config=None, role=None, role_names=(), policy=document)
        base = f"auth/{cluster.auth_mount}"
        return ClusterFacts(
            auth_config=await self._client.read(f"{base}/config"),
            role=await self._client.read(f"{base}/role/{cluster.role}"),
            role_names=await self._client.list(f"{base}/role"),
            policy=document,
        )


def _build_mount(found: Mapping[str, Any]) -> MountFacts:
    config = found.get("config")
    seconds = config.get("max_lease_ttl") if isinstance(config, Mapping) else None
    return MountFacts(
        type=str(found["type"]),
        description=str(found.get("description") or ""),
        max_ttl_seconds=int(seconds or 0),
    )


def _read_certificate(pem: object) -> Certificate | None:
    try:
        return parse_certificate(str(pem or ""))
    except UnreadableCertificateError:
        return None
