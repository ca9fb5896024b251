from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.domain.intermediate_renewal import explain_renewal, get_renewal_time
from roottrust.domain.issuance_record import IssuanceRecord
from roottrust.domain.root_check import compute_ttl_days
from tests.unit.domain.certificates import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FAR = NOW + 36_500 * DAY
RECORD = IssuanceRecord(options="a", trust="b", ttl_days=90, intermediate_generation=2)

ratios = st.one_of(st.none(), st.floats(min_value=0.01, max_value=0.99))


def get_time(days: int = 90, **changes: Any) -> datetime:
    given = {
        "not_before": NOW,
        "not_after": NOW + days * DAY,
        "issuers_end": FAR,
        "ttl_days": days,
        "ratio": None,
        "pod": "istiod-0",
        "serial": "abc",
    }
    return get_renewal_time(**{**given, **changes})


def find_reason(**changes: Any) -> str | None:
    given = {
        "renewal": NOW + 60 * DAY,
        "now": NOW,
        "not_after": NOW + 90 * DAY,
        "issuers_end": FAR,
        "record": RECORD,
        "wanted": RECORD,
    }
    return explain_renewal(**{**given, **changes})


@pytest.mark.parametrize(("ratio", "days"), [(None, 60), (0.5, 45), (0.1, 81)])
def test_renewal_is_at_the_ratio_or_little_before(ratio: float | None, days: int) -> None:
    assert 0.9 * days * DAY <= get_time(ratio=ratio) - NOW <= days * DAY


@given(days=st.integers(1, 3650), ratio=ratios, pod=st.text(), serial=st.text())
def test_no_replica_is_later_than_the_safe_point(
    days: int, ratio: float | None, pod: str, serial: str
) -> None:
    share = 2 / 3 if ratio is None else 1 - ratio
    due = get_time(days, ratio=ratio, pod=pod, serial=serial)
    # Times are whole microseconds.
    assert 0.9 * share * days * DAY - HOUR / 3600 <= due - NOW
    assert due - NOW <= share * days * DAY + HOUR / 3600


def test_replicas_are_spread_and_each_keeps_its_time() -> None:
    times = {get_time(pod=f"istiod-{number}") for number in range(20)}
    assert len(times) == 20
    assert max(times) - min(times) > DAY
    assert get_time() == get_time()


def test_no_replica_is_always_the_first() -> None:
    firsts = {
        min(range(3), key=lambda pod: get_time(pod=f"istiod-{pod}", serial=f"{serial}"))
        for serial in range(20)
    }
    assert firsts == {0, 1, 2}


def test_ratio_near_one_leaves_seconds_between_renewals_though_vault_dates_back() -> None:
    begin = NOW - timedelta(seconds=30)
    due = get_time(1, not_before=begin, ratio=0.9999)
    assert timedelta(seconds=1.9) < due - NOW < timedelta(seconds=2.2)


@pytest.mark.parametrize(("root_days", "due_days"), [(90, 90), (80, 80)])
def test_what_ends_with_its_root_is_not_renewed_before(root_days: int, due_days: int) -> None:
    assert get_time(issuers_end=NOW + root_days * DAY) == NOW + due_days * DAY


def test_next_one_that_would_end_no_later_is_waited_for() -> None:
    """The hub has lowered ttlDays, for the root ends in 92 days."""
    due = get_time(issuers_end=NOW + 92 * DAY, ttl_days=25)
    assert due == NOW + (90 - 25 + 1) * DAY


@given(
    days=st.integers(1, 3650),
    root_days=st.integers(-10, 4000),
    ttl_days=st.integers(1, 3650),
    ratio=ratios,
)
def test_renewal_is_within_the_life(
    days: int, root_days: int, ttl_days: int, ratio: float | None
) -> None:
    end = NOW + root_days * DAY
    due = get_time(days, issuers_end=end, ttl_days=ttl_days, ratio=ratio)
    assert min(NOW, end) <= due <= NOW + days * DAY


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"now": NOW + 60 * DAY}, "it is time"),
        ({"record": None}, "not known"),
        ({"record": replace(RECORD, options="c")}, "options or the issuer have changed"),
        ({"record": replace(RECORD, trust="c")}, "trust bundle or the cross-certificates"),
        ({"record": replace(RECORD, intermediate_generation=1)}, "generation 2 is asked for"),
        ({"record": replace(RECORD, intermediate_generation=3)}, None),
    ],
)
def test_reasons(changes: dict[str, Any], why: str | None) -> None:
    found = find_reason(**changes)
    assert found is None if why is None else found is not None and why in found


@pytest.mark.parametrize(
    ("ttl_days", "root_days", "is_due"),
    [
        (365, 3650, True),
        (91, 3650, True),
        (365, 90, False),  # the root would end it as early
        (60, 3650, True),
        (30, 3650, True),
        (89, 92, False),  # what the hub does as the root's end comes near
        (84, 92, False),
    ],
)
def test_life_that_was_edited_is_followed(ttl_days: int, root_days: int, is_due: bool) -> None:
    wanted = replace(RECORD, ttl_days=ttl_days)
    found = find_reason(wanted=wanted, issuers_end=NOW + root_days * DAY)
    assert (found == f"a life of {ttl_days} days is asked for") is is_due


@settings(max_examples=40, deadline=None)
@given(
    wanted_days=st.integers(1, 400),
    root_hours=st.integers(72, 500 * 24),
    ratio=st.one_of(st.none(), st.floats(min_value=0.05, max_value=0.9)),
)
def test_a_root_that_ends_makes_no_renewals_that_gain_nothing(
    wanted_days: int, root_hours: int, ratio: float | None
) -> None:
    """From the first intermediate to the root's last days, with the hub's own ttlDays each hour."""
    root_end = NOW + root_hours * HOUR

    def compute_ttl(now: datetime) -> int:
        return compute_ttl_days(
            wanted_days=wanted_days, root_not_after=root_end, now=now, mount_max_seconds=None
        ).days

    now, begin, record = NOW, NOW, replace(RECORD, ttl_days=compute_ttl(NOW))
    end = NOW + record.ttl_days * DAY
    while (ttl_days := compute_ttl(now)) > 0:
        assert now < end, "it ended before it was renewed"
        wanted = replace(record, ttl_days=ttl_days)
        times = {"not_after": end, "issuers_end": root_end}
        due = get_renewal_time(
            not_before=begin, ttl_days=ttl_days, ratio=ratio, pod="p", serial=f"{end}", **times
        )
        why = explain_renewal(renewal=due, now=now, record=record, wanted=wanted, **times)
        assert why in (None, "it is time"), "the hub's rounding was taken for an edit"
        if why is not None:
            new_end = now + ttl_days * DAY
            share = 2 / 3 if ratio is None else 1 - ratio
            assert new_end - end >= min(DAY, (end - begin) * share / 5, ttl_days * DAY / 5)
            begin, end, record = now, new_end, wanted
        now += HOUR
    assert end >= root_end - 9 * DAY
