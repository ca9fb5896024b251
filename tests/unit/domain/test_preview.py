"""A preview lists what applying would write, before anything of it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from roottrust.domain.fault import Fault
from roottrust.domain.plan import Plan, plan_policy
from roottrust.domain.preview import (
    KNOWN_AFTER_APPLY,
    assume_root,
    forget_actions,
    get_root_place,
    preview_policy,
)
from roottrust.domain.rotation.vault_target import RotationPhase
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.rotations import (
    ALL_USAGES,
    build_next,
    build_rotating,
    build_rotation,
    rotating_snapshots,
    some_snapshots,
)
from tests.unit.domain.samples import (
    EMPTY_FACTS,
    GENERATED_ROOT,
    NO_FACTS,
    OURS,
    build_cluster,
    build_facts,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import snapshots
from tests.unit.domain.vault_model import MADE_ISSUER_ID, settle

ROUNDS = 4
EXAMPLES = settings(max_examples=150, deadline=None)

GENERATES = build_target(build_cluster("a"), build_cluster("b"), root=GENERATED_ROOT)


@EXAMPLES
@given(snapshot=snapshots())
def test_a_preview_has_the_writes_of_all_rounds(snapshot: Snapshot) -> None:
    _, plans = settle(snapshot, rounds=ROUNDS)
    applied = [action for plan in plans for action in plan.actions]
    previewed = preview_policy(snapshot).plan.actions
    shown = [str(each).replace(KNOWN_AFTER_APPLY, MADE_ISSUER_ID) for each in previewed]
    assert shown == [str(each) for each in applied]
    for ours, real in zip(previewed, applied, strict=True):
        assert str(ours.wanted).replace(KNOWN_AFTER_APPLY, MADE_ISSUER_ID) == str(real.wanted)


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_a_preview_has_the_writes_of_all_rounds_that_make_the_next_root(
    snapshot: Snapshot,
) -> None:
    _, plans = settle(snapshot, rounds=ROUNDS)
    applied = [action for plan in plans for action in plan.actions]
    previewed = preview_policy(snapshot).plan.actions
    # Clusters that need no next root do not wait for it.
    shown = [str(each.wanted).replace(KNOWN_AFTER_APPLY, MADE_ISSUER_ID) for each in previewed]
    assert sorted(shown) == sorted(str(each.wanted) for each in applied)


def test_what_retires_a_root_is_listed_once_though_its_mount_is_tuned() -> None:
    mount = build_mount(description=OURS.render(), days=3650)
    rotation = build_rotation(phase=RotationPhase.RETIRE)
    root = build_issuer(issuer_name="", usages=ALL_USAGES)  # not made by us, so that B tunes it
    facts = {"mounts": {"pki": mount}, "root_issuer": root, "next_issuer": build_next()}
    snapshot = build_rotating(rotation, **facts)
    shown = [each.wanted.kind for each in preview_policy(snapshot).plan.actions]
    retired = [each for each in shown if each in {VaultKind.DEFAULT_ISSUER, VaultKind.ISSUER_USAGE}]
    assert VaultKind.SECRETS_MOUNT in shown
    assert retired == [VaultKind.DEFAULT_ISSUER, VaultKind.ISSUER_USAGE]


@EXAMPLES
@given(snapshot=some_snapshots())
def test_what_stands_in_the_way_is_what_is_left_after_applying(snapshot: Snapshot) -> None:
    settled, _ = settle(snapshot, rounds=ROUNDS)
    left, previewed = plan_policy(settled), preview_policy(snapshot).plan
    assert previewed.root.fault == left.root.fault
    assert get_next_faults(previewed) == get_next_faults(left)
    for name, cluster in left.clusters.items():
        assert previewed.clusters[name].fault == cluster.fault
    assert set(previewed.warnings) == set(left.warnings)
    assert forget_actions(previewed).actions == ()


def get_next_faults(plan: Plan) -> tuple[Fault | None, Fault | None]:
    following = plan.next_root
    return (following.fault, following.default_fault) if following else (None, None)


def test_everything_below_a_root_that_is_not_made_yet_is_listed() -> None:
    plan = preview_policy(build_snapshot(GENERATES, EMPTY_FACTS)).plan
    kinds = [action.wanted.kind for action in plan.actions]
    assert kinds[:2] == [VaultKind.SECRETS_MOUNT, VaultKind.ROOT]
    assert len(kinds) == 2 + 2 * 5
    policies = [each for each in plan.actions if each.wanted.kind is VaultKind.POLICY]
    for each in policies:
        assert f"pki/issuer/{KNOWN_AFTER_APPLY}/sign-intermediate" in each.wanted.fields["policy"]


def test_what_follows_from_a_root_mount_that_was_tuned_down_is_listed() -> None:
    mount = build_mount(description=OURS.render(), days=0)
    facts = build_facts(
        mounts={"pki": mount},
        root_issuer=build_issuer(issuer_name="roottrust-g1"),
        clusters={"a": NO_FACTS, "b": NO_FACTS},
    )
    _, plans = settle(build_snapshot(GENERATES, facts), rounds=ROUNDS)
    previewed = preview_policy(build_snapshot(GENERATES, facts)).plan.actions
    assert [str(each) for each in previewed] == [
        str(action) for plan in plans for action in plan.actions
    ]
    assert len(previewed) > 1


def test_a_made_root_serves_the_policies_that_share_it() -> None:
    made = preview_policy(build_snapshot(GENERATES, EMPTY_FACTS)).made_root
    assert made is not None
    sharing = build_snapshot(build_target(), EMPTY_FACTS)
    assert preview_policy(sharing).plan.actions == ()
    assert len(preview_policy(assume_root(sharing, made)).plan.actions) == 5
    assert get_root_place(sharing.target) == get_root_place(GENERATES)


def test_a_root_that_is_there_is_never_assumed_to_be_another() -> None:
    made = preview_policy(build_snapshot(GENERATES, EMPTY_FACTS)).made_root
    assert made is not None
    snapshot = build_snapshot()
    assert assume_root(snapshot, made) is snapshot


@pytest.mark.parametrize("days", [0, 1, 3650, 9999])
def test_the_root_lives_as_long_as_asked_for_since_its_mount_is_tuned(days: int) -> None:
    mount = build_mount(description=OURS.render(), days=days)
    facts = replace(EMPTY_FACTS, mounts={"pki": mount})
    made = preview_policy(build_snapshot(GENERATES, facts)).made_root
    assert made is not None
    certificate = made.issuer.certificate
    assert certificate is not None
    assert (certificate.not_after - certificate.not_before).days == 3650


def test_nothing_is_assumed_where_the_root_cannot_be_made() -> None:
    facts = build_facts(mounts={"pki": build_mount("kv")}, root_issuer=None)
    preview = preview_policy(build_snapshot(GENERATES, facts))
    assert preview.made_root is None
    assert preview.plan.root.fault is not None
