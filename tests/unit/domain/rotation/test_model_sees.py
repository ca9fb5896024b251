"""The model is known to see: each invariant is broken once on purpose, where it has to notice.

The ways there are short ones of those that hypothesis finds; unbroken, they all end well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation import gate, infer, machine, posture, stage
from roottrust.domain.rotation.posture import Posture, Side
from tests.unit.domain.rotation import model_fleet
from tests.unit.domain.rotation.model_rules import RotationMachine

Break = Callable[[pytest.MonkeyPatch], None]
Way = Callable[[RotationMachine], None]
CROSS, MULTI, HURRIED = Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT, Strategy.DISTRUST_FIRST


def patch(target: object, name: str, value: object) -> Break:
    return lambda monkeypatch: monkeypatch.setattr(target, name, value)


def give(strategy: Strategy, at: Stage, **content: object) -> Break:
    """Ask for something else in a stage."""
    found = posture._POSTURES[strategy]
    changed = {**found, at: replace(found[at], **content)}  # type: ignore[arg-type]
    return patch(posture, "_POSTURES", {**posture._POSTURES, strategy: changed})


def leave_out(strategy: Strategy, *left_out: Stage) -> Break:
    order = tuple(each for each in stage._ORDERS[strategy] if each not in left_out)
    return patch(stage, "_ORDERS", {**stage._ORDERS, strategy: order})


def wait_for_nothing(*_: object, **__: object) -> tuple[()]:
    return ()


def answer_no(*_: object) -> bool:
    return False


def ignore_what_was_served(monkeypatch: pytest.MonkeyPatch) -> None:
    found = gate._find_mesh_wait
    monkeypatch.setattr(
        gate,
        "_find_mesh_wait",
        lambda state, wish, mesh: found(state, wish, replace(mesh, serves=True, has_roots=True)),
    )


def name_by_roots_alone(state, asked: Posture) -> str:  # type: ignore[no-untyped-def]
    """As steps were named at first: those of a roll-back as those on the way there."""
    return f"g{state.to_generation}-{asked.signer}-{'-'.join(asked.roots)}"


def name_without_roots(state, asked: Posture) -> str:  # type: ignore[no-untyped-def]
    return f"g{state.to_generation}-{asked.signer}"


def name_steps(name: Callable[..., str]) -> Break:
    def change(monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (gate, model_fleet):
            monkeypatch.setattr(module, "name_step", name)

    return change


def infer_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(found: tuple[infer.FoundPosture, ...], named: object) -> tuple[Stage, Strategy]:
        strategy = MULTI if not any(each.cross_certificate for each in found) else CROSS
        return Stage.DROP, strategy

    monkeypatch.setattr(infer, "_find_stage", find)


def return_at_once(state, wave: int) -> Posture:  # type: ignore[no-untyped-def]
    """Take the new root out of bundles as soon as a roll-back begins."""
    if state.stage is Stage.RETURN:
        return posture.START
    return posture.find_posture(state, wave=wave)


def return_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gate, model_fleet):
        monkeypatch.setattr(module, "find_posture", return_at_once)


def forget_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know only of those that are seen now."""
    monkeypatch.setattr(
        machine,
        "_note_members",
        lambda state, view: state.model_copy(
            update={"members": tuple(mesh.cluster for mesh in view.meshes)}
        ),
    )


def never_approve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_find_approval", lambda *_: gate.Wait(message="Never."))


def begin(strategy: Strategy) -> RotationMachine:
    made = type("Plain", (RotationMachine,), {"strategy": strategy, "is_plain": True})()
    made.begin(
        replicas=[2, 1],
        some_lives=[20, 300],
        waves=(),
        is_manual=False,
        soak=0,
        dependants=(),
        depth=0,
    )
    return made


def go_to(fleet: RotationMachine, wanted: Stage) -> None:
    for _ in range(60):
        state = fleet.fleet.state
        if state is not None and state.stage is wanted:
            return
        fleet.go_on(rounds=1, seconds=45)
    raise LookupError(wanted)


def let_all_go_well(fleet: RotationMachine) -> None:
    for _ in range(6):
        fleet.go_on(rounds=10, seconds=45)


def have_short_lives_alone(fleet: RotationMachine) -> None:
    keep_short_lives(fleet)
    for _ in range(6):
        fleet.go_on(rounds=10, seconds=25)


def let_agents_be_late(fleet: RotationMachine) -> None:
    go_to(fleet, Stage.SIGN)
    fleet.work(rounds=3, seconds=1, skipped={"follow"}, is_helped=True)
    let_all_go_well(fleet)


def renew_just_before_all_are_widened(fleet: RotationMachine) -> None:
    go_to(fleet, Stage.WIDEN)
    fleet.renew(cluster=1, number=1)
    let_all_go_well(fleet)


def cut_one_off(fleet: RotationMachine) -> None:
    go_to(fleet, Stage.PREPARE)
    fleet.cut_off_or_reconnect(cluster=1)
    let_all_go_well(fleet)


def deregister_one(fleet: RotationMachine) -> None:
    go_to(fleet, Stage.PREPARE)
    fleet.deregister(cluster=1)
    let_all_go_well(fleet)


