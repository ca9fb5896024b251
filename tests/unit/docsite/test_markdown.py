"""Links and anchors of a page, as the site and Git hosts see them."""

from __future__ import annotations

import pytest
from markdown import markdown
from pymdownx.slugs import slugify

from docsite.markdown import Link, list_anchors, list_links
from docsite.pages import list_pages
from tests.session import REPOSITORY


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see [a](b.md)", [Link(1, "b.md", "")]),
        ("see [a](b.md#c-d) and [e](#f)", [Link(1, "b.md", "c-d"), Link(1, "", "f")]),
        ("\n[`a`](../b/c.md)", [Link(2, "../b/c.md", "")]),
        ('![a](b.svg "what")', [Link(1, "b.svg", "")]),
        ("[a](<b%20c.md>)", [Link(1, "b c.md", "")]),
        ("[a]: b.md", [Link(1, "b.md", "")]),
        ("[a](https://b.example/c.md), [a](mailto:b@c.example), [a](//b.example)", []),
        ("`[a](b.md)` and ``[`a`](b.md)``", []),
        ("```\n[a](b.md)\n```\n[c](d.md)", [Link(4, "d.md", "")]),
        ("  ~~~~\n[a](b.md)\n~~~\n[a](b.md)\n  ~~~~", []),
    ],
)
def test_links(text: str, links: list[Link]) -> None:
    assert [*list_links(text)] == links


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("# One two", {"one-two"}),
        ("## `roottrust plan` & a look, `--and` more", {"roottrust-plan--a-look---and-more"}),
        ("## [a link](b.md) ##", {"a-link"}),
        ("## Snake_case", {"snake_case"}),
        ('<a id="here"></a>', {"here"}),
        ("## Same\n## Same\n## Other", {"other"}),
        ("```sh\n# no heading\n```", set()),
    ],
)
def test_anchors(text: str, anchors: set[str]) -> None:
    assert list_anchors(text) == anchors


def test_the_generator_makes_the_same_anchors() -> None:
    settings = {"toc": {"slugify": slugify(case="lower")}}
    for page in list_pages(REPOSITORY):
        text = (REPOSITORY / page).read_text()
        made = markdown(
            text,
            extensions=["toc", "attr_list", "pymdownx.superfences"],
            extension_configs=settings,
        )
        missing = [each for each in list_anchors(text) if f'id="{each}"' not in made]
        assert missing == [], page
