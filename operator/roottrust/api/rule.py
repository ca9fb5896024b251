"""Rules that the API server and the models check alike.

A rule is written once, as CEL for the CRD and as a predicate for the models, so that an object from
a cluster whose CRDs somebody has changed is judged as strictly as one that passed our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VALIDATIONS = "x-kubernetes-validations"

# What the CRD's schema must escape when CEL names a field.
_CEL_RESERVED = frozenset({"namespace", "in", "as", "import", "package", "const", "function"})


class Refusal(StrEnum):
    """How the API server words a broken rule."""

    INVALID = "FieldValueInvalid"
    FORBIDDEN = "FieldValueForbidden"
    REQUIRED = "FieldValueRequired"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a value or a model: `holds` says in Python what `cel` says to the API server."""

    cel: str
    holds: Callable[[Any], bool]
    message: str
    field: str = ""
    refusal: Refusal = Refusal.INVALID

    def check(self, value: Any) -> Any:
        """Return the value, or refuse it with the rule's message."""
        if not self.holds(value):
            raise PydanticCustomError("rule", "{reason}", {"reason": self.message})
        return value

    def build_validation(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        validation = {"rule": self.cel, "message": self.message}
        if self.field:
            validation["fieldPath"] = f".{self.field}"
        if self.refusal is not Refusal.INVALID:
            validation["reason"] = self.refusal.value
        return validation

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        document = handler(schema)
        document.setdefault(VALIDATIONS, []).append(self.build_validation())
        return document


@dataclass(frozen=True, kw_only=True)
class PresenceRule(Rule):
    """A rule about which fields a person wrote: checked before the fields themselves are."""


@dataclass(frozen=True, kw_only=True)
class TransitionRule(Rule):
    """A rule about the value before an edit: `holds` says nothing, `allows` compares the two."""

    allows: Callable[[Any, Any], bool]


def quote(text: str) -> str:
    """Return the text as a raw CEL string."""
    mark = '"' if "'" in text else "'"
    if mark in text:
        raise ValueError("a raw string of CEL has no way to hold both kinds of quotes")
    return f"r{mark}{text}{mark}"


def name_in_cel(field: str) -> str:
    """Return how CEL names a field: its reserved words are escaped."""
    return f"__{field}__" if field in _CEL_RESERVED else field


def full_match(pattern: str, message: str, *, without: str = "") -> Rule:
    """Refuse text of which not everything matches; `without` counts as the letter x."""
    compiled = re.compile(pattern, re.ASCII)
    subject = f"self.replace({quote(without)}, 'x')" if without else "self"
    return Rule(
        cel=f"{subject}.matches({quote(f'^(?:{pattern})$')})",
        holds=lambda text: (
            compiled.fullmatch(text.replace(without, "x") if without else text) is not None
        ),
        message=message,
    )


def no_match(pattern: str, message: str, *, without: str = "") -> Rule:
    """Refuse text of which some part matches; `without` is left out first."""
    compiled = re.compile(pattern, re.ASCII)
    subject = f"self.replace({quote(without)}, '')" if without else "self"
    return Rule(
        cel=f"!{subject}.matches({quote(pattern)})",
        holds=lambda text: compiled.search(text.replace(without, "") if without else text) is None,
        message=message,
    )


def refused(field: str, message: str) -> Rule:
    """Refuse a field that users of other products know, and say what to do instead."""
    return PresenceRule(
        cel=f"!has(self.{name_in_cel(field)})",
        holds=lambda written: field not in written,
        message=message,
        field=field,
        refusal=Refusal.FORBIDDEN,
    )


def needed(field: str, message: str) -> Rule:
    """Ask for a field by a sentence where the schema's own `required` would only name it."""
    return PresenceRule(
        cel=f"has(self.{name_in_cel(field)})",
        holds=lambda written: field in written,
        message=message,
        field=field,
        refusal=Refusal.REQUIRED,
    )


def exactly_one(first: str, second: str, message: str) -> Rule:
    """Ask for one of two fields, and only one."""
    return PresenceRule(
        cel=f"has(self.{name_in_cel(first)}) != has(self.{name_in_cel(second)})",
        holds=lambda written: (first in written) != (second in written),
        message=message,
    )


def not_both(first: str, second: str, message: str) -> Rule:
    """Refuse two fields that contradict each other."""
    return PresenceRule(
        cel=f"!(has(self.{name_in_cel(first)}) && has(self.{name_in_cel(second)}))",
        holds=lambda written: not (first in written and second in written),
        message=message,
    )


def unchanged(message: str) -> Rule:
    """Refuse another value than the one the object was created with."""
    return TransitionRule(
        cel="self == oldSelf",
        holds=lambda _: True,
        allows=lambda before, after: bool(before == after),
        message=message,
    )


def never_lowered(message: str) -> Rule:
    """Refuse a number below the one it replaces."""
    return TransitionRule(
        cel="self >= oldSelf",
        holds=lambda _: True,
        allows=lambda before, after: bool(after >= before),
        message=message,
    )
