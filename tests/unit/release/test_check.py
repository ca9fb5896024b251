"""All steps are run and told, whatever came of those before."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from release.__main__ import render_table
from release.check import Outcome, Result, Step, build_steps, judge_tests, run_steps
from release.errors import ReleaseError
from release.tree import read_version
from testbed import TestbedError
from testbed.progress import Progress


def fail_with(error: Exception) -> Result:
    raise error


def test_a_step_that_fails_is_told_and_the_next_is_run() -> None:
    steps = [
        Step("one", lambda: Result(Outcome.PASSED, "well")),
        Step("two", lambda: fail_with(ReleaseError("not so"))),
        Step("three", lambda: fail_with(TestbedError("no such program"))),
        Step("four", lambda: Result(Outcome.UNKNOWN, "nobody answers")),
    ]
    stream = io.StringIO()
    results = run_steps(steps, Progress(stream))
    assert [(name, result.outcome, result.message) for name, result in results] == [
        ("one", Outcome.PASSED, "well"),
        ("two", Outcome.FAILED, "not so"),
        ("three", Outcome.FAILED, "no such program"),
        ("four", Outcome.UNKNOWN, "nobody answers"),
    ]
    assert stream.getvalue().splitlines() == [
        "one: passed",
        "two: FAILED",
        "three: FAILED",
        "four: NOT KNOWN",
    ]


def test_the_table_has_every_step_and_a_sum() -> None:
    results = [
        ("short", Result(Outcome.PASSED, "well")),
        ("longer", Result(Outcome.FAILED, "first\nsecond")),
        ("last", Result(Outcome.LEFT_OUT, "")),
    ]
    assert render_table(results).splitlines() == [
        "short   passed     well",
        "longer  FAILED     first",
        "                   second",
        "last    left out",
        "",
        f"roottrust {read_version()}: 1 passed, 1 FAILED, 1 left out",
    ]


def test_the_upgrade_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    plain, asked = (build_steps(tmp_path, upgrade=upgrade) for upgrade in (False, True))
    assert [step.name for step in plain] == [step.name for step in asked]
    assert plain[-1].look().outcome is Outcome.LEFT_OUT
    assert plain[-1].look is not asked[-1].look


@pytest.mark.parametrize(
    ("summary", "outcome"),
    [
        ("4 passed, 130 deselected in 301.22s (0:05:01)", Outcome.PASSED),
        ("4 skipped, 130 deselected in 2.01s", Outcome.UNKNOWN),
    ],
)
def test_an_upgrade_that_was_skipped_has_not_passed(summary: str, outcome: Outcome) -> None:
    assert judge_tests(summary) == Result(outcome, summary)
