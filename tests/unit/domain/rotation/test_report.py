"""How far a rotation is, in the words of a status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import PastRotation, RotationStatus
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.evidence import FleetView, MeshView, VaultView
from roottrust.domain.rotation.machine import Step
from roottrust.domain.rotation.report import tell_rotation, tell_shared
from roottrust.domain.rotation.transition import list_rotation_transitions
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import Orders, RotationWish

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WISH = RotationWish(generation=2)
STATE = RotationStatus(
    root_generation=1,
    to_generation=2,
    strategy=Strategy.CROSS_SIGNED,
    stage=Stage.WIDEN,
    wave=0,
    members=("c1", "c2", "c3"),
)
MESHES = (
    MeshView(cluster="c1", mesh="a"),
    MeshView(cluster="c1", mesh="b"),
    MeshView(cluster="c2", mesh="c"),
)
VIEW = FleetView(vault=VaultView(), meshes=MESHES)


def test_clusters_that_are_waited_for_come_first_with_what_is_missing() -> None:
    waits = (
        Wait(cluster="c1", mesh="b", message="b waits."),
        Wait(cluster="c3", message="c3 is away."),
    )
    told = tell_rotation(Step(state=STATE, waits=waits), WISH, VIEW).status
    found = [(each.name, each.meshes_done, each.meshes_total) for each in told.clusters]
    assert found == [("c1", 1, 2), ("c3", 0, 0), ("c2", 1, 1)]
    assert [each.message for each in told.clusters] == ["b waits.", "c3 is away.", None]
    assert told.message == "Widen of generation 2: b waits. (1 more)"


def test_what_needs_a_person_is_told_first_and_is_a_warning() -> None:
    waits = (Wait(message="Later."), Wait(message="Come here.", needs_person=True))
    orders = Orders(problems=("That annotation is nonsense.",))
    wish = RotationWish(generation=2, orders=orders)
    told = tell_rotation(Step(state=STATE, waits=waits), wish, VIEW)
    assert told.warnings == ("That annotation is nonsense.", "Come here.")
    assert (told.status.message or "").startswith("Widen of generation 2: Come here.")


def test_how_long_it_takes_is_told_where_all_of_it_is_known() -> None:
    soon, late = NOW + timedelta(hours=1), NOW + timedelta(hours=12)
    waits = (Wait(message="One.", ends_at=soon), Wait(message="Two.", ends_at=late))
    message = tell_rotation(Step(state=STATE, waits=waits), WISH, VIEW).status.message or ""
    assert message.startswith("Widen of generation 2: Two. (1 more) All of it by ")
    waits = (*waits, Wait(message="Nobody knows."))
    message = tell_rotation(Step(state=STATE, waits=waits), WISH, VIEW).status.message or ""
    assert "All of it" not in message


def test_waves_and_a_generation_that_is_queued_are_told() -> None:
    wish = RotationWish(generation=3, waves=(frozenset({"c1"}),))
    waits = (Wait(message="One."),)
    message = tell_rotation(Step(state=STATE, waits=waits), wish, VIEW).status.message
    assert message == (
        "Widen of generation 2, wave 1 of 2: One. Generation 3 follows after this one."
    )


def test_at_rest_nothing_is_told_but_what_keeps_it_from_beginning() -> None:
    rest = RotationStatus(root_generation=1, members=("c1",))
    told = tell_rotation(Step(state=rest), WISH, VIEW).status
    assert (told.message, told.clusters) == (None, ())
    waits = (Wait(message="The root is not usable."),)
    assert tell_rotation(Step(state=rest, waits=waits), WISH, VIEW).status.message == (
        "The root is not usable."
    )


def test_a_cluster_that_was_taken_out_says_so() -> None:
    wish = RotationWish(generation=2, orders=Orders(excluded=frozenset({(2, "c3")})))
    told = tell_rotation(Step(state=STATE), wish, VIEW).status
    assert told.clusters[0].name == "c3"
    assert told.clusters[0].message == "A person has taken it out of the rotation."


def test_who_shares_a_root_names_its_owner() -> None:
    told = tell_shared(STATE, owner="a/owner", asked=2, counts=2).status
    assert (told.owner, told.stage) == ("a/owner", Stage.WIDEN)
    assert list(list_rotation_transitions(None, told)) == [], "the owner tells of it"


def test_a_policy_in_a_workload_cluster_is_told_nothing_of_others() -> None:
    found = STATE.model_copy(update={"unseen": ("CN=roottrust istiod CA c3",)})
    state = tell_rotation(Step(state=found), WISH, VIEW).status
    told = tell_shared(state, owner="a/owner", asked=1, counts=2, is_remote=True).status
    assert (told.stage, told.members, told.clusters, told.message) == (Stage.WIDEN, (), (), None)
    shown = told.model_dump_json()
    assert not any(name in shown for name in STATE.members)


def test_a_generation_that_does_not_count_is_told() -> None:
    assert tell_shared(STATE, owner="a/owner", asked=1, counts=2).warnings == ()
    (warning,) = tell_shared(STATE, owner="a/owner", asked=3, counts=2).warnings
    assert "3 of this policy does not count" in warning
    assert "a/owner" in warning


def test_each_step_is_an_event_and_so_is_the_end() -> None:
    def list_reasons(before: RotationStatus | None, after: RotationStatus) -> list[Reason]:
        return [each.reason for each in list_rotation_transitions(before, after)]

    rest = RotationStatus(root_generation=1)
    assert list_reasons(None, rest) == []
    assert list_reasons(rest, STATE) == [Reason.ROTATION_STARTED]
    assert list_reasons(STATE, STATE) == []
    later = STATE.model_copy(update={"message": "Another one."})
    assert list_reasons(STATE, later) == []
    wave = STATE.model_copy(update={"wave": 1})
    assert list_reasons(STATE, wave) == [Reason.ROTATION_STAGE]
    for end, reason in (
        ("Completed", Reason.ROTATION_COMPLETED),
        ("RolledBack", Reason.ROTATION_ROLLED_BACK),
    ):
        past = PastRotation.model_validate(
            {"generation": 2, "end": end, "endedAt": "2026-01-01T00:00:00Z"}
        )
        done = RotationStatus(root_generation=2, history=(past,))
        assert list_reasons(STATE, done) == [reason]
        assert list_reasons(done, done) == []
