"""The dashboard of deploy/monitoring: of which series, and whether it fits its grid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.monitoring.dashboard import BOARD, list_queries
from tests.unit.monitoring.selectors import check_query

PANELS: list[dict[str, Any]] = BOARD["panels"]
VARIABLES = {each["name"]: each for each in BOARD["templating"]["list"]}


@pytest.mark.parametrize(("title", "query"), list_queries())
def test_a_panel_is_of_series_that_exist(title: str, query: str) -> None:
    assert title
    check_query(query)


def test_the_first_row_is_what_is_not_well() -> None:
    assert PANELS[0]["type"] == "row"
    assert PANELS[0]["title"] == "What is not well"


def test_variables_are_used_and_there() -> None:
    assert set(VARIABLES) == {"datasource", "cluster", "policy"}
    for name in ("cluster", "policy"):
        check_query(VARIABLES[name]["query"]["query"])
        assert any(f"${name}" in query for _, query in list_queries())


def test_every_panel_asks_the_chosen_source() -> None:
    sources = [each["datasource"]["uid"] for each in PANELS if each["type"] != "row"]
    assert set(sources) == {"${datasource}"}
    assert "${datasource}" in json.dumps(VARIABLES["policy"])


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        cells = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken
        taken |= cells
    assert len({each["id"] for each in PANELS}) == len(PANELS)
