"""Whose an object in Vault is, and what that lets us do with it.

What carries our mark is ours and kept as we want it. What carries another's mark is never touched,
but for one case: a policy of this hub that exists no more cannot give up what it had, so one that
says `adopt` may take it over. What carries none is used as it is when it matches, and changed only
when the policy says `adopt`; but where status tells that we made it, somebody took the mark off,
and that is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from roottrust.api.choices import ObjectOrigin
from roottrust.domain.action import Action, Verb
from roottrust.domain.mark import Mark, describe_policy, parse_mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.vault_object import (
    Difference,
    VaultKind,
    VaultObject,
    find_differences,
)

# What no write can change: such an object is in the way for good.
_FIXED = frozenset({"type"})


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """The policy that a plan is made for; `created` are the paths that it made, as status tells.

    `existing` are the full names of all policies of this hub, None if they are not known.
    """

    hub: str
    policy: PolicyIdentity
    adopts: bool
    created: frozenset[str] = frozenset()
    existing: Container[str] | None = None

    def build_mark(self, origin: ObjectOrigin) -> Mark:
        """Return our mark for an object."""
        return Mark(hub=self.hub, policy=self.policy, origin=origin)

    def owns(self, mark: Mark) -> bool:
        """Whether what carries this mark is ours, or may be taken over."""
        is_ours = mark.has_owner(hub=self.hub, policy=self.policy)
        return is_ours or self.outranks(mark) or (self.adopts and self.knows_as_gone(mark))

    def outranks(self, mark: Mark) -> bool:
        """Whether the mark is that of a policy in a workload cluster, and this one is not."""
        return mark.hub == self.hub and mark.policy.is_remote and not self.policy.is_remote

    def knows_as_gone(self, mark: Mark) -> bool:
        """Whether the mark is that of a policy of this hub that exists no more."""
        is_ours = mark.has_owner(hub=self.hub, policy=self.policy)
        if is_ours or self.existing is None or mark.hub != self.hub:
            return False
        return mark.policy.full_name not in self.existing


@dataclass(frozen=True, kw_only=True)
class ManagedObject:
    """An object that the policy relies on, and whether we made it."""

    wanted: VaultObject
    origin: ObjectOrigin


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """An object that is in the way: what it is, how it differs, whose it is (None: nobody says).

    `is_abandoned` says that the owner is gone, and can be followed.
    """

    path: str
    kind: VaultKind | None = field(default=None, compare=False)  # it follows from the path
    differences: tuple[Difference, ...] = ()
    owner: str | None = None
    is_abandoned: bool = False
    note: str | None = None

    @property
    def can_be_adopted(self) -> bool:
        """Whether the `adopt` annotation would help."""
        is_free = self.owner is None or self.is_abandoned
        return is_free and self.fixed is None

    @property
    def is_others(self) -> bool:
        """Whether this cannot be what we once made: it has an owner, or is of another type."""
        return self.owner is not None or self.fixed is not None

    @property
    def fixed(self) -> Difference | None:
        """The difference that no write can take away, None if there is none."""
        return next((each for each in self.differences if each.field in _FIXED), None)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done about one object; `is_ours` says whether we may write to its parts.

    `withheld` is a write that waits for something else.
    """

    managed: ManagedObject | None = None
    action: Action | None = None
    withheld: Action | None = None
    conflict: Conflict | None = None
    is_ours: bool = False

    def withhold(self) -> Verdict:
        """Return the verdict without its write; what is not made is not relied on either."""
        is_missing = self.action is not None and self.action.verb is Verb.CREATE
        return replace(
            self,
            managed=None if is_missing else self.managed,
            action=None,
            withheld=self.action,
        )


def judge_marked(
    build: Callable[[Mark], VaultObject],
    found: Mapping[str, Any] | None,
    *,
    mark_text: str | None,
    claimant: Claimant,
    mark_field: str,
    taken: Mapping[str, str] = MappingProxyType({}),
) -> Verdict:
    """Judge an object that carries a mark itself: a mount, a Vault policy.

    `taken` are the paths that an older policy asks for: what has no owner is left to it.
    """
    if taken:
        rival = _find_rival(build, found, mark_text=mark_text, claimant=claimant, taken=taken)
        if rival is not None:
            return Verdict(conflict=rival)
    if found is None:
        return _create(build(claimant.build_mark(ObjectOrigin.CREATED)), ObjectOrigin.CREATED)
    mark = parse_mark(mark_text)
    if mark is None:
        created = build(claimant.build_mark(ObjectOrigin.CREATED))
        if created.path in claimant.created:
            return _keep(created, found, ObjectOrigin.CREATED)
        wanted = build(claimant.build_mark(ObjectOrigin.ADOPTED))
        return _judge_unmarked(wanted, found, claimant=claimant, mark_field=mark_field)
    wanted = build(claimant.build_mark(mark.origin))
    if claimant.owns(mark):
        return _keep(wanted, found, mark.origin)
    return Verdict(
        conflict=_build_conflict_of_owner(
            wanted, found, mark=mark, claimant=claimant, mark_field=mark_field
        )
    )


