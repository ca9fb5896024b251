from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.intermediate_renewal import explain_renewal, get_renewal_time
from roottrust.domain.issuance_record import IssuanceRecord
from tests.unit.domain.certificates import NOW

DAY = timedelta(days=1)
RECORD = IssuanceRecord(options="a", intermediate_generation=2)


def get_time(**changes: Any) -> Any:
    given = {
        "not_before": NOW,
        "not_after": NOW + 90 * DAY,
        "root_not_after": NOW + 3650 * DAY,
        "ratio": None,
        "pod": "istiod-0",
    }
    return get_renewal_time(**{**given, **changes})


@pytest.mark.parametrize(("ratio", "days"), [(None, 60), (0.5, 45), (0.1, 81)])
def test_renewal_is_at_the_ratio_or_little_later(ratio: float | None, days: int) -> None:
    due = get_time(ratio=ratio)
    assert NOW + days * DAY <= due <= NOW + days * DAY + 0.1 * (90 - days) * DAY


def test_ratio_near_one_renews_after_seconds() -> None:
    due = get_time(not_after=NOW + DAY, ratio=0.9999)
    assert timedelta(seconds=8.6) < due - NOW < timedelta(seconds=9.6)


def test_replicas_are_spread_and_each_keeps_its_time() -> None:
    times = {get_time(pod=f"istiod-{number}") for number in range(20)}
    assert len(times) == 20
    assert max(times) - min(times) > DAY
    assert get_time() == get_time()


@pytest.mark.parametrize(("root_days", "due_days"), [(90, 90), (91, 90), (80, 80)])
def test_what_ends_with_its_root_is_not_renewed_early(root_days: int, due_days: int) -> None:
    assert get_time(root_not_after=NOW + root_days * DAY) == NOW + due_days * DAY


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"now": NOW + DAY}, "it is time"),
        ({"record": None}, "not known"),
        ({"record": replace(RECORD, options="b")}, "have changed"),
        ({"record": replace(RECORD, intermediate_generation=1)}, "generation 2 is asked for"),
        ({"record": replace(RECORD, intermediate_generation=3)}, None),
    ],
)
def test_reasons(changes: dict[str, Any], why: str | None) -> None:
    given = {"renewal": NOW + DAY, "now": NOW, "record": RECORD, "wanted": RECORD}
    found = explain_renewal(**{**given, **changes})
    assert found is None if why is None else found is not None and why in found
