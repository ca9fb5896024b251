"""A rotation explored: over crashes, lost updates, late observations, clusters that come and go."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from roottrust.api.choices import RotationStrategy as Strategy
from tests.unit.domain.rotation.model_rules import RotationMachine

EXPLORED = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class CrossSigned(RotationMachine):
    strategy = Strategy.CROSS_SIGNED


class MultiRoot(RotationMachine):
    strategy = Strategy.MULTI_ROOT


class DistrustFirst(RotationMachine):
    strategy = Strategy.DISTRUST_FIRST


class FoundCompromised(RotationMachine):
    strategy = Strategy.CROSS_SIGNED
    can_be_compromised = True


@pytest.mark.parametrize("machine", [CrossSigned, MultiRoot, DistrustFirst, FoundCompromised])
def test_everybody_can_talk_at_every_moment_and_it_ends(machine: type[RotationMachine]) -> None:
    run_state_machine_as_test(machine, settings=EXPLORED)