def turn_back_unseen(fleet: RotationMachine) -> None:
    keep_short_lives(fleet)
    go_to(fleet, Stage.WIDEN)
    fleet.roll_back_while_no_cluster_looks(Stage.SIGN)


def keep_short_lives(fleet: RotationMachine) -> None:
    for cluster in fleet.fleet.clusters:
        cluster.workloads = [each for each in cluster.workloads if each.life == 20]


def turn_back_from(stage: Stage) -> Way:
    def go(fleet: RotationMachine) -> None:
        go_to(fleet, stage)
        fleet.go_on(rounds=1, seconds=1)
        fleet.roll_back()
        let_all_go_well(fleet)

    return go


def lose_status_in(stage: Stage) -> Way:
    def go(fleet: RotationMachine) -> None:
        go_to(fleet, stage)
        fleet.go_on(rounds=1, seconds=1)
        fleet.lose_status()
        let_all_go_well(fleet)

    return go


BREAKS: dict[str, tuple[Strategy, Break, Way]] = {
    "leaves_that_nobody_waits_for": (
        MULTI,
        patch(gate, "_needs_leaves", answer_no),
        let_all_go_well,
    ),
    "leaves_that_nobody_waits_for_when_cross_signed": (
        CROSS,
        patch(gate, "_needs_leaves", answer_no),
        renew_just_before_all_are_widened,
    ),
    "workloads_that_are_not_counted": (
        MULTI,
        patch(gate, "_find_leaf_wait", wait_for_nothing),
        let_all_go_well,
    ),
    "istiods_that_are_not_waited_for": (CROSS, ignore_what_was_served, let_agents_be_late),
    "clusters_that_are_silent": (MULTI, patch(gate, "_list_absent", wait_for_nothing), cut_one_off),
    "members_that_are_forgotten": (MULTI, forget_members, deregister_one),
    "kubelets_that_get_no_time": (
        MULTI,
        patch(gate, "_WIDENED", {}),
        have_short_lives_alone,
    ),
    "a_drop_before_it_is_proven": (MULTI, leave_out(MULTI, Stage.PROVE), let_all_go_well),
    "a_drop_before_it_is_proven_when_cross_signed": (
        CROSS,
        leave_out(CROSS, Stage.PROVE),
        let_all_go_well,
    ),
    "a_signer_before_everybody_knows_it": (
        MULTI,
        leave_out(MULTI, Stage.CONFIRM),
        let_all_go_well,
    ),
    "a_signer_that_is_not_cross_signed": (
        CROSS,
        give(CROSS, Stage.SIGN, is_crossed=False),
        let_all_go_well,
    ),
    "a_cross_certificate_that_goes_too_early": (
        CROSS,
        give(CROSS, Stage.WIDEN, is_crossed=False),
        let_all_go_well,
    ),
    "two_changes_at_once": (
        CROSS,
        give(CROSS, Stage.SIGN, roots=(Side.PREVIOUS, Side.NEXT)),
        let_all_go_well,
    ),
    "a_bundle_that_grows_in_front": (
        MULTI,
        give(MULTI, Stage.WIDEN, roots=(Side.NEXT, Side.PREVIOUS)),
        let_all_go_well,
    ),
    "a_bundle_that_is_replaced": (
        CROSS,
        leave_out(CROSS, Stage.WIDEN, Stage.PROVE),
        let_all_go_well,
    ),
    "steps_of_one_name_there_and_back": (MULTI, name_steps(name_by_roots_alone), turn_back_unseen),
    "steps_named_without_roots": (MULTI, name_steps(name_without_roots), turn_back_unseen),
    "a_roll_back_in_one_step": (MULTI, return_in_one_step, turn_back_from(Stage.PROVE)),
    "a_roll_back_after_the_drop": (
        MULTI,
        patch(machine, "can_return", bool),
        turn_back_from(Stage.DROP),
    ),
    "too_far_after_lost_status": (MULTI, infer_too_far, lose_status_in(Stage.WIDEN)),
    "a_compromised_root_s_successor_that_is_not_cross_signed": (
        HURRIED,
        give(HURRIED, Stage.SIGN, is_crossed=False),
        let_all_go_well,
    ),
    "a_compromised_root_that_is_dropped_before_restarts": (
        HURRIED,
        leave_out(HURRIED, Stage.PROVE),
        let_all_go_well,
    ),
    "no_end": (CROSS, never_approve, let_all_go_well),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_model_sees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy, change, go = BREAKS[name]
    change(monkeypatch)
    broken = begin(strategy)
    with pytest.raises(AssertionError):
        go_through(broken, go)


@pytest.mark.parametrize("strategy", [CROSS, MULTI, HURRIED])
@pytest.mark.parametrize("go", dict.fromkeys(way for _, _, way in BREAKS.values()))
def test_unbroken_each_way_ends_well(strategy: Strategy, go: Way) -> None:
    go_through(begin(strategy), go)


def go_through(fleet: RotationMachine, go: Way) -> None:
    go(fleet)
    fleet.teardown()
