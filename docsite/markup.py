"""An extension of Python-Markdown: lists as on Git hosts, and long names that fit their tables."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.blockprocessors import ListIndentProcessor, OListProcessor, UListProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

_LISTS = (
    ("indent", ListIndentProcessor, 90),
    ("olist", OListProcessor, 40),
    ("ulist", UListProcessor, 30),
)
# After the processor of inline markup, which makes the elements of code.
_PRIORITY = 5
_JOINTS = re.compile(r"(?<=[._/=])(?=[\w$\[])")
_JOINTS_OF_LONG = re.compile(rf"{_JOINTS.pattern}|(?<=[a-z])(?=[A-Z])")
_LONG = 30


class Markup(Extension):
    """What belongs to an entry of a list needs two columns, where Python-Markdown asks for four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Python-Markdown's
        """Set the indent of all that is nested, and look through the tables."""
        md.tab_length = 2
        blocks = md.parser.blockprocessors
        for name, kind, priority in _LISTS:  # they know the indent from when they were made
            blocks.register(kind(md.parser), name, priority)
        md.treeprocessors.register(_Joints(md), "joints", _PRIORITY)


class _Joints(Treeprocessor):
    """Lets names in tables break where their parts meet, so that no column is as wide as a path."""

    def run(self, root: Element) -> None:
        """Change the tree."""
        for cell in root.iter("td"):
            _break_up(cell)
            for code in cell.iter("code"):
                _break_up(code)


def _break_up(element: Element) -> None:
    text = element.text or ""
    joints = _JOINTS_OF_LONG if " " not in text and len(text) > _LONG else _JOINTS
    first, *others = joints.split(text)
    element.text = AtomicString(first)
    for number, part in enumerate(others):
        joint = Element("wbr")
        joint.tail = AtomicString(part)
        element.insert(number, joint)


def makeExtension(**options: Any) -> Markup:  # noqa: N802 - the name is Python-Markdown's
    """Return the extension, as Python-Markdown asks a module for it."""
    return Markup(**options)
