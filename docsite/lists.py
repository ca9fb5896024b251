"""An extension of Python-Markdown: lists are indented as on Git hosts."""

from __future__ import annotations

from typing import Any

from markdown import Extension, Markdown


class ListIndent(Extension):
    """Two columns are enough, where Python-Markdown asks for four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Python-Markdown's
        """Set the indent of all that is nested."""
        md.tab_length = 2


def makeExtension(**options: Any) -> ListIndent:  # noqa: N802 - the name is Python-Markdown's
    """Return the extension, as Python-Markdown asks a module for it."""
    return ListIndent(**options)
