"""Deletions: any policy with any Vault, and Vault as a function of what is removed from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from roottrust.domain.action import Action, Verb
from roottrust.domain.deletion_plan import DeletionFacts
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.facts import MountFacts, Unread
from roottrust.domain.vault_object import VaultKind, VaultObject
from tests.unit.domain.samples import HUB, IDENTITY, OURS, build_mount
from tests.unit.domain.strategies import UNREAD, mark_texts

AUTH_MOUNTS = ("kube-a", "kube-b", "login")
MOUNTS = ("pki", "pki_int_a", "pki_int_b")
NAMES = ("gen-a", "gen-b", "admins", "own")

NOTHING = DeletionFacts(mounts={}, auth_mounts={}, roles={}, policies={}, roots={})
SCOPE = DeletionScope(
    hub=HUB,
    policy=IDENTITY,
    root_mounts=frozenset({"pki"}),
    reserved_roles=frozenset({"own"}),
    reserved_auth_mounts=frozenset({"login"}),
)


def build_object(kind: VaultKind, path: str) -> VaultObject:
    return VaultObject(kind=kind, path=path, fields={})


def build_document(mark: str = OURS.render()) -> str:
    return f'# {mark}\npath "pki/cert/ca" {{ capabilities = ["read"] }}\n'


def build_deletion_facts(**changes: Any) -> DeletionFacts:
    """Return a Vault with all that was made for one cluster."""
    mark = OURS.render()
    facts = DeletionFacts(
        mounts={"pki": build_mount(), "pki_int_a": build_mount(description=mark)},
        auth_mounts={"kube-a": build_mount("kubernetes", description=mark)},
        roles={"kube-a": ("gen-a",)},
        policies={"gen-a": build_document()},
        roots={"pki_int_a": False},
    )
    return replace(facts, **changes)


def remove(facts: DeletionFacts, action: Action) -> DeletionFacts:
    """Return what Vault has after a removal; it refuses none of what is not there."""
    assert action.verb is Verb.DELETE
    path = action.wanted.path
    match action.wanted.kind:
        case VaultKind.SECRETS_MOUNT:
            return replace(facts, mounts=_drop(facts.mounts, path))
        case VaultKind.AUTH_MOUNT:
            name = path.removeprefix("auth/")
            return replace(
                facts,
                auth_mounts=_drop(facts.auth_mounts, name),
                roles=_drop(facts.roles, name),
            )
        case VaultKind.POLICY:
            return replace(facts, policies=_drop(facts.policies, path.rpartition("/")[2]))
        case VaultKind.ROLE:
            mount, _, role = path.removeprefix("auth/").partition("/role/")
            roles = facts.roles[mount]
            assert not isinstance(roles, Unread)
            left = tuple(each for each in roles if each != role)
            return replace(facts, roles={**facts.roles, mount: left})
        case kind:
            raise AssertionError(f"{kind} is never removed by itself")


def _drop(table: Any, name: str) -> Any:
    return {key: value for key, value in table.items() if key != name}


@st.composite
def mount_tables(draw: st.DrawFn, names: tuple[str, ...], types: tuple[str, ...]) -> Any:
    found = draw(st.sets(st.sampled_from(names)))
    return {
        name: MountFacts(
            type=draw(st.sampled_from(types)), description=draw(mark_texts()), max_ttl_seconds=0
        )
        for name in sorted(found)
    }


@st.composite
def deletion_facts(draw: st.DrawFn) -> DeletionFacts:
    auth_mounts = draw(mount_tables(AUTH_MOUNTS, ("kubernetes", "jwt")))
    mounts = draw(mount_tables(MOUNTS, ("pki", "pki", "kv")))
    roles = st.sets(st.sampled_from(NAMES)).map(lambda found: tuple(sorted(found)))
    documents = st.none() | mark_texts().map(build_document) | UNREAD | st.sampled_from(["", "#"])
    return DeletionFacts(
        mounts=mounts,
        auth_mounts=auth_mounts,
        roles={name: draw(roles | UNREAD) for name in auth_mounts},
        policies={name: draw(documents) for name in NAMES},
        roots={name: draw(st.booleans() | UNREAD) for name in mounts},
    )


@st.composite
def deletion_scopes(draw: st.DrawFn) -> DeletionScope:
    """A policy whose status knows everything, something or nothing."""
    paths = [
        *((VaultKind.SECRETS_MOUNT, name) for name in MOUNTS),
        *((VaultKind.AUTH_MOUNT, f"auth/{name}") for name in AUTH_MOUNTS),
        *((VaultKind.POLICY, f"sys/policies/acl/{name}") for name in (*NAMES, "../x")),
        *((VaultKind.ROLE, f"auth/kube-a/role/{name}") for name in NAMES),
        (VaultKind.AUTH_CONFIG, "auth/kube-a/config"),
    ]
    known = st.lists(st.sampled_from(paths), unique=True).map(
        lambda found: tuple(build_object(kind, path) for kind, path in found)
    )
    return replace(SCOPE, made=draw(known), asked=draw(known), is_forced=draw(st.booleans()))
