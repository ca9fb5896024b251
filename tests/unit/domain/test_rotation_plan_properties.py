"""What holds in any Vault while a policy's root is rotated."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action
from roottrust.domain.facts import IssuerFacts
from roottrust.domain.plan import list_next_actions, plan_policy
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.rotations import rotating_snapshots
from tests.unit.domain.strategies import UNREAD
from tests.unit.domain.vault_model import settle

EXAMPLES = settings(max_examples=150, deadline=None)
ROUNDS = 4
MAKING = {VaultKind.ROOT, VaultKind.ROOT_IMPORT, VaultKind.KEY_NAME, VaultKind.ISSUER_NAME}


def take_apart(snapshot: Snapshot) -> tuple[RotationTarget, NextRootPlan]:
    rotation, following = snapshot.target.rotation, plan_policy(snapshot).next_root
    assert rotation is not None
    assert following is not None
    return rotation, following


def list_of_kind(plan: NextRootPlan, *kinds: VaultKind) -> list[Action]:
    return [each for each in plan.actions if each.wanted.kind in kinds]


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_the_root_in_use_is_told_to_sign_no_more_only_when_it_retires(snapshot: Snapshot) -> None:
    rotation, following = take_apart(snapshot)
    for action in list_of_kind(following, VaultKind.ISSUER_USAGE):
        is_previous = action.wanted.path == f"pki/issuer/{rotation.previous.issuer}"
        phase = RotationPhase.RETIRE if is_previous else RotationPhase.RETURN
        assert rotation.phase is phase
        assert is_previous is (following.usable is not None)
        assert "issuing-certificates" not in action.wanted.fields["usage"]


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_only_a_compromised_root_is_revoked_and_only_once_it_retires(snapshot: Snapshot) -> None:
    rotation, following = take_apart(snapshot)
    for action in list_of_kind(following, VaultKind.ISSUER_REVOCATION):
        assert rotation.is_compromised
        assert rotation.phase is RotationPhase.RETIRE
        assert following.usable is not None
        assert action.wanted.path == f"pki/issuer/{rotation.previous.issuer}"


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_the_default_issuer_goes_from_one_root_to_the_other_and_nowhere_else(
    snapshot: Snapshot,
) -> None:
    rotation, following = take_apart(snapshot)
    plan = plan_policy(snapshot)
    assert VaultKind.DEFAULT_ISSUER not in {each.wanted.kind for each in plan.root.actions}
    for action in list_of_kind(following, VaultKind.DEFAULT_ISSUER):
        assert rotation.phase is RotationPhase.RETIRE
        assert following.usable is not None
        assert action.wanted.fields == {"default": following.usable.issuer_id}
        assert snapshot.facts.default_issuer == rotation.previous.issuer


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_nothing_is_made_or_retired_after_a_change_by_hand(snapshot: Snapshot) -> None:
    _, following = take_apart(snapshot)
    if following.default_fault is not None:
        assert following.actions == ()
        assert not following.is_done


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_a_next_root_is_made_only_while_it_is_prepared_and_not_there(snapshot: Snapshot) -> None:
    rotation, following = take_apart(snapshot)
    made = list_of_kind(following, *MAKING)
    sources = {VaultKind.ROOT: RootSource.GENERATE, VaultKind.ROOT_IMPORT: RootSource.IMPORT}
    for action in made:
        wanted = sources.get(action.wanted.kind, RootSource.IMPORT)
        assert rotation.next.source is wanted
        is_missing = snapshot.facts.next_issuer is None
        is_key = action.wanted.kind is VaultKind.ROOT_IMPORT and not is_missing
        assert is_key or (rotation.phase is RotationPhase.PREPARE and is_missing)


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_it_is_usable_or_pending_or_has_a_fault(snapshot: Snapshot) -> None:
    rotation, following = take_apart(snapshot)
    found = [following.usable is not None, following.is_pending, following.fault is not None]
    if rotation.phase is not RotationPhase.RETURN:
        assert found.count(True) == 1
    assert not (following.is_done and following.fault)


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_a_usable_one_is_another_root_that_ends_no_sooner_than_the_one_in_use(
    snapshot: Snapshot,
) -> None:
    rotation, following = take_apart(snapshot)
    root = snapshot.facts.root_issuer
    if following.usable is None or not isinstance(root, IssuerFacts) or root.certificate is None:
        return
    if root.certificate.fingerprint == rotation.previous.fingerprint:
        is_known = root.issuer_id == rotation.previous.issuer
        made = following.usable.certificate
        assert not is_known or made.not_after >= root.certificate.not_after
        assert not is_known or made.pem != root.certificate.pem


@EXAMPLES
@given(snapshot=rotating_snapshots(), gone=st.none() | UNREAD)
def test_a_usable_one_stays_so_whatever_becomes_of_the_root_in_use(
    snapshot: Snapshot, gone: IssuerFacts | None
) -> None:
    _, following = take_apart(snapshot)
    without = replace(snapshot, facts=replace(snapshot.facts, root_issuer=gone))
    _, after = take_apart(without)
    if following.usable is not None:
        assert after.usable is not None
        assert after.usable.certificate == following.usable.certificate


@EXAMPLES
@given(snapshot=rotating_snapshots())
def test_the_root_in_use_is_never_made_again(snapshot: Snapshot) -> None:
    _, plans = settle(snapshot, rounds=ROUNDS)
    for plan in plans:
        assert {each.wanted.kind for each in plan.root.actions} <= {VaultKind.SECRETS_MOUNT}
    assert list_next_actions(plans[-1]) == ()
