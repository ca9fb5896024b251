"""What to remove from Vault when a policy is deleted: the reverse of how it was made.

Pure and total. Removed is only what says by its mark in Vault that it was made for this very
policy; a root and its mount never are. Planning after applying yields nothing more to remove.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from roottrust.domain.action import Action, Verb
from roottrust.domain.deletion_scope import FORCE_DELETE_ANNOTATION, DeletionScope
from roottrust.domain.desired import get_auth_path, get_policy_path, get_role_path
from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.facts import MountFacts, Unread
from roottrust.domain.mark import parse_mark
from roottrust.domain.policy_document import read_mark
from roottrust.domain.vault_object import VaultKind, VaultObject

UNMARKED = "nothing in it says any more that roottrust made it"
_FORCE = f"delete that first, or annotate this policy: {FORCE_DELETE_ANNOTATION}=true"


@dataclass(frozen=True, kw_only=True)
class DeletionFacts:
    """What Vault has of what may be removed.

    `roles` are those in auth mounts of the policy's, `policies` the documents of Vault policies
    (None for one that is not there), `roots` says of secrets mounts of the policy's whether they
    hold a root.
    """

    mounts: Mapping[str, MountFacts]
    auth_mounts: Mapping[str, MountFacts]
    roles: Mapping[str, tuple[str, ...] | Unread]
    policies: Mapping[str, str | Unread | None]
    roots: Mapping[str, bool | Unread]


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """An object that is not removed, why, and what would help while it is waited for."""

    object: VaultObject
    why: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class DeletionPlan:
    """What to remove, in order; what is left for good, and what may yet be removed."""

    actions: tuple[Action, ...] = ()
    left: tuple[Leftover, ...] = ()
    waiting: tuple[Leftover, ...] = ()


def plan_deletion(
    scope: DeletionScope, facts: DeletionFacts, *, in_use: Mapping[str, str]
) -> DeletionPlan:
    """Work out what to remove; `in_use` says by intermediate mount what depends on it."""
    found = [
        *_plan_roles(scope, facts),
        *_plan_policies(scope, facts),
        *_plan_auth_mounts(scope, facts),
        *_plan_mounts(scope, facts, in_use),
    ]
    return DeletionPlan(
        actions=tuple(each for each in found if isinstance(each, Action)),
        left=tuple(each.leftover for each in found if isinstance(each, _Final)),
        waiting=tuple(each for each in found if isinstance(each, Leftover)),
    )


@dataclass(frozen=True)
class _Final:
    """What nobody need wait for."""

    leftover: Leftover


_Step = Action | Leftover | _Final


def list_mounts_to_remove(scope: DeletionScope, mounts: Mapping[str, MountFacts]) -> list[str]:
    """Return the secrets mounts that were made for the policy, but for those of its root."""
    return sorted(
        name
        for name, mount in mounts.items()
        if mount.type == "pki" and name not in scope.root_mounts and scope.owns(mount.description)
    )


def list_auth_mounts_to_remove(
    scope: DeletionScope, auth_mounts: Mapping[str, MountFacts]
) -> list[str]:
    """Return the auth mounts that were made for the policy."""
    return sorted(
        name
        for name, mount in auth_mounts.items()
        if scope.owns_auth_mount(name, mount.description)
    )


def _plan_roles(scope: DeletionScope, facts: DeletionFacts) -> Iterator[_Step]:
    for mount in list_auth_mounts_to_remove(scope, facts.auth_mounts):
        for role in _sort_roles(scope, facts, mount).own:
            yield _remove(VaultKind.ROLE, get_role_path(mount, role))


def _plan_policies(scope: DeletionScope, facts: DeletionFacts) -> Iterator[_Step]:
    for name, document in sorted(facts.policies.items()):
        path = get_policy_path(name)
        if isinstance(document, Unread):
            if name in scope.role_names:
                yield _wait(VaultKind.POLICY, path, document.error.message)
        elif document is not None and name not in scope.reserved_roles:
            yield from _plan_marked(scope, VaultKind.POLICY, path, read_mark(document))


def _plan_auth_mounts(scope: DeletionScope, facts: DeletionFacts) -> Iterator[_Step]:
    for name in list_auth_mounts_to_remove(scope, facts.auth_mounts):
        path = get_auth_path(name)
        roles = _sort_roles(scope, facts, name)
        if roles.unread is not None:
            yield _wait(VaultKind.AUTH_MOUNT, path, roles.unread.error.message)
        elif roles.foreign:
            why = f"it has roles of others: {', '.join(roles.foreign)}"
            yield _leave(VaultKind.AUTH_MOUNT, path, why)
        else:
            yield _remove(VaultKind.AUTH_MOUNT, path)
    for each in _list_made(scope, VaultKind.AUTH_MOUNT):
        mount = facts.auth_mounts.get(each.removeprefix("auth/"))
        if mount is not None and parse_mark(mount.description) is None:
            yield _leave(VaultKind.AUTH_MOUNT, each, UNMARKED)


def _plan_mounts(
    scope: DeletionScope, facts: DeletionFacts, in_use: Mapping[str, str]
) -> Iterator[_Step]:
    for name in list_mounts_to_remove(scope, facts.mounts):
        holds_root = facts.roots.get(name, False)
        if isinstance(holds_root, Unread):
            yield _wait(VaultKind.SECRETS_MOUNT, name, holds_root.error.message)
        elif holds_root:
            continue
        elif name in in_use and not scope.is_forced:
            yield _wait(VaultKind.SECRETS_MOUNT, name, f"{in_use[name]} depends on it", hint=_FORCE)
        else:
            yield _remove(VaultKind.SECRETS_MOUNT, name)
    for each in _list_made(scope, VaultKind.SECRETS_MOUNT):
        mount = facts.mounts.get(each)
        is_root = each in scope.root_mounts
        if mount is not None and not is_root and parse_mark(mount.description) is None:
            yield _leave(VaultKind.SECRETS_MOUNT, each, UNMARKED)


def _plan_marked(
    scope: DeletionScope, kind: VaultKind, path: str, mark_text: str | None
) -> Iterator[_Step]:
    """Plan an object that carries a mark itself; what belongs to others is not even told."""
    if scope.owns(mark_text):
        yield _remove(kind, path)
    elif parse_mark(mark_text) is None and path in _list_made(scope, kind):
        yield _leave(kind, path, UNMARKED)


@dataclass(frozen=True, kw_only=True)
class _Roles:
    """The roles of an auth mount: this policy's, others', and why it is not known of all."""

    own: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unread: Unread | None = None


def _sort_roles(scope: DeletionScope, facts: DeletionFacts, mount: str) -> _Roles:
    """Tell roles apart: they carry no mark, but our Vault policies of the same names do."""
    roles = facts.roles.get(mount, ())
    if isinstance(roles, Unread):
        return _Roles(unread=roles)
    known = scope.list_known_roles(mount)
    own = tuple(role for role in roles if role in known or _is_marked(scope, facts, role))
    others = tuple(role for role in roles if role not in own)
    return _Roles(own=own, foreign=others, unread=_find_unread(facts, others))


def _is_marked(scope: DeletionScope, facts: DeletionFacts, role: str) -> bool:
    document = facts.policies.get(role)
    return isinstance(document, str) and scope.owns(read_mark(document))


def _find_unread(facts: DeletionFacts, roles: tuple[str, ...]) -> Unread | None:
    """Return what keeps us from knowing whose a role is; what we may not read is not ours."""
    found = (facts.policies.get(role) for role in roles)
    unread = (each for each in found if isinstance(each, Unread))
    return next((each for each in unread if not isinstance(each.error, AccessDeniedError)), None)


def _list_made(scope: DeletionScope, kind: VaultKind) -> list[str]:
    return [each.path for each in scope.made if each.kind is kind]


def _remove(kind: VaultKind, path: str) -> Action:
    return Action(verb=Verb.DELETE, wanted=VaultObject(kind=kind, path=path, fields={}))


def _wait(kind: VaultKind, path: str, why: str, *, hint: str = "") -> Leftover:
    return Leftover(object=VaultObject(kind=kind, path=path, fields={}), why=why, hint=hint)


def _leave(kind: VaultKind, path: str, why: str) -> _Final:
    return _Final(_wait(kind, path, why))
