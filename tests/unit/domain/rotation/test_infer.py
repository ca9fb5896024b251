from __future__ import annotations

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.infer import FoundPosture, FoundRoots, infer_state
from roottrust.domain.rotation.posture import Side, find_posture
from roottrust.domain.rotation.stage import list_stages
from tests.unit.domain.rotation.rotations import CROSS, NEW, NOW, OLD, build_state, build_wish

CROSSED, MULTI = Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT
ROOTS = FoundRoots(previous=OLD, named=NEW)
FINGERPRINTS = {Side.PREVIOUS: OLD.fingerprint, Side.NEXT: NEW.fingerprint}

# What has the posture of the stage before counts as that one: it is proven once more.
FOUND = {
    (CROSSED, Stage.PREPARE): (Stage.PREPARE, None),
    (CROSSED, Stage.SIGN): (Stage.SIGN, CROSSED),
    (CROSSED, Stage.WIDEN): (Stage.WIDEN, CROSSED),
    (CROSSED, Stage.PROVE): (Stage.WIDEN, CROSSED),
    (CROSSED, Stage.DROP): (Stage.DROP, CROSSED),
    (CROSSED, Stage.RETIRE): (Stage.DROP, MULTI),
    (MULTI, Stage.PREPARE): (Stage.PREPARE, None),
    (MULTI, Stage.WIDEN): (Stage.WIDEN, MULTI),
    (MULTI, Stage.CONFIRM): (Stage.WIDEN, MULTI),
    (MULTI, Stage.SIGN): (Stage.SIGN, MULTI),
    (MULTI, Stage.PROVE): (Stage.SIGN, MULTI),
    (MULTI, Stage.DROP): (Stage.DROP, MULTI),
    (MULTI, Stage.RETIRE): (Stage.DROP, MULTI),
}


def show(state: RotationStatus, cluster: str, *, wave: int = 0) -> FoundPosture:
    """What an IssuedCertificate asks for in a stage."""
    posture = find_posture(state, wave=wave)
    return FoundPosture(
        cluster=cluster,
        signer=FINGERPRINTS[posture.signer],
        roots=tuple(FINGERPRINTS[each] for each in posture.roots),
        cross_certificate=CROSS if posture.is_crossed else None,
    )


@pytest.mark.parametrize(("strategy", "stage"), FOUND)
def test_the_stage_is_what_clusters_are_asked_for(strategy: Strategy, stage: Stage) -> None:
    before = build_state(stage, strategy)
    found = infer_state(build_wish(), ROOTS, [show(before, "c1"), show(before, "c0")], now=NOW)
    assert (found.stage, found.strategy) == FOUND[strategy, stage]
    assert (found.root_generation, found.to_generation, found.root) == (1, 2, None)
    assert (found.previous, found.default_issuer) == (OLD, "a")
    assert found.next == (None if stage is Stage.PREPARE else NEW)
    assert found.members == ("c0", "c1")
    assert found.started_at == found.stage_started_at == NOW
    assert found.cross_certificate == show(before, "c0").cross_certificate
    assert show(found, "c0") == show(before, "c0")


@pytest.mark.parametrize("strategy", [CROSSED, MULTI])
@pytest.mark.parametrize("reached", [0, 1, 2])
def test_the_wave_is_the_furthest_that_a_cluster_has_reached(
    strategy: Strategy, reached: int
) -> None:
    wish = build_wish(waves=(frozenset({"c0"}), frozenset({"c1"})))
    for stage in set(list_stages(strategy)) & {Stage.SIGN, Stage.WIDEN, Stage.DROP}:
        before = build_state(stage, strategy, wave=reached)
        postures = [show(before, f"c{wave}", wave=wave) for wave in range(3)]
        found = infer_state(wish, ROOTS, postures, now=NOW)
        assert (found.stage, found.wave) == (stage, reached)
        assert [show(found, f"c{wave}", wave=wave) for wave in range(3)] == postures


def test_without_clusters_all_begins_anew() -> None:
    found = infer_state(build_wish(), ROOTS, [], now=NOW)
    assert (found.stage, found.wave, found.members) == (Stage.PREPARE, 0, ())


@pytest.mark.parametrize(
    "roots", [FoundRoots(previous=OLD, named=None), FoundRoots(previous=None, named=NEW)]
)
def test_without_a_next_root_nothing_is_under_way(roots: FoundRoots) -> None:
    found = infer_state(build_wish(), roots, [], now=NOW)
    assert found == RotationStatus(root_generation=2)


@pytest.mark.parametrize(
    "roots",
    [
        FoundRoots(previous=OLD, named=NEW, is_default=True),
        FoundRoots(previous=NEW, named=NEW),
    ],
)
def test_a_root_that_has_taken_over_is_the_one_in_use(roots: FoundRoots) -> None:
    found = infer_state(build_wish(), roots, [], now=NOW)
    assert found == RotationStatus(root_generation=2, root=NEW)


def test_a_root_that_may_not_sign_was_rolled_back() -> None:
    roots = FoundRoots(previous=OLD, named=NEW, is_named_withdrawn=True)
    found = infer_state(build_wish(), roots, [], now=NOW)
    assert found == RotationStatus(root_generation=1, rejected_generation=2)


def test_a_root_that_an_earlier_rotation_brought_stays_in_use() -> None:
    wish = build_wish(generation=3)
    withdrawn = FoundRoots(previous=OLD, named=NEW, is_named_withdrawn=True)
    assert infer_state(wish, withdrawn, [], now=NOW).root == OLD
    assert infer_state(wish, ROOTS, [], now=NOW).root == OLD


def test_a_rotation_goes_on_though_another_is_queued() -> None:
    """The root of the highest generation that there is counts, not the one that is asked for."""
    wish = build_wish(generation=3)
    before = build_state(Stage.PROVE, MULTI)
    roots = FoundRoots(previous=OLD, named=NEW, generation=2)
    found = infer_state(wish, roots, [show(before, "c0")], now=NOW)
    assert (found.stage, found.to_generation, found.root_generation) == (Stage.SIGN, 2, 1)
    done = FoundRoots(previous=NEW, named=NEW, generation=2, is_default=True)
    # One that was asked for at rest counts as the one in use: a first look starts nothing.
    assert infer_state(wish, done, [], now=NOW).root_generation == 3
