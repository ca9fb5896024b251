from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.transition import list_transition_problems
from tests.unit.domain.samples import build_spec


def rotate(**generations: int) -> RootTrustPolicySpec:
    rotation: dict[str, Any] = generations
    return build_spec(rotation=rotation)


def test_a_generation_may_rise_or_stay() -> None:
    assert list_transition_problems(rotate(), rotate(rootGeneration=2)) == ()
    assert list_transition_problems(rotate(rootGeneration=2), rotate(rootGeneration=2)) == ()


def test_a_generation_that_is_lowered_is_told_by_its_path() -> None:
    (problem,) = list_transition_problems(
        rotate(rootGeneration=3, intermediateGeneration=2), rotate(intermediateGeneration=2)
    )
    assert problem.startswith("spec.rotation.rootGeneration: cannot be lowered")


def ahead(**clusters: int) -> RootTrustPolicySpec:
    """Return a policy of generation 3 with clusters that are rotated alone."""
    entries = [{"name": name, "intermediateGeneration": own} for name, own in clusters.items()]
    return build_spec(rotation={"intermediateGeneration": 3, "clusters": entries})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 5}, {"a": 5}),
        ({"a": 5}, {"b": 4, "a": 6}),
        ({}, {"a": 1}),
        ({"a": 3}, {}),  # as high as the policy's
        ({"a": 2}, {"a": 1}),
    ],
)
def test_a_clusters_generation_may_rise_or_be_reached(
    before: dict[str, int], after: dict[str, int]
) -> None:
    assert list_transition_problems(ahead(**before), ahead(**after)) == ()


@pytest.mark.parametrize("after", [{}, {"a": 4}, {"b": 5}])
def test_a_clusters_generation_that_is_lowered_is_refused(after: dict[str, int]) -> None:
    (problem,) = list_transition_problems(ahead(a=5), ahead(**after))
    assert problem.startswith("spec.rotation: clusters: a generation only counts up")
