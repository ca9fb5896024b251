"""Writes the reference pages: `python -m roottrust.api.refgen [--check] [DIR]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from roottrust.api.generated import run
from roottrust.api.kind import CATEGORY, KINDS, CustomKind
from roottrust.api.rule import VALIDATIONS, Refusal
from roottrust.api.schema import build_schema

_HEADER = "<!-- Made by `python -m roottrust.api.refgen` from operator/roottrust/api. -->"


@dataclass(frozen=True, kw_only=True)
class _Field:
    """One field of a kind, with the rules that speak of it."""

    path: str
    schema: dict[str, Any]
    is_required: bool
    refusal: str
    rules: tuple[str, ...]


def render_pages() -> dict[str, str]:
    """Return every page by its file's name."""
    return {f"{kind.kind.lower()}.md": _render_page(kind) for kind in KINDS}


def _render_page(kind: CustomKind) -> str:
    spec = build_schema(kind.spec, with_defaults=True)
    status = build_schema(kind.status, with_defaults=False)
    fields = list(_walk("", spec))
    sections = (
        [_HEADER, "", f"# {kind.kind}", "", f"{kind.description} {_render_names(kind)}"],
        ["## spec", "", spec["description"], "", *_render_spec(fields)],
        _render_rules(fields),
        _render_refused(fields),
        ["## status", "", status["description"], "", *_render_status(list(_walk("", status)))],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _render_names(kind: CustomKind) -> str:
    names = " or ".join(f"`{name}`" for name in (kind.plural, *kind.short_names))
    return f"In `{kind.api_version}`; for kubectl {names}, and with the other kinds `{CATEGORY}`."


def _walk(prefix: str, schema: dict[str, Any]) -> Iterator[_Field]:
    """Yield every field below a schema, but nothing below one that is refused."""
    entries = schema.get(VALIDATIONS, ())
    for name, child in schema.get("properties", {}).items():
        mine = [entry for entry in entries if entry.get("fieldPath") == f".{name}"]
        by_reason = {entry.get("reason"): entry["message"] for entry in mine}
        field = _Field(
            path=f"{prefix}{name}",
            schema=child,
            is_required=name in schema.get("required", ()) or Refusal.REQUIRED in by_reason,
            refusal=by_reason.get(Refusal.FORBIDDEN, ""),
            rules=(*(entry["message"] for entry in mine), *_list_messages(child)),
        )
        yield field
        if not field.refusal:
            yield from _walk(f"{field.path}.", child)
            yield from _walk(f"{field.path}[].", child.get("items", {}))


def _list_messages(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the rules of a value and of its entries that name no field of their own."""
    own = tuple(
        entry["message"] for entry in schema.get(VALIDATIONS, ()) if "fieldPath" not in entry
    )
    entries = schema.get("items") or schema.get("additionalProperties")
    return own + _list_messages(entries) if entries else own


def _render_spec(fields: list[_Field]) -> list[str]:
    return [
        "| field | type | default | meaning |",
        "|---|---|---|---|",
        *(
            f"| `{field.path}` | {_describe_type(field.schema)} | {_describe_default(field)} "
            f"| {_escape(field.schema['description'])} |"
            for field in fields
            if not field.refusal
        ),
    ]


def _render_rules(fields: list[_Field]) -> list[str]:
    """List each rule once, as the API server says it, with the fields that it is for."""
    paths: dict[str, list[str]] = {}
    for field in fields:
        for rule in () if field.refusal else field.rules:
            paths.setdefault(rule, []).append(f"`{field.path}`")
    if not paths:
        return []
    rows = (f"| {', '.join(names)} | {_escape(rule)} |" for rule, names in paths.items())
    return ["### Rules", "", "| field | what the API server says |", "|---|---|", *rows]


def _render_refused(fields: list[_Field]) -> list[str]:
    rows = [f"| `{field.path}` | {_escape(field.refusal)} |" for field in fields if field.refusal]
    if not rows:
        return []
    return ["### Refused", "", "| field | why, and what to do instead |", "|---|---|", *rows]


def _render_status(fields: list[_Field]) -> list[str]:
    return [
        "| field | type | meaning |",
        "|---|---|---|",
        *(
            f"| `{field.path}` | {_describe_type(field.schema)} "
            f"| {_escape(field.schema['description'])} |"
            for field in fields
        ),
    ]


def _describe_default(field: _Field) -> str:
    default = field.schema.get("default")
    if field.is_required:
        return "required"
    if default is None or isinstance(default, dict):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _describe_type(schema: dict[str, Any]) -> str:
    match schema:
        case {"enum": values}:
            return " or ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items, "maxItems": most}:
            return f"list (≤ {most}) of {_describe_type(items)}"
        case {"type": "object", "additionalProperties": values, "maxProperties": most}:
            return f"map (≤ {most}) of {_describe_type(values)}"
        case {"format": "date-time"}:
            return "time"
        case {"type": "string", "maxLength": longest}:
            return f"string (≤ {longest})"
        case {"type": "integer" | "number" as name, "minimum": least, "maximum": most}:
            return f"{name} ({least} to {most})"
    return str(schema["type"])


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(
        run(sys.argv[1:], files=render_pages(), program=__spec__.name, default="docs/reference")
    )
