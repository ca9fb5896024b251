"""The page: what is on it, in which order, for whom it can be read, and how large it is."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from roottrust.cli.report_page.page import render_page
from roottrust.cli.status.report import StatusReport
from tests.unit.cli.report_page.fleets import (
    ORIGIN,
    build,
    build_many_meshes,
    build_many_policies,
    build_many_roots,
    build_rotating_fleet,
    build_unwell,
    build_well,
)
from tests.unit.cli.report_page.parsed import Node, parse
from tests.unit.cli.report_page.test_escaping import check_harmless
from tests.unit.cli.status.objects import build_policy, find

KB = 1000
REPORTS = {
    "well": build_well,
    "unwell": build_unwell,
    "rotating": build_rotating_fleet,
    "meshes": lambda: build_many_meshes(1000),
    "policies": lambda: build_many_policies(1000),
    "roots": lambda: build_many_roots(1000),
}

of_each = pytest.mark.parametrize("name", REPORTS)


@cache
def build_report(name: str) -> StatusReport:
    return REPORTS[name]()


@cache
def read(name: str) -> Node:
    return parse(render_page(build_report(name), ORIGIN))


@of_each
def test_it_loads_nothing_and_its_policy_allows_its_own_style_alone(name: str) -> None:
    page = read(name)
    check_harmless(page)
    (policy,) = [
        each.attributes["content"]
        for each in page.list_all("meta")
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = page.list_all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style.text
    assert "@import" not in style.text


@of_each
def test_headings_go_down_one_step_at_a_time(name: str) -> None:
    levels = [int(each.tag[1]) for each in read(name).list_all("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@of_each
def test_whoever_sees_nothing_can_read_it(name: str) -> None:
    page = read(name)
    assert page.list_all("html")[0].attributes["lang"] == "en"
    for picture in page.list_all("svg"):
        told = {each.tag: each.text for each in picture.children}
        assert picture.attributes.get("aria-hidden") == "true" or told["title"]
    for table in page.list_all("table"):
        assert table.list_all("caption")[0].text
        assert {each.attributes["scope"] for each in table.list_all("th")} == {"col", "row"}
        # Where styles make blocks of them, some browsers see no table any more.
        parts = table.list_all("table", "thead", "tbody", "tr", "th", "td")
        assert all("role" in each.attributes for each in parts)


@of_each
def test_every_name_is_there_once_and_every_reference_leads_to_one(name: str) -> None:
    page = read(name)
    names = Counter(each.attributes["id"] for each in page.walk() if "id" in each.attributes)
    assert set(names.values()) == {1}
    meant = [each.attributes["href"][1:] for each in page.walk() if "href" in each.attributes]
    meant += [
        name for each in page.walk() for name in each.attributes.get("aria-labelledby", "").split()
    ]
    assert set(meant) <= set(names)


@of_each
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    report = build_report(name)
    assert render_page(report, ORIGIN) == render_page(report, ORIGIN)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("well", 30 * KB),
        ("unwell", 40 * KB),
        ("meshes", 500 * KB),
        ("policies", 250 * KB),
        ("roots", 350 * KB),
    ],
)
def test_a_thousand_of_anything_stay_a_page(name: str, limit: int) -> None:
    assert len(render_page(build_report(name), ORIGIN).encode()) < limit


def test_what_is_folded_is_counted() -> None:
    page = read("meshes")
    assert "991 more meshes: " in page.find("map").text
    assert "And 900 more meshes: see roottrust status gloo-mesh/fleet." in page.text
    assert "And 950 more policies: 950 well." in read("policies").text
    assert "And 988 more roots: 988 well." in read("roots").text


def test_it_says_what_it_is_of_and_what_could_not_be_read() -> None:
    origin = replace(ORIGIN, scope="Policies of the name fleet", notes=("Mesh objects are away.",))
    page = parse(render_page(build_well(), origin))
    told = page.list_all("header")[0].text
    assert "Policies of the name fleet, as of 2030-01-02 00:00 UTC." in told
    assert "Mesh objects are away." in told
    assert "All is well: 1 of 1 policy well, 1 of 1 mesh ready." in told
    assert "roottrust 0.1.0" in page.list_all("footer")[0].text


def test_a_title_tells_the_result_before_the_page_is_read() -> None:
    (title,) = read("unwell").list_all("head")[0].list_all("title")
    assert title.text == "Something is wrong - trust report, 2030-01-02 00:00 UTC"


def test_a_fleet_that_is_well_has_nothing_to_do() -> None:
    assert "Nothing. There is nothing to do." in read("well").find("findings").text


def test_numbers_say_where_they_are_not_of_all_meshes() -> None:
    policy = build_policy(meshTotals={"total": 300, "ready": 300})
    page = parse(render_page(build(find(policy)), ORIGIN))
    told = [each.text for each in page.list_all("dt")]
    assert "istiods that serve (of listed meshes)" in told
    assert "There is no room in the status of policies for 299 more meshes." in page.text
    assert "istiods that serve" in [each.text for each in read("well").list_all("dt")]
