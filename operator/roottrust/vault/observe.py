"""Reading what Vault has for one policy; nothing is written and nothing is judged here.

What cannot be read for one cluster does not keep others from being read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.facts import ClusterFacts, IssuerFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.mark import parse_mark
from roottrust.domain.names import build_issuer_name
from roottrust.domain.target import ClusterTarget, RootTarget, VaultTarget
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.vault.client import VaultClient
from roottrust.vault.issuers import (
    DefaultIssuer,
    read_default_issuer,
    read_issuer,
    read_issuers,
)
from roottrust.vault.shared_reads import SharedRead

PKI = "pki"


@dataclass(frozen=True, kw_only=True)
class _RootFound:
    """The issuer that is meant; `others` only where it is not there or has no key."""

    issuer: IssuerFacts | None
    others: tuple[IssuerFacts, ...] = ()


class VaultObserver:
    """Reads one namespace of one Vault; what all policies need of it is read once a sweep."""

    def __init__(self, client: VaultClient) -> None:
        self._client = client
        self._mounts = SharedRead(lambda: read_mounts(client, "sys/mounts"))
        self._auth_mounts = SharedRead(lambda: read_mounts(client, "sys/auth"))
        self._roots: dict[str, SharedRead[_RootFound]] = {}
        self._defaults: dict[str, SharedRead[DefaultIssuer]] = {}
        self._known_issuers: set[tuple[str, str]] = set()
        self._default_ttls: dict[str, SharedRead[int]] = {}

    async def observe(self, target: VaultTarget) -> VaultFacts:
        """Return what Vault has; raises RootTrustError when its mounts cannot be read."""
        mounts = _pick(await self._mounts.get(), _list_mounts(target))
        auth_mounts = _pick(
            await self._auth_mounts.get(), [each.auth_mount for each in target.clusters]
        )
        root = mounts.get(target.root.mount)
        if root is not None and not root.max_ttl_seconds:
            seconds = await self._read_default_ttl(target.root.mount)
            mounts[target.root.mount] = replace(root, max_ttl_seconds=seconds)
        found = await self._observe_root(target.root, root)
        following = await self._observe_next(target, root)
        default = await self._observe_default(target, root)
        return VaultFacts(
            mounts=mounts,
            auth_mounts=auth_mounts,
            root_issuer=found if isinstance(found, Unread) else found.issuer,
            clusters=await self._observe_clusters(target.clusters, auth_mounts),
            other_issuers=() if isinstance(found, Unread) else found.others,
            default_issuer=default.issuer_id if default else None,
            follows_latest=default is not None and default.follows_latest,
            next_issuer=following if isinstance(following, Unread) else following.issuer,
            beside=() if isinstance(following, Unread) else following.others,
        )

    def take_over(self, wanted: VaultObject) -> None:
        """Know of a write that has succeeded without reading all mounts again."""
        match wanted.kind:
            case VaultKind.SECRETS_MOUNT:
                self._mounts.change(lambda table: _put_mount(table, wanted.path, wanted))
            case VaultKind.AUTH_MOUNT:
                name = wanted.path.removeprefix("auth/")
                self._auth_mounts.change(lambda table: _put_mount(table, name, wanted))
            case (
                VaultKind.ROOT
                | VaultKind.ROOT_IMPORT
                | VaultKind.ISSUER_NAME
                | VaultKind.DEFAULT_ISSUER
                | VaultKind.ISSUER_USAGE
                | VaultKind.ISSUER_REVOCATION
            ):
                self._forget_roots()

    def take_away(self, removed: VaultObject) -> None:
        """Know of a removal that has succeeded without reading all mounts again."""
        match removed.kind:
            case VaultKind.SECRETS_MOUNT:
                self._mounts.change(lambda table: _drop_mount(table, removed.path))
            case VaultKind.AUTH_MOUNT:
                name = removed.path.removeprefix("auth/")
                self._auth_mounts.change(lambda table: _drop_mount(table, name))

    def forget(self) -> None:
        """Read everything anew next time: a write has failed, and nobody knows how far it came."""
        self._mounts.forget()
        self._auth_mounts.forget()
        self._forget_roots()

    def _forget_roots(self) -> None:
        for root in self._roots.values():
            root.forget()
        for default in self._defaults.values():
            default.forget()
        for default_ttl in self._default_ttls.values():
            default_ttl.forget()

    async def _read_default_ttl(self, mount: str) -> int:
        """Return Vault's own limit, for which a mount shows 0."""

        async def ask() -> int:
            tuned = await self._client.read(f"sys/mounts/{mount}/tune")
            return int((tuned or {}).get("max_lease_ttl") or 0)

        return await self._default_ttls.setdefault(mount, SharedRead(ask)).get()

    async def _observe_root(
        self, root: RootTarget, mount: MountFacts | None
    ) -> _RootFound | Unread:
        if mount is None or mount.type != PKI:
            return _RootFound(issuer=None)
        path = f"{root.mount}/issuer/{root.issuer or 'default'}"
        shared = self._roots.setdefault(path, SharedRead(lambda: self._read_root(root)))
        try:
            return await shared.get()
        except RootTrustError as error:
            return Unread(error=error)

    async def _observe_next(
        self, target: VaultTarget, mount: MountFacts | None
    ) -> _RootFound | Unread:
        """Return the root that is to take the other's place, by the name of its generation."""
        if target.rotation is None:
            return _RootFound(issuer=None)
        name = build_issuer_name(target.rotation.generation)
        return await self._observe_root(replace(target.rotation.next, issuer=name), mount)

    async def _observe_default(
        self, target: VaultTarget, mount: MountFacts | None
    ) -> DefaultIssuer | None:
        """Return the default issuer where a named root has to be it as well, and in a rotation."""
        root = target.root
        is_shared = target.unnamed_ca_path is not None and root.issuer is not None
        needs_it = is_shared or target.rotation is not None
        if not needs_it or mount is None or mount.type != PKI:
            return None
        shared = SharedRead(lambda: read_default_issuer(self._client, root.mount))
        try:
            return await self._defaults.setdefault(root.mount, shared).get()
        except RootTrustError:
            return None  # the root itself is used by its name

    async def _read_root(self, root: RootTarget) -> _RootFound:
        """Return the issuer that is meant, and the others if it cannot be used.

        Vault answers 500 for one that is not there, so it is looked up before it is read; one that
        was there the last time is read at once.
        """
        reference = (root.mount, root.issuer or "default")
        found = None
        if reference in self._known_issuers:
            self._known_issuers.discard(reference)
            with suppress(TransientError):
                found = await read_issuer(self._client, *reference)
        found = found or await self._look_up_issuer(root)
        if found is not None:
            self._known_issuers.add(reference)
            if found.has_key:
                return _RootFound(issuer=found)
        but = found.issuer_id if found else None
        return _RootFound(
            issuer=found, others=await read_issuers(self._client, root.mount, but=but)
        )

    async def _look_up_issuer(self, root: RootTarget) -> IssuerFacts | None:
        if root.issuer is None:
            default = (await read_default_issuer(self._client, root.mount)).issuer_id
            return await read_issuer(self._client, root.mount, default) if default else None
        ids = await self._client.list(f"{root.mount}/issuers")
        if root.issuer in ids:
            return await read_issuer(self._client, root.mount, root.issuer)
        names = {root.issuer}
        if root.generation > 1:  # imported again after a loss, it has another id
            names.add(build_issuer_name(root.generation))
        for issuer_id in ids:
            issuer = await read_issuer(self._client, root.mount, issuer_id)
            if issuer is not None and issuer.issuer_name in names:
                return issuer
        return None

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
        if mount is None or mount.type != cluster.login_check.MOUNT_TYPE:
            return ClusterFacts(auth_config=None, role=None, role_names=(), policy=document)
        base = f"auth/{cluster.auth_mount}"
        return ClusterFacts(
            auth_config=await self._client.read(f"{base}/config"),
            role=await self._client.read(f"{base}/role/{cluster.role}"),
            role_names=await self._list_roles(base, mount),
            policy=document,
        )

    async def _list_roles(self, base: str, mount: MountFacts) -> tuple[str, ...]:
        """Return who else logs in at a mount; what is marked as somebody's is theirs to fill."""
        return () if parse_mark(mount.description) else await self._client.list(f"{base}/role")


