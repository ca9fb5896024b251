"""What clusters tell is text: no name, message or subject becomes markup, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.cli.report_page.markup import make, serialise
from roottrust.cli.report_page.page import Origin, render_page
from roottrust.cli.report_page.words import mark_up
from roottrust.cli.status.report import StatusReport
from roottrust.domain.printable import make_printable
from tests.unit.cli.report_page.fleets import (
    HOSTILE,
    build_many_meshes,
    build_rotating_fleet,
    build_unwell,
    poison,
)
from tests.unit.cli.report_page.parsed import Node, list_skeleton, parse

_PIECES = (
    "<script>alert(1)</script>",
    "</style>",
    "</svg>",
    "</title>",
    "<!--",
    "-->",
    "]]>",
    "' onload='x",
    '" onload="x',
    "&lt;",
    "&#60;",
    "&",
    "\x00",
    "\u202e",
    "\ud800",
    "javascript:",
    "\n",
    "x" * 300,
    "信頼",
)
HOSTILE_TEXTS = st.lists(st.one_of(st.sampled_from(_PIECES), st.text()), min_size=1).map("".join)
# A backtick begins a command, which is an element of ours; empty text may leave an element out.
PLAIN_TEXTS = HOSTILE_TEXTS.map(lambda text: f"x{text}".replace("`", "'"))
_REPORTS = (build_unwell, build_rotating_fleet)
_TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer"}
    | {"h1", "h2", "h3", "p", "a", "b", "strong", "span", "time", "code", "pre", "ul", "ol", "li"}
    | {"dl", "div", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    | {"details", "summary", "figure", "figcaption"}
    | {"svg", "symbol", "path", "rect", "use", "text", "g", "desc"}
)


@cache
def read(build: Callable[[], StatusReport], text: str) -> Node:
    origin = Origin(scope=text, notes=(text,), version=text)
    return parse(render_page(poison(build(), text), origin))


@pytest.mark.parametrize("build", _REPORTS)
@given(text=PLAIN_TEXTS)
@settings(max_examples=15, deadline=None)
def test_no_text_changes_what_is_markup(build: Callable[[], StatusReport], text: str) -> None:
    assert list_skeleton(read(build, text)) == list_skeleton(read(build, "x"))


@pytest.mark.parametrize("build", [*_REPORTS, lambda: build_many_meshes(200)])
def test_a_hostile_cluster_is_shown_as_what_it_wrote(build: Callable[[], StatusReport]) -> None:
    page = read(build, HOSTILE)
    assert make_printable(HOSTILE) in page.find("findings").text
    assert make_printable(HOSTILE) in page.find("policies").text
    check_harmless(page)


@given(text=HOSTILE_TEXTS)
@settings(deadline=None)
def test_text_and_attributes_come_back_as_they_are(text: str) -> None:
    (node,) = parse(serialise(make("p", text, make("b"), text, title=text))).children
    shown = make_printable(text)
    assert (node.text, node.attributes) == (shown * 2, {"title": shown})


@given(text=HOSTILE_TEXTS)
@settings(deadline=None)
def test_a_message_keeps_its_words_and_its_commands_are_code(text: str) -> None:
    (node,) = parse(serialise(make("p", *mark_up(text)))).children
    assert {each.tag for each in node.walk()} <= {"p", "code"}
    odd = text.count("`") % 2
    assert len(node.list_all("code")) == text.count("`") // 2
    assert node.text.count("`") == odd
    assert node.text.replace("`", "") == make_printable(text).replace("`", "")


def check_harmless(page: Node) -> None:
    """Assert that nothing is loaded, run, styled or followed that is not the page's own."""
    for node in page.walk():
        assert node.tag in _TAGS | {""}, node.tag
        for name, value in node.attributes.items():
            assert not name.startswith("on"), name
            assert name not in {"src", "srcset", "style", "action", "formaction", "xlink:href"}
            assert name != "href" or value.startswith("#")
