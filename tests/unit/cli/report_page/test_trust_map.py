"""The trust map: one picture for each root, that can be read on a phone as well as on a wall."""

from __future__ import annotations

import re

import pytest

from roottrust.cli.report_page import map_mesh
from roottrust.cli.report_page.health_sign import WORST_FIRST
from roottrust.cli.report_page.map_mesh import list_istiods
from roottrust.cli.report_page.map_tiles import TileBlock
from roottrust.cli.report_page.maps import build_maps
from roottrust.cli.report_page.markup import make, serialise
from roottrust.cli.report_page.trust_group import group_by_root
from roottrust.cli.report_page.trust_map import NARROW, WIDE, TrustMap, describe_group
from roottrust.cli.status.report import StatusReport
from roottrust.domain.health import Health
from tests.unit.cli.report_page.fleets import (
    build_many_meshes,
    build_many_policies,
    build_many_roots,
    build_rotating_fleet,
    build_unwell,
    build_well,
)
from tests.unit.cli.report_page.parsed import Node, parse
from tests.unit.domain.agent_entries import LATER

WIDTHS = (NARROW, WIDE)


def draw(report: StatusReport, width: int = WIDE) -> Node:
    (group, *_) = group_by_root(report.policies)
    picture = TrustMap(group, width=width, now=LATER).draw(identity="map", class_="wide")
    (found,) = parse(serialise(picture)).children
    return found


def list_words(picture: Node) -> list[str]:
    return [each.text for each in picture.list_all("text")]


@pytest.mark.parametrize("width", WIDTHS)
def test_it_shows_root_intermediate_istiods_and_namespaces(width: int) -> None:
    words = list_words(draw(build_well(), width))
    assert words[:2] == ["Root", "CN=Root"]
    assert words[3:] == [
        "cluster1",
        "istiod-istio-system-cluster1",
        "Intermediate 1: ends in 9 years",
        "1 of 1 istiod",
        "3 of 3 namespaces",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_next_root_stands_beside_the_one_in_use(width: int) -> None:
    words = list_words(draw(build_rotating_fleet(), width))
    assert "Next root, trusted already" in words
    assert "CN=Next" in words


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", [1, 2, 3, 18, 19, 1000])
def test_nothing_is_drawn_outside(number: int, width: int) -> None:
    picture = draw(build_many_meshes(number), width)
    _, _, full, height = map(float, picture.attributes["viewbox"].split())
    boxes = [each.attributes for each in picture.list_all("rect")]
    places = [tuple(float(each[key]) for key in ("x", "y", "width", "height")) for each in boxes]
    meshes = [place for place in places if place[3] == map_mesh.HEIGHT]
    assert all(x >= 0 and x + wide <= full for x, _, wide, _ in places)
    assert max(y + high for _, y, _, high in places) <= height
    assert len({(x, y) for x, y, *_ in meshes}) == (number if number < 19 else 9)


def test_a_large_fleet_shows_the_worst_and_a_tile_for_each_other() -> None:
    picture = draw(build_many_meshes(1000))
    heads = [each for each in list_words(picture) if each.startswith("cluster-")]
    assert heads == [f"cluster-{number:04}" for number in range(5, 5 + 9 * 97, 97)]
    tiles = [each for each in picture.list_all("path") if "tile" in each.attributes["class"]]
    drawn = {each.attributes["class"]: each.attributes["d"].count("M") for each in tiles}
    assert sum(drawn.values()) == 991
    assert set(drawn) == {"tile bad", "tile unknown", "tile good"}


def test_more_tiles_than_anybody_counts_are_told_in_words() -> None:
    block = TileBlock(healths=[Health.GOOD] * 5000, width=300)
    drawn = make("g", *block.draw(x=0, y=0))
    assert "5000 more meshes: 5000 well" in serialise(drawn)
    assert serialise(drawn).count("M") == 2000
    last = max(float(each) for each in re.findall(r"M[\d.]+ ([\d.]+)", serialise(drawn)))
    assert last + 9 <= block.height


def test_policies_under_one_root_are_one_picture() -> None:
    (group,) = group_by_root(build_many_policies(30).policies)
    assert (len(group.policies), len(group.meshes)) == (30, 30)
    assert len(group_by_root(build_many_roots(30).policies)) == 30


def test_a_root_that_is_not_known_has_a_place() -> None:
    groups = group_by_root(build_unwell().policies)
    assert [each.root is None for each in groups] == [False, True]
    page = parse(serialise(make("div", *build_maps(build_unwell().policies, now=LATER))))
    assert page.list_all("h3")[1].text.endswith("Root not known yet")


def test_words_tell_what_the_picture_shows() -> None:
    (group, *_) = group_by_root(build_unwell().policies)
    assert describe_group(group, now=LATER) == (
        "Root CN=Root, which ends in 9 years. Below it 2 meshes: 2 not finished or not known. "
        "1 of 4 istiods serve what they should. 14 of 15 namespaces have the current roots."
    )


def test_an_istiod_that_nobody_tells_of_is_not_shown_as_well() -> None:
    first, second = build_unwell().policies[0].meshes
    assert list_istiods(first) == [Health.UNKNOWN, Health.UNKNOWN, Health.GOOD]
    assert list_istiods(second) == [Health.UNKNOWN]
    assert list_istiods(first) == sorted(list_istiods(first), key=WORST_FIRST.index)
