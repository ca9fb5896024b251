"""Lengths of time as programs in Go read them from their environment (time.ParseDuration)."""

from __future__ import annotations

import re
from datetime import timedelta

_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"[-+]?(?:0|(?:{_PART.pattern})+)", re.ASCII)
# What 64 bits hold: some 292 years.
_MAX = 2**63 - 1
_DIGITS_MAX = 64


def parse_go_duration(text: str) -> timedelta | None:
    """Return a length of time, None for what Go refuses; of a microsecond, the rest is cut."""
    if len(text) > _DIGITS_MAX or not _WHOLE.fullmatch(text):
        return None
    total = sum(_count(number, unit) for number, unit in _PART.findall(text))
    if total > _MAX:
        return None
    length = timedelta(microseconds=total // 1000)
    return -length if text.startswith("-") else length


def _count(number: str, unit: str) -> int:
    """Return so many nanoseconds, without what is less than one."""
    whole, _, fraction = number.partition(".")
    size = _NANOSECONDS[unit]
    part: int = int(fraction or 0) * size // 10 ** len(fraction)
    return int(whole or 0) * size + part
