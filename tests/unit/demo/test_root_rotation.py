"""The demo tells each stage of a root's rotation once, by the lines of `roottrust rotate root`."""

from __future__ import annotations

from demo.fleet.root_rotation import STAGES, Rows, StageTeller
from roottrust.api.choices import RotationStrategy
from roottrust.domain.rotation.stage import list_stages


def read(*lines: str) -> tuple[list[str], list[str]]:
    told: list[str] = []
    looked: list[str] = []
    teller = StageTeller(tell=told.append, look=looked.append)
    for line in lines:
        teller.read(line)
    return told, looked


def test_tells_of_the_stages_that_there_are() -> None:
    assert tuple(STAGES) == tuple(list_stages(RotationStrategy.CROSS_SIGNED))


def test_tells_a_stage_once() -> None:
    first = "rotation to generation 2: → Prepare · Sign · Widen · Prove · Drop · Retire"
    second = "rotation to generation 2: ✓ Prepare → Sign · Widen · Prove · Drop · Retire"
    lines = (first, "waits: something", first, second, second)
    assert read(*lines) == (["Prepare", "Sign"], ["Prepare", "Sign"])


def test_tells_also_of_what_was_over_before_it_was_seen_and_looks_at_what_is_there() -> None:
    line = "rotation to generation 2: ✓ Prepare ✓ Sign → Widen · Prove · Drop · Retire"
    assert read(line) == (["Prepare", "Sign", "Widen"], ["Widen"])


def test_a_number_that_is_raised_is_no_stage() -> None:
    assert read("gloo-mesh/fleet: spec.rotation.rootGeneration: 1 → 2") == ([], [])


def test_knows_no_stage_of_another_strategy() -> None:
    assert read("rotation to generation 2: ✓ Prepare ✓ Widen → Confirm · Sign") == ([], [])


def test_a_cluster_has_its_counts_once_in_each_stage() -> None:
    rows = Rows(("cluster1", "cluster2"))
    assert rows.shorten("cluster1: 0 of 1 mesh done: it waits") == "cluster1: 0 of 1 mesh done"
    assert rows.shorten("cluster1: 0 of 1 mesh done: it waits longer") is None
    assert rows.shorten("cluster2: 0 of 1 mesh done") == "cluster2: 0 of 1 mesh done"
    rows.shorten("rotation to generation 2: ✓ Prepare → Sign · Widen")
    assert rows.shorten("cluster1: 0 of 1 mesh done: again") == "cluster1: 0 of 1 mesh done"


def test_other_lines_stay_as_they_are() -> None:
    line = "waits: Sign of generation 2: istiod of cluster1 renews: soon"
    assert Rows(("cluster1",)).shorten(line) == line
