"""The rules of the hub's Vault policies, each with what it is for.

Sources: API paths sys/mounts, sys/auth, sys/policies/acl, auth and pki of Vault; which of them ask
for sudo is in its documentation of policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from roottrust.domain.hub_rights.name_glob import NameGlob
from roottrust.domain.hub_rights.rule import (
    CREATE,
    DELETE,
    LIST,
    PATCH,
    READ,
    SUDO,
    UPDATE,
    Rule,
)
from roottrust.domain.hub_rights.scope import NamesInVault


class Purpose(StrEnum):
    """What a Vault policy is for; the hub carries the first one, and the others where asked for."""

    MANAGE = "manage"
    DELETE = "delete"
    REVOKE = "revoke"
    PLAN = "plan"


def list_rules(purpose: Purpose, names: NamesInVault) -> tuple[Rule, ...]:
    """Return the rules for one Vault namespace."""
    make = {
        Purpose.MANAGE: _list_managing,
        Purpose.DELETE: _list_deleting,
        Purpose.REVOKE: _list_revoking,
        Purpose.PLAN: _list_planning,
    }
    return tuple(
        Rule(
            why=rule.why,
            paths=tuple(f"{names.prefix}{path}" for path in rule.paths),
            capabilities=rule.capabilities,
        )
        for rule in make[purpose](names)
        if rule.paths
    )


def list_own_rules(purpose: Purpose) -> tuple[Rule, ...]:
    """Return what a token may do with itself, in its own namespace."""
    if purpose is Purpose.MANAGE:
        return (
            Rule(why="Its own token.", paths=("auth/token/lookup-self",), capabilities=(READ,)),
            Rule(
                why="",
                paths=("auth/token/renew-self", "auth/token/revoke-self"),
                capabilities=(UPDATE,),
            ),
        )
    if purpose is Purpose.PLAN:
        return (
            Rule(why="Its own token.", paths=("auth/token/lookup-self",), capabilities=(READ,)),
        )
    return ()


def _list_managing(names: NamesInVault) -> Iterator[Rule]:
    roots = names.root_mounts
    yield Rule(why="Which mounts exist.", paths=("sys/mounts", "sys/auth"), capabilities=(READ,))
    yield Rule(
        why="The root's mount: enabled and tuned where the hub makes the root, never disabled.",
        paths=tuple(f"sys/mounts/{each}" for each in roots),
        capabilities=(CREATE, UPDATE),
    )
    yield Rule(
        why="",
        paths=tuple(f"sys/mounts/{each}/tune" for each in roots),
        capabilities=(READ, UPDATE),
    )
    yield Rule(
        why="The root: made inside Vault, and looked up.",
        paths=tuple(f"{each}/root/generate/internal" for each in roots),
        capabilities=(CREATE, UPDATE),
    )
    yield Rule(
        why="The default issuer is changed where a policy has allowUnnamedIssuer, and at a "
        "rotation's end.",
        paths=tuple(f"{each}/config/issuers" for each in roots),
        capabilities=(READ, UPDATE),
    )
    yield Rule(why="", paths=tuple(f"{each}/issuers" for each in roots), capabilities=(LIST,))
    yield Rule(
        why="", paths=tuple(f"{each}/issuer/+" for each in roots), capabilities=(READ, PATCH)
    )
    yield from _list_rotating(roots)
    yield from _list_importing(roots)
    yield from _list_of_intermediates(names.intermediate_mounts)
    yield from _list_of_logins(names.auth_mounts)
    yield Rule(
        why="One policy for each cluster's agents.",
        paths=_spread(names.roles, "sys/policies/acl/"),
        capabilities=(CREATE, READ, UPDATE),
    )


def _list_rotating(roots: tuple[str, ...]) -> Iterator[Rule]:
    yield Rule(
        why="While a root is rotated, the one in use signs the next one; nothing else is signed by "
        "the hub. Who may do this can have any root of theirs signed: leave it out where "
        "rotation.strategy is MultiRoot.",
        paths=tuple(f"{each}/issuer/+/sign-self-issued" for each in roots),
        capabilities=(UPDATE,),
    )
    yield Rule(
        why="Before the root that was in use is dropped: what it has signed is looked through for "
        "intermediates that belong to no policy. Each certificate (cert/SERIAL) is public. Without "
        "it a person has to approve Drop.",
        paths=tuple(f"{each}/certs" for each in roots),
        capabilities=(LIST,),
    )


def _list_importing(roots: tuple[str, ...]) -> Iterator[Rule]:
    yield Rule(
        why="A root from a Secret (source Import), with its name. patch above is for this, and for "
        "taking the right to sign from a root that is retired.",
        paths=tuple(f"{each}/issuers/import/bundle" for each in roots),
        capabilities=(CREATE, UPDATE),
    )
    yield Rule(why="", paths=tuple(f"{each}/key/+" for each in roots), capabilities=(UPDATE,))


def _list_of_intermediates(mounts: tuple[NameGlob, ...]) -> Iterator[Rule]:
    yield Rule(
        why="Mounts in which Vault makes keys for agents: enabled and tuned.",
        paths=_spread(mounts, "sys/mounts/", "", "/tune"),
        capabilities=(CREATE, UPDATE),
    )
    prefixes, exact = _part(mounts)
    yield Rule(
        why="Their keys: listed, and removed once nobody can use them. No request reads a key, and "
        "none is made or used with this. A `*` ends a path in Vault, so that keys alone cannot be "
        "named for all clusters: where that is too much, name the clusters (--cluster). Without "
        "it, keys stay, and status says so.",
        paths=_spread(prefixes, ""),
        capabilities=(READ, LIST, DELETE),
    )
    yield Rule(
        why="Their keys: listed, and removed once nobody can use them. No request reads a key.",
        paths=_spread(exact, "", "/keys", "/issuers"),
        capabilities=(LIST,),
    )
    yield Rule(why="", paths=_spread(exact, "", "/issuer/+"), capabilities=(READ,))
    yield Rule(why="", paths=_spread(exact, "", "/key/+"), capabilities=(READ, DELETE))


def _list_of_logins(mounts: tuple[NameGlob, ...]) -> Iterator[Rule]:
    yield Rule(
        why="One auth mount for each cluster. Vault asks for sudo where auth mounts are enabled.",
        paths=_spread(mounts, "sys/auth/", "", "/tune"),
        capabilities=(CREATE, UPDATE, SUDO),
    )
    yield Rule(why="", paths=_spread(mounts, "sys/mounts/auth/", "/tune"), capabilities=(UPDATE,))
    prefixes, exact = _part(mounts)
    yield Rule(
        why="",
        paths=_spread(prefixes, "auth/"),
        capabilities=(CREATE, READ, UPDATE, LIST),
    )
    yield Rule(
        why="",
        paths=_spread(exact, "auth/", "/config", "/role/+"),
        capabilities=(CREATE, READ, UPDATE),
    )
    yield Rule(why="", paths=_spread(exact, "auth/", "/role"), capabilities=(LIST,))


def _list_deleting(names: NamesInVault) -> Iterator[Rule]:
    prefixes, exact = _part(names.intermediate_mounts)
    yield Rule(
        why="Intermediate mounts, once it was seen that their issuers are no roots.",
        paths=_spread(prefixes, ""),
        capabilities=(READ, LIST),
    )
    yield Rule(
        why="Intermediate mounts, once it was seen that their issuers are no roots.",
        paths=_spread(exact, "", "/issuers"),
        capabilities=(LIST,),
    )
    yield Rule(why="", paths=_spread(exact, "", "/issuer/+"), capabilities=(READ,))
    yield Rule(
        why="", paths=_spread(names.intermediate_mounts, "sys/mounts/"), capabilities=(DELETE,)
    )
    prefixes, exact = _part(names.auth_mounts)
    yield Rule(
        why="Auth mounts and their roles. Vault asks for sudo where auth mounts are disabled.",
        paths=_spread(names.auth_mounts, "sys/auth/"),
        capabilities=(DELETE, SUDO),
    )
    yield Rule(
        why="",
        paths=(*_spread(prefixes, "auth/"), *_spread(exact, "auth/", "/role/+")),
        capabilities=(DELETE,),
    )
    yield Rule(
        why="The policies of agents.",
        paths=_spread(names.roles, "sys/policies/acl/"),
        capabilities=(DELETE,),
    )


def _list_revoking(names: NamesInVault) -> Iterator[Rule]:
    yield Rule(
        why="A root that is compromised, once nobody trusts it.",
        paths=tuple(f"{each}/issuer/+/revoke" for each in names.root_mounts),
        capabilities=(UPDATE,),
    )
    yield Rule(
        why="Intermediates of a cluster that are compromised, once no istiod uses them. Vault "
        "cannot narrow this to them: where the mount signs for others, too, leave it out.",
        paths=tuple(f"{each}/revoke" for each in names.root_mounts),
        capabilities=(UPDATE,),
    )


def _list_planning(names: NamesInVault) -> Iterator[Rule]:
    roots = names.root_mounts
    yield Rule(why="Which mounts exist.", paths=("sys/mounts", "sys/auth"), capabilities=(READ,))
    yield Rule(
        why="", paths=tuple(f"sys/mounts/{each}/tune" for each in roots), capabilities=(READ,)
    )
    yield Rule(
        why="The root's certificate.",
        paths=tuple(f"{each}/config/issuers" for each in roots),
        capabilities=(READ,),
    )
    yield Rule(why="", paths=tuple(f"{each}/issuers" for each in roots), capabilities=(LIST,))
    yield Rule(why="", paths=tuple(f"{each}/issuer/+" for each in roots), capabilities=(READ,))
    prefixes, exact = _part(names.auth_mounts)
    yield Rule(
        why="How each cluster logs in, and what its agents may do.",
        paths=(
            *_spread(prefixes, "auth/"),
            *_spread(exact, "auth/", "/config", "/role", "/role/+"),
        ),
        capabilities=(READ, LIST),
    )
    yield Rule(why="", paths=_spread(names.roles, "sys/policies/acl/"), capabilities=(READ,))


def _part(names: tuple[NameGlob, ...]) -> tuple[tuple[NameGlob, ...], tuple[NameGlob, ...]]:
    """Return prefixes, below which nothing can be told apart, and names."""
    return (
        tuple(each for each in names if each.is_prefix),
        tuple(each for each in names if not each.is_prefix),
    )


def _spread(names: tuple[NameGlob, ...], before: str, *after: str) -> tuple[str, ...]:
    """Return the paths of all names; of a prefix there is one that holds them all."""
    found = (
        path for each in names for end in after or ("",) for path in each.build_paths(before, end)
    )
    return tuple(dict.fromkeys(found))
