"""The reference of conditions and reasons."""

from __future__ import annotations

import pytest

from docsite.markdown import list_anchors, list_links
from roottrust.cli.conditions_reference import render_page
from roottrust.domain.reasons import Reason
from tests.session import REPOSITORY

PAGE = render_page()


def test_the_page_is_made_from_the_guide() -> None:
    page = REPOSITORY / "docs/reference/conditions.md"
    assert page.read_text() == PAGE, "run `make crds`"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_one_row_and_is_linked(reason: Reason) -> None:
    assert PAGE.count(f'<a id="{reason.lower()}"></a>`{reason}` |') == 1
    assert f"[{reason}](#{reason.lower()})" in PAGE


def test_each_link_leads_to_a_row() -> None:
    anchors = list_anchors(PAGE)
    assert {each.anchor for each in list_links(PAGE)} <= anchors


def test_each_row_has_its_cells() -> None:
    bare = [line.replace("\\|", "") for line in PAGE.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in bare} == {4}
