"""Failures are counted in the phase in which their calls began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.e2e.fleet.callers import Call, Calls

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def test_each_call_counts_in_one_phase() -> None:
    made = [Call(at=at(second), entry="gateway") for second in range(10)]
    made[4] = Call(at=at(4), entry="gateway", error="UNKNOWN_CA")
    first, second = Calls(made=made).divide({"first": at(0), "second": at(4)}, at(8))
    assert (first.total, first.failed) == (4, {})
    assert (second.total, second.failed, second.failures) == (4, {"gateway": 1}, [made[4]])
    assert str(made[4]) == "00:00:04.000000 gateway, 0.00 s: UNKNOWN_CA"
    assert str(second).endswith("4.0 s     4 calls, failed: 1 by gateway")
