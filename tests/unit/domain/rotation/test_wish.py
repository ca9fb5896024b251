from __future__ import annotations

from datetime import timedelta

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy, Verification
from roottrust.api.rotation import ExternalDependant, Rotation, Wave
from roottrust.domain.rotation.wish import (
    APPROVE_ANNOTATION,
    EXCLUDE_ANNOTATION,
    PAUSE_ANNOTATION,
    ROLLBACK_ANNOTATION,
    Orders,
    RotationWish,
    read_orders,
    read_wish,
)


def test_a_wish_is_what_the_policy_says() -> None:
    rotation = Rotation(
        root_generation=3,
        strategy=RotationStrategy.MULTI_ROOT,
        verification=Verification.MANUAL,
        soak_seconds=60,
        waves=(
            Wave(name="canary", clusters=("c9",), cluster_selector={"tier": "canary"}),
            Wave(name="rest", clusters=("c2",)),
        ),
        external_dependants=(ExternalDependant(name="gateway"),),
    )
    labels = {"c1": {"tier": "canary", "x": "y"}, "c2": {"tier": "prod"}}
    annotations = {PAUSE_ANNOTATION: "3"}
    wish = read_wish(rotation, annotations=annotations, labels=labels)
    assert wish == RotationWish(
        generation=3,
        strategy=RotationStrategy.MULTI_ROOT,
        is_manual=True,
        soak=timedelta(minutes=1),
        waves=(frozenset({"c1", "c9"}), frozenset({"c2"})),
        dependants=("gateway",),
        orders=Orders(paused=frozenset({3})),
    )
    assert [wish.find_wave(each) for each in ("c9", "c1", "c2", "c3")] == [0, 0, 1, 2]


def test_a_cluster_belongs_to_its_first_wave() -> None:
    wish = RotationWish(waves=(frozenset({"a"}), frozenset({"a", "b"})))
    assert [wish.find_wave(each) for each in "abc"] == [0, 1, 2]
    assert RotationWish().find_wave("a") == 0


def test_annotations_name_generations_several_with_commas() -> None:
    orders = read_orders(
        {
            APPROVE_ANNOTATION: "2/Sign, 2/DROP,",
            PAUSE_ANNOTATION: "2,3",
            ROLLBACK_ANNOTATION: " 4 ",
            EXCLUDE_ANNOTATION: "2/cluster1,2/Cluster-7",
        }
    )
    assert orders == Orders(
        approved=frozenset({(2, "sign"), (2, "drop")}),
        paused=frozenset({2, 3}),
        rolled_back=frozenset({4}),
        excluded=frozenset({(2, "cluster1"), (2, "Cluster-7")}),
    )
    assert read_orders({}) == Orders()


@pytest.mark.parametrize("text", ["two", "0", "-1", "1.5", "2/Drop", "2;3", "12345678", "²"])
@pytest.mark.parametrize("name", [PAUSE_ANNOTATION, ROLLBACK_ANNOTATION])
def test_a_number_that_is_none_is_ignored_and_told(name: str, text: str) -> None:
    orders = read_orders({name: f"2,{text}"})
    assert (orders.paused, orders.rolled_back) == (frozenset(), frozenset())
    assert orders.problems == (
        f"The annotation {name} must be a rootGeneration, such as 2: it is ignored.",
    )


@pytest.mark.parametrize("text", ["Drop", "2", "2/", "/Drop", "0/Drop", "2/a b", "2/a/b", "2/-a"])
@pytest.mark.parametrize(
    ("name", "example"), [(APPROVE_ANNOTATION, "2/Drop"), (EXCLUDE_ANNOTATION, "2/cluster1")]
)
def test_a_name_without_its_generation_is_ignored_and_told(
    name: str, example: str, text: str
) -> None:
    orders = read_orders({name: f"2/ok,{text}"})
    assert (orders.approved, orders.excluded) == (frozenset(), frozenset())
    (problem,) = orders.problems
    assert name in problem
    assert example in problem


def test_orders_count_for_their_generation_alone() -> None:
    wish = RotationWish(
        orders=read_orders({APPROVE_ANNOTATION: "2/drop", EXCLUDE_ANNOTATION: "2/c1"})
    )
    assert wish.is_approved(Stage.DROP, 2)
    assert not wish.is_approved(Stage.DROP, 3)
    assert not wish.is_approved(Stage.SIGN, 2)
    assert wish.is_excluded("c1", 2)
    assert not wish.is_excluded("c1", 3)
    assert not wish.is_excluded("c2", 2)
