"""What a plan changes in Vault, field by field, as people and programs read it.

Values are whole, for programs as well: what could be a secret is left out here, not by who shows
it. What only Vault can choose reads `(known after apply)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.action import Action, Verb
from roottrust.domain.conflict_text import advise
from roottrust.domain.ownership import Conflict
from roottrust.domain.plan import Plan, list_next_actions
from roottrust.domain.preview import KNOWN_AFTER_APPLY
from roottrust.domain.redaction import redact_secrets
from roottrust.domain.vault_object import Difference, VaultObject

UNKNOWN = "(known after apply)"
SENSITIVE = "(sensitive value)"

# What is written along with an object and never read back may be a secret; of these it is known
# that they are none.
_HARMLESS = frozenset(
    {
        "common_name",
        "exclude_cn_from_sans",
        "format",
        "issuer_name",
        "key_bits",
        "key_name",
        "key_type",
        "max_path_length",
        "ttl",
    }
)


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field before and after; None is a field that is not there."""

    name: str
    before: Any = None
    after: Any = None

    @property
    def is_sensitive(self) -> bool:
        """Whether its value is left out."""
        return bool(self.after == SENSITIVE)

    @property
    def is_unknown(self) -> bool:
        """Whether a part of its value is not known before it is made."""
        return UNKNOWN in str(self.after)


@dataclass(frozen=True, kw_only=True)
class ObjectChange:
    """One write to Vault; `cluster` is None for what all clusters share."""

    verb: str
    kind: str
    path: str
    cluster: str | None
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """An object of somebody else's in the way: how it differs, and what to do."""

    path: str
    kind: str | None
    cluster: str | None
    owner: str | None
    note: str | None
    fields: tuple[FieldChange, ...]
    next_step: str


def list_changes(plan: Plan) -> tuple[ObjectChange, ...]:
    """Return all writes in their order."""
    shared = (*plan.root.actions, *list_next_actions(plan))
    return (
        *(_describe_action(action, cluster=None) for action in shared),
        *(
            _describe_action(action, cluster=name)
            for name, cluster in plan.clusters.items()
            for action in cluster.actions
        ),
    )


def list_withheld(plan: Plan) -> tuple[ObjectChange, ...]:
    """Return the writes that wait until conflicts are over."""
    return tuple(
        _describe_action(action, cluster=name)
        for name, cluster in plan.clusters.items()
        for action in cluster.withheld
    )


def list_obstacles(plan: Plan) -> tuple[Obstacle, ...]:
    """Return all conflicts."""
    root = [_describe_conflict(conflict, cluster=None) for conflict in plan.root.conflicts]
    return (
        *root,
        *(
            _describe_conflict(conflict, cluster=name)
            for name, cluster in plan.clusters.items()
            for conflict in cluster.conflicts
        ),
    )


def present(value: Any) -> Any:
    """Return a value fit to be shown: of JSON's types, lists in order, without secrets."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact_secrets(value.replace(KNOWN_AFTER_APPLY, UNKNOWN))
        case Mapping():
            return {str(key): present(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return sorted((present(each) for each in value), key=str)
        case _:
            return present(str(value))


def _describe_action(action: Action, *, cluster: str | None) -> ObjectChange:
    wanted = action.wanted
    fields: Iterator[FieldChange] | tuple[FieldChange, ...] = _describe_differences(
        action.differences
    )
    if action.verb is Verb.CREATE:
        fields = _describe_new(wanted)
    return ObjectChange(
        verb=action.verb,
        kind=wanted.kind,
        path=str(present(wanted.path)),
        cluster=cluster,
        fields=tuple(fields),
    )


def _describe_new(wanted: VaultObject) -> Iterator[FieldChange]:
    for name, value in wanted.fields.items():
        yield FieldChange(name=name, after=present(value))
    for name in wanted.secrets:
        yield FieldChange(name=name, after=SENSITIVE)
    for name, value in wanted.extra.items():
        is_shown = name in _HARMLESS or value in (None, "")
        yield FieldChange(name=name, after=present(value) if is_shown else SENSITIVE)


def _describe_differences(differences: tuple[Difference, ...]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(
            name=each.field,
            before=_pick(each.found_value, each.wanted_value, each.found),
            after=_pick(each.wanted_value, each.found_value, each.wanted),
        )
        for each in differences
    )


def _pick(value: Any, other: Any, words: str) -> Any:
    """Return a value, or what was said of it where neither side's is kept."""
    return words if value is None and other is None else present(value)


def _describe_conflict(conflict: Conflict, *, cluster: str | None) -> Obstacle:
    return Obstacle(
        path=conflict.path,
        kind=conflict.kind,
        cluster=cluster,
        owner=conflict.owner,
        note=conflict.note,
        fields=_describe_differences(conflict.differences),
        next_step=advise((conflict,)),
    )
