from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.domain.moment import show_time, tell_distance

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(days=243, hours=5), "in 243 days"),
        (timedelta(days=729), "in 729 days"),
        (timedelta(days=3650), "in 10 years"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(hours=3, minutes=59), "in 3 hours"),
        (timedelta(minutes=119), "in 119 minutes"),
        (timedelta(seconds=119), "in less than two minutes"),
        (timedelta(0), "less than two minutes ago"),
        (timedelta(days=-2), "2 days ago"),
        (timedelta(hours=-30), "30 hours ago"),
    ],
)
def test_a_distance_is_told_in_the_largest_unit_that_is_plural(away: timedelta, words: str) -> None:
    assert tell_distance(NOW + away, now=NOW) == words


def test_a_time_is_shown_in_utc_to_the_second() -> None:
    assert show_time(NOW) == "2030-01-01T00:00:00Z"


def test_a_year_has_four_digits() -> None:
    """Or it is no time to an API server, nor to us."""
    moment = datetime(1, 1, 1, tzinfo=UTC)
    assert show_time(moment) == "0001-01-01T00:00:00Z"
    told = Condition(
        type="Ready",
        status=ConditionStatus.TRUE,
        reason="Fine",
        message="Fine.",
        last_transition_time=moment,
    )
    shown = told.model_dump(mode="json", by_alias=True)["lastTransitionTime"]
    assert shown == "0001-01-01T00:00:00Z"
