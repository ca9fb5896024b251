from __future__ import annotations

from typing import Any

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
