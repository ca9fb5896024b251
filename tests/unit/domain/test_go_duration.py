from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.go_duration import parse_go_duration

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("20s", 20),
        ("24h", 86_400),
        ("2160h0m0s", 90 * 86_400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("+1m", 60),
        ("-1m30s", -90),
        ("500ms", 0.5),
        ("1us1µs1μs", 3e-6),
        ("999ns", 0),
        ("2562047h47m16s", 9_223_372_036),
    ],
)
def test_what_go_reads(text: str, seconds: float) -> None:
    assert parse_go_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "7d",
        "1w",
        ".s",
        "s",
        "1h 30m",
        " 1h",
        "1h\n",
        "--1h",
        "1H",
        "1e3s",
        "٣s",
        "2562047h47m16.854775808s",
        "9" * 60 + "h",
        "1" * 100 + "ns",
    ],
)
def test_what_go_refuses(text: str) -> None:
    assert parse_go_duration(text) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4
    )
)
def test_parts_add_up(parts: list[tuple[int, str]]) -> None:
    found = parse_go_duration("".join(f"{number}{unit}" for number, unit in parts))
    expected = sum(number * UNITS[unit] for number, unit in parts)
    assert found is not None
    assert found.total_seconds() == pytest.approx(expected, abs=1e-6)
