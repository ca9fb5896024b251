"""The expiry timeline: what ends when, so that nobody is surprised."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.cli.report_page.axis import SPANS, find_position, find_span
from roottrust.cli.report_page.end import End, EndKind, list_ends
from roottrust.cli.report_page.markup import make, serialise
from roottrust.cli.report_page.timeline import build_timeline
from roottrust.cli.report_page.timeline_picture import (
    NARROW,
    WIDE,
    describe_ends,
    draw_timeline,
)
from roottrust.domain.health import Health
from tests.unit.cli.report_page.fleets import build_many_meshes, build_rotating_fleet, build_well
from tests.unit.cli.report_page.parsed import Node, parse
from tests.unit.domain.agent_entries import LATER

DAYS = st.integers(min_value=-4000, max_value=20000).map(lambda days: timedelta(days=days))


def build_end(left: timedelta, health: Health = Health.GOOD) -> End:
    return End(kind=EndKind.INTERMEDIATE, name="one", not_after=LATER + left, health=health)


def draw(*ends: End, width: int = WIDE) -> Node:
    picture = draw_timeline(ends, width=width, identity="t", class_="wide", now=LATER)
    return parse(serialise(picture)).children[0]


@pytest.mark.parametrize(
    ("left", "name"),
    [
        (timedelta(0), "ended"),
        (timedelta(seconds=1), "within a day"),
        (timedelta(days=7), "within a week"),
        (timedelta(days=8), "within 30 days"),
        (timedelta(days=9999), "later"),
    ],
)
def test_each_end_is_in_one_span(left: timedelta, name: str) -> None:
    assert SPANS[find_span(LATER + left, now=LATER)].name == name


@given(one=DAYS, other=DAYS)
def test_what_ends_later_is_never_more_to_the_left(one: timedelta, other: timedelta) -> None:
    first, second = sorted((one, other))
    places = [find_position(LATER + each, now=LATER) for each in (first, second)]
    assert places == sorted(places)
    assert all(0 <= each <= len(SPANS) for each in places)


@given(left=DAYS, width=st.sampled_from([NARROW, WIDE]))
def test_a_sign_stands_in_its_span(left: timedelta, width: int) -> None:
    (sign,) = draw(build_end(left), width=width).list_all("use")
    span = width / len(SPANS)
    number = find_span(LATER + left, now=LATER)
    x, size = float(sign.attributes["x"]), float(sign.attributes["width"])
    assert number * span <= x
    assert x + size <= (number + 1) * span


def test_where_many_end_together_a_sign_stands_for_several_and_shows_the_worst() -> None:
    ends = [build_end(timedelta(days=20)) for _ in range(50)]
    picture = draw(*ends, build_end(timedelta(days=20), Health.BAD))
    signs = [each.attributes["href"] for each in picture.list_all("use")]
    assert signs == ["#sign-bad", *["#sign-good"] * 6]
    assert "Intermediates: each sign is up to 8" in [e.text for e in picture.list_all("text")]
    assert float(picture.attributes["height"]) < 250


def test_roots_and_intermediates_are_told_once_each_the_first_end_first() -> None:
    ends = list_ends(build_rotating_fleet().policies, now=LATER)
    assert [(each.kind, each.name) for each in ends if each.kind is EndKind.ROOT] == [
        (EndKind.ROOT, "CN=Root"),
        (EndKind.ROOT, "CN=Next"),
    ]
    assert [each.not_after for each in ends] == sorted(each.not_after for each in ends)
    found = list_ends(build_many_meshes(30).policies, now=LATER)
    assert sum(each.kind is EndKind.INTERMEDIATE for each in found) == 60
    assert found[0].health is Health.BAD


def test_words_and_a_table_tell_what_the_picture_shows() -> None:
    ends = list_ends(build_many_meshes(30).policies, now=LATER)
    assert describe_ends(ends, now=LATER).startswith(
        "1 root: 1 within 10 years. 60 intermediates: 2 ended, "
    )
    page = parse(serialise(make("div", *build_timeline(ends, now=LATER))))
    (table,) = page.list_all("table")
    assert table.list_all("caption")[0].text == "The first 12 of 61 ends"
    assert len(table.list_all("tr")) == 13


def test_a_fleet_without_a_certificate_says_so() -> None:
    page = parse(serialise(make("div", *build_timeline((), now=LATER))))
    assert page.text.strip() == "No certificate is known yet."
    assert list_ends(build_well().policies, now=LATER)
