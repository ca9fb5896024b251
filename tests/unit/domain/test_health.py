from __future__ import annotations

from datetime import timedelta

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.domain.health import (
    Health,
    find_worst_health,
    judge_end,
    judge_instance,
    judge_mesh_condition,
    judge_status,
)
from roottrust.domain.instance_check import InstanceState
from roottrust.domain.mesh_condition import MeshCondition, build_true
from roottrust.domain.reasons import Reason
from tests.unit.domain.certificates import NOW

MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("found", "worst"),
    [
        ((), Health.GOOD),
        ((Health.WARNING, Health.GOOD), Health.WARNING),
        ((Health.UNKNOWN, Health.WARNING), Health.UNKNOWN),
        ((Health.UNKNOWN, Health.BAD, Health.GOOD), Health.BAD),
    ],
)
def test_the_worst_of_all_counts(found: tuple[Health, ...], worst: Health) -> None:
    assert find_worst_health(found) is worst


@pytest.mark.parametrize(
    ("left", "health"),
    [
        (2 * MONTH, Health.GOOD),
        (MONTH, Health.WARNING),
        (timedelta(seconds=1), Health.WARNING),
        (timedelta(0), Health.BAD),
    ],
)
def test_an_end_is_told_before_it_comes(left: timedelta, health: Health) -> None:
    assert judge_end(NOW + left, now=NOW, warn_before=MONTH) is health


@pytest.mark.parametrize("state", list(InstanceState))
def test_a_replica_is_well_only_if_it_serves_without_a_failure(state: InstanceState) -> None:
    health = judge_instance(state)
    assert (health is Health.GOOD) is (state is InstanceState.SERVING)
    assert (health in {Health.GOOD, Health.WARNING}) is state.is_serving
    is_wrong = {InstanceState.FALSE, InstanceState.EXPIRED, InstanceState.FAILED}
    assert (health is Health.BAD) is (state in is_wrong)


def test_what_holds_and_will_not_last_is_a_warning() -> None:
    lasting = build_true(Reason.ISSUED, "It is issued.")
    assert judge_mesh_condition(lasting) is Health.GOOD
    ending = build_true(Reason.EXPIRING, "It ends.", is_warning=True)
    assert judge_mesh_condition(ending) is Health.WARNING
    failed = MeshCondition(status=ConditionStatus.FALSE, reason=Reason.EXPIRED, message="Over.")
    assert judge_mesh_condition(failed) is judge_status(ConditionStatus.FALSE) is Health.BAD
