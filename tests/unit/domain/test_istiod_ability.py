from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.istiod_ability import (
    MENDED_IN,
    RULES,
    TakesRoots,
    judge_istiod,
    read_release,
)
from roottrust.domain.rotation.posture import Posture, Side, find_posture
from roottrust.domain.rotation.stage import list_stages, list_way_back
from roottrust.domain.trust_bundle import build_trust_bundle
from tests.session import REPOSITORY
from tests.unit.domain.rotation.rotations import build_state
from tests.unit.domain.samples import OTHER_ROOT, ROOT

RUNNING, IN_ORDER, RESTARTED = TakesRoots.RUNNING, TakesRoots.IN_ORDER, TakesRoots.RESTARTED
PAGE = REPOSITORY / "docs/rotation.md"


@pytest.mark.parametrize(
    ("version", "with_setting", "without"),
    [
        ("1.30.0", RUNNING, RESTARTED),
        ("1.31.2-distroless", RUNNING, RESTARTED),
        ("1.29.6", IN_ORDER, RESTARTED),
        ("1.25.2", IN_ORDER, RESTARTED),
        ("1.25.0", IN_ORDER, RESTARTED),
        ("1.24.5-solo", IN_ORDER, RESTARTED),
        ("1.24.3-asm.7", IN_ORDER, RESTARTED),
        ("v1.20.0", IN_ORDER, RESTARTED),
        ("1.19.10", RESTARTED, RESTARTED),
        ("1.18.0", RESTARTED, RESTARTED),
        ("1.17.8", TakesRoots.NOTHING, TakesRoots.NOTHING),
        ("1.6.14", TakesRoots.NOTHING, TakesRoots.NOTHING),
        ("1.24.4", TakesRoots.NOT_ALL, TakesRoots.NOT_ALL),
        ("1.25.1-debug", TakesRoots.NOT_ALL, TakesRoots.NOT_ALL),
    ],
)
def test_what_an_istiod_can_do_is_a_matter_of_its_version_and_its_setting(
    version: str, with_setting: TakesRoots, without: TakesRoots
) -> None:
    assert judge_istiod(version, multi_root=True).takes is with_setting
    assert judge_istiod(version, multi_root=False).takes is without
    unread = with_setting if with_setting is without else TakesRoots.UNTOLD
    assert judge_istiod(version, multi_root=None).takes is unread


@pytest.mark.parametrize(
    "version",
    [
        None,
        "",
        "unknown",
        "latest",
        "1.30",
        "v0.0.0-20260827124520-eed52ebb66ad",
        "eed52ebb66ad",
        "1.31-alpha.eed52ebb66ad",
        "1.30.0-rc.1",
        "1.30.0-beta.0",
        "1.20.0-alpha.1",
        "2.0.0",
        "1.0.0",  # a chart of istio's source
        "1.4.10",
        "1.30.0.1x\n",
    ],
)
def test_what_is_no_release_is_judged_by_its_settings_alone(version: str | None) -> None:
    found = judge_istiod(version, multi_root=True)
    assert (found.takes, found.version, found.knows_setting) == (IN_ORDER, None, True)
    assert judge_istiod(version, multi_root=False).takes is RESTARTED
    assert judge_istiod(version, multi_root=None).takes is TakesRoots.UNTOLD


def test_the_setting_makes_no_difference_before_it_concerned_roots_at_all() -> None:
    assert not judge_istiod("1.19.10", multi_root=True).knows_setting
    assert judge_istiod("1.20.0", multi_root=False).knows_setting
    assert judge_istiod("1.19.10", multi_root=True).needs_restart


@given(st.text(max_size=40), st.sampled_from([True, False, None]))
def test_whatever_a_cluster_tells_of_its_version_is_judged(
    text: str, multi_root: bool | None
) -> None:
    assert isinstance(judge_istiod(text, multi_root=multi_root).takes, TakesRoots)


@given(st.tuples(*[st.integers(5, 60)] * 2), st.booleans())
def test_no_later_version_takes_less(numbers: tuple[int, int], multi_root: bool) -> None:
    order = [TakesRoots.NOTHING, RESTARTED, IN_ORDER, RUNNING]
    earlier, later = (
        judge_istiod(f"1.{minor}.0", multi_root=multi_root).takes for minor in sorted(numbers)
    )
    assert order.index(earlier) <= order.index(later)


def list_courses() -> list[list[Posture]]:
    """Return what an istiod is asked for, one after the other, in every rotation there may be."""
    courses = []
    for strategy in (Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT):
        stages = list_stages(strategy)
        on = [find_posture(build_state(each, strategy), wave=0) for each in stages]
        courses.append(on)
        for number, stage in enumerate(stages[: stages.index(Stage.DROP)]):
            back = [
                find_posture(build_state(each, strategy, returned_from=stage), wave=0)
                for each in list_way_back(stage)
            ]
            courses.append([*on[: number + 1], *back])
    return courses


@pytest.mark.parametrize("course", list_courses())
def test_in_every_rotation_one_text_of_roots_holds_the_one_before(course: list[Posture]) -> None:
    """Before 1.30 istiod takes no others: appended ones, and those that are left of the first."""
    roots = {Side.PREVIOUS: ROOT, Side.NEXT: OTHER_ROOT}
    texts = [build_trust_bundle(*(roots[side] for side in each.roots)).pem for each in course]
    assert all(one in other or other in one for one, other in pairwise(texts))


def test_the_table_of_the_docs_is_what_the_code_says() -> None:
    rows = [f"| {each.name} | {each.with_setting} | {each.without} |" for each in RULES]
    mended = " and ".join(".".join(map(str, each)) for each in MENDED_IN)
    rows.append(f"| {mended} | {TakesRoots.NOT_ALL} | {TakesRoots.NOT_ALL} |")
    unknown = [judge_istiod(None, multi_root=each).takes for each in (True, False)]
    rows.append(f"| no release of istio's | {' | '.join(unknown)} |")
    begin, end = "| istiod | ", "\n\n"
    told = begin + PAGE.read_text().split(begin, 1)[1].split(end, 1)[0]
    found = ["|".join(line.split("|")[:4]) + "|" for line in told.splitlines()[2:]]
    assert found == rows
    for each in RULES:
        number = each.source.split()[1]
        assert f"[{number}]" in told
        named = each.name.split()
        assert f"1.{each.since[1]}" in named or named == ["before", "1.18"]


def test_releases_are_read() -> None:
    assert read_release("v1.30.1") == (1, 30, 1)
    assert read_release("1.30.1+build") == (1, 30, 1)
