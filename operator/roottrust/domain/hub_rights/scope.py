"""What a configuration grants of one Vault server, namespace by namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from roottrust.domain.bounds import Grant
from roottrust.domain.hub_rights.name_glob import NameGlob, read_exact, read_names


@dataclass(frozen=True, kw_only=True)
class NamesInVault:
    """The names that policies may use in one Vault namespace, `prefix` before each path.

    The prefix is empty for the namespace of the hub's login itself.
    """

    prefix: str
    root_mounts: tuple[str, ...]
    auth_mounts: tuple[NameGlob, ...]
    intermediate_mounts: tuple[NameGlob, ...]
    roles: tuple[NameGlob, ...]


def read_scope(
    grants: Iterable[Grant], *, namespace: str = "", clusters: Iterable[str] = ()
) -> tuple[NamesInVault, ...]:
    """Return what all grants allow together; with clusters, of these alone.

    `namespace` is the one of the hub's login: a Vault policy names others from there. Raises
    InvalidSpecError for what Vault's policies cannot say.
    """
    by_prefix: dict[str, list[Grant]] = {}
    for grant in grants:
        for prefix in _list_prefixes(grant, namespace):
            by_prefix.setdefault(prefix, []).append(grant)
    named = tuple(dict.fromkeys(clusters))
    return tuple(_gather(prefix, found, named) for prefix, found in sorted(by_prefix.items()))


def _list_prefixes(grant: Grant, namespace: str) -> Iterator[str]:
    """Return what stands before paths: a namespace whose name is a pattern may be any there."""
    if not grant.vault_namespaces:
        yield ""
    for each in grant.vault_namespaces:
        below = each.removeprefix(namespace).strip("/")
        segments = ("+" if "*" in segment else segment for segment in below.split("/"))
        yield "".join(f"{segment}/" for segment in segments if segment)


def _gather(prefix: str, grants: list[Grant], clusters: tuple[str, ...]) -> NamesInVault:
    found: Mapping[str, list[str]] = {
        name: [each for grant in grants for each in getattr(grant, name)]
        for name in ("root_mounts", "auth_mounts", "intermediate_mounts", "roles")
    }
    return NamesInVault(
        prefix=prefix,
        root_mounts=read_exact(found["root_mounts"], what="rootMounts"),
        auth_mounts=read_names(found["auth_mounts"], clusters=clusters, what="authMounts"),
        intermediate_mounts=read_names(
            found["intermediate_mounts"], clusters=clusters, what="intermediateMounts"
        ),
        roles=read_names(found["roles"], clusters=clusters, what="roles"),
    )
