"""The clocks: tokens and certificates of one machine are judged by the clock of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations

from roottrust.cli.doctor.facts import Clock, Facts
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_minutes

# Vault allows a minute between its clock and that of who has issued a token.
WARN_AFTER = timedelta(seconds=20)
BAD_AFTER = timedelta(seconds=60)

_WHY = "a token or certificate of one is not valid yet, or not any more, for the other"
_OWN_WHY = "ends and ages that are shown here are wrong by as much"
_FIX = "chronyc tracking  # on both machines; ntpq -p or timedatectl where there is no chrony"


def check_clocks(facts: Facts) -> Iterator[Finding]:
    """Judge each pair of servers, and this machine against all of them."""
    pairs = list(combinations(facts.clocks, 2))
    for one, other in pairs:
        yield _judge_pair(one, other)
    if facts.clocks:
        nearest = min(facts.clocks, key=lambda each: abs(each.ahead))
        yield _judge_own(nearest)


def _judge_pair(one: Clock, other: Clock) -> Finding:
    distance = abs(one.ahead - other.ahead)
    sure = distance - one.margin - other.margin
    subject = f"{one.name} and {other.name}"
    if sure <= WARN_AFTER:
        return passed(Check.CLOCKS, subject, f"they agree within {tell_minutes(WARN_AFTER)}")
    health = Health.BAD if sure > BAD_AFTER else Health.WARNING
    behind = other if one.ahead > other.ahead else one
    what = f"their clocks are {tell_minutes(distance)} apart, {behind.name} is behind"
    return found(Check.CLOCKS, subject, health, what, why=_WHY, fix=_FIX)


def _judge_own(nearest: Clock) -> Finding:
    subject = "this machine"
    sure = abs(nearest.ahead) - nearest.margin
    if sure <= WARN_AFTER:
        return passed(Check.CLOCKS, subject, f"it agrees with {nearest.name}")
    word = "behind" if nearest.ahead > timedelta(0) else "ahead of"
    what = f"its clock is {tell_minutes(abs(nearest.ahead))} {word} all servers"
    return found(Check.CLOCKS, subject, Health.WARNING, what, why=_OWN_WHY, fix="timedatectl")
