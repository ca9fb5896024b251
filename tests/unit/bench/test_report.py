from __future__ import annotations

import pytest

from tests.bench.record import PAGE, put_into_page
from tests.bench.report import build_report, build_table
from tests.unit.bench.measurements import build_measurement


def test_table_has_a_column_for_each_fleet_and_the_ratio() -> None:
    lines = build_table([build_measurement(200), build_measurement(1000, seconds=5)]).splitlines()
    assert lines[0] == "|  | 200 policies | 1000 policies |"
    assert "| **ratio** | **2.00** | **2.50** |" in lines
    assert "| Vault requests a cluster | 9.01 | 9.00 |" in lines
    assert {line.count("|") for line in lines} == {4}


def test_report_has_verdicts_before_the_table() -> None:
    report = build_report([build_measurement(50)])
    assert report.index("a handful of logins in all | 1 | met") < report.index("50 policies")


def test_the_page_keeps_everything_but_what_was_measured_before() -> None:
    page = PAGE.read_text(encoding="utf-8")
    once = put_into_page(page, "TABLE-1")
    again = put_into_page(once, "TABLE-2")
    assert "TABLE-2" in again
    assert "TABLE-1" not in again
    assert put_into_page(again, "TABLE-1") == once
    assert once.partition("<!--")[0] == page.partition("<!--")[0]


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"benchmarks\.md needs the lines"):
        put_into_page("# Benchmarks\n", "x")
