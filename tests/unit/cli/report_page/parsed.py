"""A page as a browser reads it: its elements, and the text between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})


@dataclass
class Node:
    """One element; `text` is what stands in it, its children's included."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def list_all(self, *tags: str) -> list[Node]:
        return [each for each in self.walk() if each.tag in tags]

    def find(self, identity: str) -> Node:
        return next(each for each in self.walk() if each.attributes.get("id") == identity)

    @property
    def text(self) -> str:
        return "".join(self.texts)


class _Parser(HTMLParser):
    """Fails where an element is closed that is not the one that is open."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Node("", {})
        self._open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        assert len(node.attributes) == len(attrs), f"an attribute twice: {attrs}"
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for each in self._open:
            each.texts.append(data)

    def finish(self) -> Node:
        self.close()
        assert self._open == [self.top], "an element is not closed"
        return self.top


def parse(page: str) -> Node:
    parser = _Parser()
    parser.feed(page)
    return parser.finish()


def list_skeleton(node: Node) -> list[tuple[str, tuple[str, ...]]]:
    """Return all elements with the names of their attributes: what is markup, and no text."""
    return [(each.tag, tuple(each.attributes)) for each in node.walk()]
