"""Objects in Vault as we want them, and how they differ from what is there."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

from roottrust.domain.redaction import redact_secrets


class VaultKind(StrEnum):
    """Kinds of objects that we manage, in the order in which they are made."""

    SECRETS_MOUNT = "SecretsMount"
    ROOT = "Root"
    ROOT_IMPORT = "RootImport"
    KEY_NAME = "KeyName"
    ISSUER_NAME = "IssuerName"
    DEFAULT_ISSUER = "DefaultIssuer"
    ISSUER_USAGE = "IssuerUsage"
    ISSUER_REVOCATION = "IssuerRevocation"
    AUTH_MOUNT = "AuthMount"
    AUTH_CONFIG = "AuthConfig"
    POLICY = "Policy"
    ROLE = "Role"


@dataclass(frozen=True, kw_only=True)
class VaultObject:
    """One object as we want it.

    `path` is the one that people know it by, `fields` are compared with what Vault reads back, and
    `extra` is written along with them (what Vault takes but never shows as it was given).
    `secrets` is written, too, and never shown to anybody. `needs_reviewer` asks for a token of the
    reviewer among them, which is made for the very write.
    """

    kind: VaultKind
    path: str
    fields: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    needs_reviewer: bool = False


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field that is not as we want it: in words, and the values as they are."""

    path: str
    field: str
    wanted: str
    found: str
    wanted_value: Any = dataclasses.field(default=None, compare=False, repr=False)
    found_value: Any = dataclasses.field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.path}: {self.field} is {self.found}, not {self.wanted}"


_EMPTY: tuple[Any, ...] = (None, "", (), {}, 0, False)
_MAX_TEXT = 200


def find_differences(
    wanted: VaultObject, found: Mapping[str, Any], *, ignoring: frozenset[str] = frozenset()
) -> tuple[Difference, ...]:
    """Return the wanted fields that differ; others are not ours to judge.

    A field that Vault leaves out is as good as an empty one.
    """
    return tuple(
        Difference(
            path=wanted.path,
            field=name,
            wanted=_show(value),
            found=_show(found.get(name)),
            wanted_value=value,
            found_value=found.get(name),
        )
        for name, value in wanted.fields.items()
        if name not in ignoring and not is_same_value(value, found.get(name))
    )


def is_same_value(wanted: Any, found: Any) -> bool:
    """Tell whether Vault would show a wanted value as this one."""
    left, right = _normalise(wanted), _normalise(found)
    if left in _EMPTY and right in _EMPTY:
        return True
    return type(left) is type(right) and left == right


def digest_value(value: Any) -> int:
    """Return a number that two values share if Vault would show them alike, and only then."""
    known = _normalise(value)
    text = "" if known in _EMPTY else f"{type(known).__name__} {known!r}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def digest_fields(wanted: VaultObject) -> dict[str, int]:
    """Return what an object's fields are known by: of a fleet's, whole ones would fill memory."""
    return {name: digest_value(value) for name, value in wanted.fields.items()}


def _normalise(value: Any) -> Any:
    """Bring a value into the form in which order and blank ends do not count."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | tuple):
        return tuple(sorted(str(item) for item in value))
    if isinstance(value, Mapping):
        return {name: _normalise(value[name]) for name in sorted(value)}
    return value


def _show(value: Any) -> str:
    value = _normalise(value)
    if value in _EMPTY and value is not False and value != 0:
        return "empty"
    text = redact_secrets(_render(value))
    if "\n" in text:
        return f"a text of {len(text.splitlines())} lines"
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _render(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_render(each)}" for name, each in value.items())
    return str(value)
