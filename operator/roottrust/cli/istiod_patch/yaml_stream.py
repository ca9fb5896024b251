"""A stream of YAML documents of which some are exchanged, and all others stay as they are.

No two YAML readers agree on what `yes`, `0o14`, `1:30` or `1_000` are. So plain scalars are never
interpreted here: they are written plain again, letter by letter, and quoted ones quoted again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import yaml

_HEAD = re.compile(r"(?:---[ \t\r]*(?:#[^\n]*)?\n)?(?:[ \t\r]*(?:#[^\n]*)?\n)*")
_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_IS_TEXT_TO_ALL = re.compile(r"[A-Za-z/](?:[-\w./:@]*[-\w./@])?", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = "!plain"
_WIDE = 10**6


class PlainText(str):
    """A scalar that was written without quotes: what it means is its reader's business."""

    __slots__ = ()


class YamlError(Exception):
    """A document that cannot be read; the message says where, and quotes nothing of it."""


def split_documents(text: str) -> list[str]:
    """Return the documents as they are, each with its mark; put together they are the text again.

    A line that begins with `---` is never inside a document: there, YAML has it indented.
    """
    starts = [found.start() for found in _START.finditer(text) if found.start()]
    bounds = [0, *starts, len(text)]
    return [text[here:there] for here, there in pairwise(bounds)]


def read_document(text: str, *, number: int) -> Mapping[str, Any]:
    """Return what a document holds, plain scalars as PlainText; empty where that is no mapping.

    Raises YamlError.
    """
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        mark = getattr(failure, "problem_mark", None)
        place = f", line {mark.line + 1} of it" if mark else ""
        raise YamlError(f"document {number}{place}: is not YAML that Kubernetes takes") from None
    return content if isinstance(content, Mapping) else {}


def write_document(content: Mapping[str, Any]) -> str:
    """Return a document, beginning with its mark."""
    return "---\n" + yaml.dump(
        content,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDE,
    )


def replace_content(text: str, content: Mapping[str, Any]) -> str:
    """Return a document with another content, the mark and the comments before it as they were."""
    found = _HEAD.match(text)
    head = found.group() if found else ""
    mark = "---\n" if text.startswith("---") and not head else ""
    return mark + head + write_document(content).removeprefix("---\n")


class _Loader(yaml.SafeLoader):
    """Reads plain scalars as PlainText, whatever YAML takes them for."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        if not implicit[0]:
            return _TEXT
        return _MERGE if value == "<<" else _PLAIN

    def construct_plain(self, node: yaml.ScalarNode) -> str:
        return PlainText(node.value)


class _Dumper(yaml.SafeDumper):
    """Writes scalars in the style that each is given, since it takes all of them for texts."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode:
            return _TEXT
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def write_plain_text(self, text: PlainText) -> yaml.ScalarNode:
        # Nothing at all, which is null, cannot be written everywhere.
        return self.represent_scalar(_TEXT, text or "null")

    def write_text(self, text: str) -> yaml.ScalarNode:
        is_text = _IS_TEXT_TO_ALL.fullmatch(text) and text.lower() not in _WORDS
        return self.represent_scalar(_TEXT, text, style=None if is_text else '"')

    def write_number(self, number: int) -> yaml.ScalarNode:
        return self.represent_scalar(_TEXT, str(number).lower())


_Loader.add_constructor(_PLAIN, _Loader.construct_plain)
_Dumper.add_representer(PlainText, _Dumper.write_plain_text)
_Dumper.add_representer(str, _Dumper.write_text)
_Dumper.add_representer(int, _Dumper.write_number)
_Dumper.add_representer(bool, _Dumper.write_number)