async def read_mounts(client: VaultClient, path: str) -> dict[str, MountFacts]:
    """Return all mounts of sys/mounts or sys/auth, by path without slashes at the ends."""
    data = await client.read(path)
    return {
        name.rstrip("/"): _build_mount(found)
        for name, found in (data or {}).items()
        if isinstance(found, Mapping) and "type" in found
    }


def _list_mounts(target: VaultTarget) -> list[str]:
    intermediates = [each.intermediate_mount for each in target.clusters]
    return [target.root.mount, *(name for name in intermediates if name is not None)]


def _pick(table: Mapping[str, MountFacts], names: list[str]) -> dict[str, MountFacts]:
    return {name: table[name] for name in names if name in table}


def _drop_mount(table: dict[str, MountFacts], name: str) -> None:
    table.pop(name, None)


def _put_mount(table: dict[str, MountFacts], name: str, wanted: VaultObject) -> None:
    table[name] = MountFacts(
        type=wanted.fields["type"],
        description=wanted.fields["description"],
        max_ttl_seconds=wanted.fields.get("max_lease_ttl", 0),
    )


def _build_mount(found: Mapping[str, Any]) -> MountFacts:
    config = found.get("config")
    seconds = config.get("max_lease_ttl") if isinstance(config, Mapping) else None
    return MountFacts(
        type=str(found["type"]),
        description=str(found.get("description") or ""),
        max_ttl_seconds=int(seconds or 0),
    )
