"""What is told of a raised generation before it begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.choices import RootSource
from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.rotation.course import Course
from roottrust.domain.rotation.foresight import foresee_rotation
from roottrust.domain.rotation.wish import Orders
from tests.unit.domain.issuances import TARGET
from tests.unit.domain.rotation.rotations import build_state, build_wish

IDLE = RotationStatus(root_generation=1)
ROOT = replace(TARGET.root, mount="pki", source=RootSource.GENERATE)


def foresee(state: RotationStatus = IDLE, **wish: object) -> str | None:
    owner = PolicyIdentity(namespace="gloo-mesh", name="fleet", uid="1")
    course = Course(owner=owner, state=state, wish=build_wish(**wish), wanted=ROOT)  # type: ignore[arg-type]
    return foresee_rotation(course)


def test_a_raised_generation_is_told_with_where_its_root_comes_from() -> None:
    assert foresee() == (
        "The root in use is replaced by that of generation 2 in every cluster that relies on it, "
        "stage by stage. Vault makes the next root in pki/ as issuer roottrust-g2. "
        "`roottrust rotate root gloo-mesh/fleet --follow` follows it."
    )


def test_its_way_and_whom_it_asks_are_told() -> None:
    told = foresee(strategy=Strategy.MULTI_ROOT, is_manual=True) or ""
    assert "stage by stage, MultiRoot." in told
    assert "A person is asked before Sign, Widen, Drop and Retire" in told


def test_a_compromised_root_asks_nobody() -> None:
    told = foresee(is_hurried=True, is_manual=True) or ""
    assert told.startswith("The root in use, which is compromised, is replaced")
    assert "A person" not in told


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage.PREPARE, "Generation 3 takes the place of 2, which is still being prepared."),
        (Stage.PROVE, "Generation 3 follows once the rotation to 2 has ended (Prove)."),
    ],
)
def test_one_that_comes_during_another_is_told_with_its_place(stage: Stage, said: str) -> None:
    assert (foresee(build_state(stage), generation=3) or "").startswith(said)


@pytest.mark.parametrize(
    "state",
    [
        RotationStatus(),  # a new policy: its generation is that of the root that it finds
        RotationStatus(root_generation=2),
        RotationStatus(root_generation=1, rejected_generation=2),
        build_state(Stage.PROVE),
    ],
)
def test_nothing_is_told_where_nothing_begins(state: RotationStatus) -> None:
    assert foresee(state) is None


def test_one_that_a_person_has_rolled_back_before_it_began_is_not_told() -> None:
    assert foresee(orders=Orders(rolled_back=frozenset({2}))) is None
