"""Each page has one place in the navigation, and new ones find theirs."""

from __future__ import annotations

import tomllib

from docsite.__main__ import ROOT
from docsite.build import render_configuration
from docsite.navigation import SECTIONS, Navigation, Section, arrange
from docsite.pages import list_pages

FEW = (
    Section("One", ("README.md", "docs/new/*.md")),
    Section("Two", ("docs/new/last.md", "docs/*.md")),
)


def test_a_line_goes_before_a_pattern() -> None:
    pages = ["README.md", "docs/a.md", "docs/new/b.md", "docs/new/last.md", "docs/new/deep/c.md"]
    assert arrange(pages, FEW) == Navigation(
        sections=(
            ("One", ("README.md", "docs/new/b.md")),
            ("Two", ("docs/new/last.md", "docs/a.md")),
        ),
        left=("docs/new/deep/c.md",),
    )


def test_a_section_without_pages_is_none() -> None:
    assert arrange(["README.md"], FEW).sections == (("One", ("README.md",)),)


def test_each_of_ours_has_one_place() -> None:
    pages = list_pages(ROOT)
    navigation = arrange(pages)
    placed = [page for _, section in navigation.sections for page in section]
    assert sorted(placed) == pages
    assert [title for title, _ in navigation.sections] == [each.title for each in SECTIONS]


def test_new_pages_find_theirs() -> None:
    new = ["docs/concepts/x.md", "docs/how-to/x.md", "docs/migration/x.md", "docs/adr/9999-x.md"]
    assert arrange([*list_pages(ROOT), *new]).left == ()


def test_the_generator_is_given_it() -> None:
    navigation = arrange(["README.md", "docs/a.md"], FEW)
    project = tomllib.loads(render_configuration(navigation))["project"]
    assert project["nav"] == [{"One": ["README.md"]}, {"Two": ["docs/a.md"]}]
    assert project["theme"]["font"] is False
