from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roottrust.http.answer import read_date


@pytest.mark.parametrize(
    "text", ["Tue, 01 Jan 2030 12:00:05 GMT", "Tue, 01 Jan 2030 14:00:05 +0200"]
)
def test_when_an_answer_was_given(text: str) -> None:
    found = read_date(text)
    assert found == datetime(2030, 1, 1, 12, 0, 5, tzinfo=UTC)


def test_a_time_without_a_zone_is_in_utc() -> None:
    found = read_date("Tue, 01 Jan 2030 12:00:05 -0000")
    assert found == datetime(2030, 1, 1, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "now",
        "Tue, 41 Jan 2030 12:00:05 GMT",
        f"Tue, 01 Jan {'9' * 20} 12:00:05 GMT",
        f"Tue, 01 Jan 2030 12:00:05 +{'9' * 20}",
    ],
)
def test_one_that_does_not_say_when(text: str | None) -> None:
    assert read_date(text) is None
