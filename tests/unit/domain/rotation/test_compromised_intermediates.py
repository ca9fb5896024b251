"""The annotation that calls intermediates compromised: read, and written beside what is there."""

from __future__ import annotations

import pytest

from roottrust.api.compromised_intermediates import COMPROMISED_MAX
from roottrust.domain.rotation.compromised_intermediates import (
    COMPROMISED_ANNOTATION,
    add_compromised,
    read_compromised,
)


def read(text: str) -> dict[str, int]:
    found = read_compromised({COMPROMISED_ANNOTATION: text})
    assert found.problems == ()
    return dict(found.generations)


def test_each_entry_is_a_generation_and_a_cluster() -> None:
    assert read("") == {}
    assert read_compromised({}).generations == {}
    assert read("3/cluster1") == {"cluster1": 3}
    assert read(" 3/cluster1, 2/b ,") == {"cluster1": 3, "b": 2}


def test_of_one_cluster_the_highest_counts() -> None:
    assert read("2/c,5/c,3/c") == {"c": 5}


@pytest.mark.parametrize(
    "entry", ["0/c", "c", "3", "3/", "/c", "x/c", "-1/c", "3/C", "3/a/b", "³/c"]
)
def test_what_nobody_understands_is_told_and_the_rest_counts(entry: str) -> None:
    found = read_compromised({COMPROMISED_ANNOTATION: f"{entry},2/b"})
    assert found.generations == {"b": 2}
    (told,) = found.problems
    assert f'"{entry}" is ignored' in told


def test_numbers_that_no_policy_can_have_are_not_understood() -> None:
    assert read("1000000/c") == {"c": 1_000_000}
    found = read_compromised({COMPROMISED_ANNOTATION: "1000001/c," + "9" * 5000 + "/d"})
    assert (found.generations, len(found.problems)) == ({}, 1)
    assert len(found.problems[0]) < 500


def test_there_are_no_more_than_the_status_has_room_for() -> None:
    text = ",".join(f"2/c{number}" for number in range(COMPROMISED_MAX + 5))
    assert len(read(text)) == COMPROMISED_MAX


def test_what_is_there_of_others_stays() -> None:
    there = {COMPROMISED_ANNOTATION: "2/a, 2/b"}
    assert add_compromised({}, clusters=("a",), generation=3) == "3/a"
    assert add_compromised(there, clusters=("a", "c"), generation=3) == "2/b,3/a,3/c"