def judge_part(wanted: VaultObject, found: Mapping[str, Any] | None, *, parent: Verdict) -> Verdict:
    """Judge an object that carries no mark: it belongs to whom its mount belongs to."""
    origin = parent.managed.origin if parent.managed else ObjectOrigin.ADOPTED
    if parent.is_ours:
        return _create(wanted, origin) if found is None else _keep(wanted, found, origin)
    if found is None:
        note = "it does not exist"
        return Verdict(conflict=Conflict(path=wanted.path, kind=wanted.kind, note=note))
    differences = find_differences(wanted, found)
    if differences:
        return _refuse(wanted, differences)
    return Verdict(managed=ManagedObject(wanted=wanted, origin=origin))


def _judge_unmarked(
    wanted: VaultObject, found: Mapping[str, Any], *, claimant: Claimant, mark_field: str
) -> Verdict:
    conflict = Conflict(
        path=wanted.path,
        kind=wanted.kind,
        differences=find_differences(wanted, found, ignoring=frozenset({mark_field})),
    )
    if claimant.adopts and conflict.can_be_adopted:
        return _keep(wanted, found, ObjectOrigin.ADOPTED)
    if conflict.differences:
        return Verdict(conflict=conflict)
    # As it is there: without our mark.
    as_it_is = replace(wanted, fields={**wanted.fields, mark_field: found.get(mark_field)})
    return Verdict(managed=ManagedObject(wanted=as_it_is, origin=ObjectOrigin.ADOPTED))


def _find_rival(
    build: Callable[[Mark], VaultObject],
    found: Mapping[str, Any] | None,
    *,
    mark_text: str | None,
    claimant: Claimant,
    taken: Mapping[str, str],
) -> Conflict | None:
    wanted = build(claimant.build_mark(ObjectOrigin.CREATED))
    owner = taken.get(wanted.path)
    mark = None if found is None else parse_mark(mark_text)
    is_ours = found is not None and mark is None and wanted.path in claimant.created
    is_kept = mark is not None and not (claimant.knows_as_gone(mark) or claimant.outranks(mark))
    if owner is None or is_ours or is_kept:
        return None
    text = describe_policy(owner, hub=claimant.hub)
    return Conflict(path=wanted.path, kind=wanted.kind, owner=text)


def _build_conflict_of_owner(
    wanted: VaultObject,
    found: Mapping[str, Any],
    *,
    mark: Mark,
    claimant: Claimant,
    mark_field: str,
) -> Conflict:
    conflict = Conflict(path=wanted.path, kind=wanted.kind, owner=mark.describe_owner())
    if not claimant.knows_as_gone(mark):
        return conflict
    differences = find_differences(wanted, found, ignoring=frozenset({mark_field}))
    return replace(conflict, is_abandoned=True, differences=differences)


def _create(wanted: VaultObject, origin: ObjectOrigin) -> Verdict:
    return Verdict(
        managed=ManagedObject(wanted=wanted, origin=origin),
        action=Action(verb=Verb.CREATE, wanted=wanted),
        is_ours=True,
    )


def _keep(wanted: VaultObject, found: Mapping[str, Any], origin: ObjectOrigin) -> Verdict:
    differences = find_differences(wanted, found)
    if any(each.field in _FIXED for each in differences):
        return _refuse(wanted, differences)
    action = (
        Action(verb=Verb.UPDATE, wanted=wanted, differences=differences) if differences else None
    )
    return Verdict(managed=ManagedObject(wanted=wanted, origin=origin), action=action, is_ours=True)


def _refuse(wanted: VaultObject, differences: tuple[Difference, ...]) -> Verdict:
    return Verdict(conflict=Conflict(path=wanted.path, kind=wanted.kind, differences=differences))
