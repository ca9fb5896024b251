"""Failed connections are counted in the stage that they failed in."""

from __future__ import annotations

from typing import cast

from tests.e2e.fleet.root_rotation import Course, Pair
from tests.e2e.load import Told

NOBODY = cast("Pair", None)


def test_each_failure_counts_in_one_stage() -> None:
    course = Course(stages={"Sign": 100.0, "Widen": 110.0}, ended_at=120.0)
    loads = [
        (NOBODY, Told(failed_at=[99.9, 100.0, 109.9])),
        (NOBODY, Told(failed_at=[110.0, 120.0, 500.0])),
    ]
    assert course.count_failed(loads) == {"before": 1, "Sign": 2, "Widen": 1, "after": 2}


def test_where_nothing_failed_no_stage_is_told() -> None:
    course = Course(stages={"Sign": 100.0}, ended_at=120.0)
    assert course.count_failed([(NOBODY, Told(total=9))]) == {}
