from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roottrust.vault.relogin import ReloginLimit

START = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def list_logins(limit: ReloginLimit, *, start: int = 0, seconds: int) -> list[int]:
    found = []
    for second in range(start, start + seconds):
        if limit.is_due(after(second)):
            limit.note_login(after(second))
            found.append(second - start)
    return found


def test_pauses_grow_to_ten_minutes() -> None:
    expected = [0, 60, 180, 420, 900, 1500, 2100]
    assert list_logins(ReloginLimit(), seconds=2600) == expected


def test_pauses_are_short_again_after_a_good_while() -> None:
    limit = ReloginLimit()
    list_logins(limit, seconds=2600)
    assert list_logins(limit, start=9000, seconds=200) == [0, 60, 180]


def test_help_ends_the_pause() -> None:
    limit = ReloginLimit()
    list_logins(limit, seconds=1000)
    limit.note_help()
    assert list_logins(limit, start=1000, seconds=200) == [0, 60, 180]


def test_question_is_asked_once_a_minute() -> None:
    limit = ReloginLimit()
    limit.note_login(START)
    asked = [second for second in range(200) if limit.may_ask(after(second))]
    assert asked == [60, 120, 180]
