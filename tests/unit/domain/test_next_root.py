"""The root that is to take the place of the one in use: made, imported, found, checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus, ObjectOrigin
from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.facts import Unread
from roottrust.domain.plan import Plan, plan_policy
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.rotations import (
    NEXT_ID,
    NEXT_NAME,
    NEXT_ROOT,
    WITHDRAWN,
    build_next,
    build_rotating,
    build_rotation,
)
from tests.unit.domain.samples import (
    ADOPTER,
    DAY,
    EXISTING_ROOT,
    GENERATED_ROOT,
    IMPORTED_ROOT,
    ISSUER_ID,
    OTHER_POLICY,
    OTHER_ROOT,
    ROOT,
    ROOT_SECRET,
    build_imported,
    build_issuer,
    build_mount,
)
from tests.unit.domain.strategies import BROKEN, DENIED

STAND = RotationPhase.STAND
SOONER = ROOT.not_after - timedelta(days=1)
EXISTING = build_rotation(EXISTING_ROOT)
IMPORT = build_rotation(IMPORTED_ROOT)


def plan_next(snapshot: Snapshot) -> NextRootPlan:
    found = plan_policy(snapshot).next_root
    assert found is not None
    return found


def explain(snapshot: Snapshot) -> str:
    """Return why there is no next root to go on with."""
    plan = plan_next(snapshot)
    assert plan.fault is not None
    assert (plan.usable, plan.is_done) == (None, False)
    return plan.fault.message


def list_kinds(plan: NextRootPlan | Plan) -> list[VaultKind]:
    return [action.wanted.kind for action in plan.actions]


def test_there_is_none_while_no_root_is_rotated() -> None:
    snapshot = build_rotating()
    at_rest = replace(snapshot, target=replace(snapshot.target, rotation=None))
    assert plan_policy(at_rest).next_root is None


def test_it_is_made_beside_the_one_in_use() -> None:
    plan = plan_next(build_rotating())
    (action,) = plan.actions
    assert (str(action), plan.is_pending, plan.is_done) == (
        f"create pki/issuer/{NEXT_NAME}",
        True,
        False,
    )
    assert action.wanted.extra["key_name"] == NEXT_NAME
    assert action.wanted.extra["ttl"] == f"{4380 * 24}h"


@pytest.mark.parametrize(
    ("subject", "asked", "made"),
    [
        ("CN=Istio root CA", "Istio root CA", "Istio root CA g2"),
        ("CN=Istio root CA g1", "Istio root CA", "Istio root CA g2"),
        ("CN=Istio root CA", "Other", "Other"),
        (f"CN={64 * 'x'}", 64 * "x", f"{61 * 'x'} g2"),
    ],
)
def test_one_that_vault_makes_never_has_the_name_of_the_one_in_use(
    subject: str, asked: str, made: str
) -> None:
    rotation = build_rotation(replace(GENERATED_ROOT, common_name=asked))
    used = build_issuer(certificate=replace(ROOT, subject=subject))
    (action,) = plan_next(build_rotating(rotation, root_issuer=used)).actions
    assert action.wanted.extra["common_name"] == made


def test_its_mount_lets_it_live() -> None:
    short = build_mount(description=build_rotating().facts.mounts["pki"].description)
    snapshot = build_rotating(mounts={"pki": short})
    plan = plan_policy(snapshot)
    tune, generate = plan.actions[:2]
    assert tune.wanted.fields["max_lease_ttl"] == 4380 * DAY
    assert generate.wanted.kind is VaultKind.ROOT


def test_its_mount_follows_its_life_and_not_the_edits_after_it_was_made() -> None:
    made = build_next()
    edited = replace(build_rotation(), next=replace(GENERATED_ROOT, ttl_days=7300))
    assert plan_policy(build_rotating(edited, next_issuer=made)).root.actions == ()


def test_one_is_not_made_that_would_end_before_the_one_in_use() -> None:
    rotation = build_rotation(next=replace(GENERATED_ROOT, ttl_days=3650))
    assert plan_next(build_rotating(rotation)).fault is not None
    assert "raise ttlDays" in explain(build_rotating(rotation))


@pytest.mark.parametrize("rotation", [build_rotation(), IMPORT], ids=["generate", "import"])
def test_a_mount_that_is_not_ours_gets_none(rotation: RotationTarget) -> None:
    snapshot = build_rotating(rotation, mark=None)
    snapshot = replace(snapshot, root_secret=build_imported(NEXT_ROOT))
    message = explain(snapshot)
    assert plan_next(snapshot).actions == ()
    assert "set management.root.source: Existing" in message


def test_the_mount_of_another_policy_gets_none() -> None:
    snapshot = build_rotating(mark=OTHER_POLICY)
    assert "belongs to" in explain(snapshot)
    assert plan_next(snapshot).actions == ()


def test_a_policy_that_adopts_marks_the_mount_before_a_root_is_made_in_it() -> None:
    snapshot = replace(build_rotating(mark=None), claimant=ADOPTER)
    # As it is of a root that somebody else made: nothing but the next one is the policy's own.
    snapshot = replace(
        snapshot, facts=replace(snapshot.facts, root_issuer=build_issuer(issuer_name=""))
    )
    plan = plan_policy(snapshot)
    assert list_kinds(plan)[:2] == [VaultKind.SECRETS_MOUNT, VaultKind.ROOT]
    assert plan.root.actions == ()


def test_whoever_shares_a_root_only_looks_for_the_next_one() -> None:
    rotation = build_rotation(phase=STAND)
    plan = plan_next(build_rotating(rotation, mark=OTHER_POLICY, next_issuer=build_next()))
    assert (plan.actions, plan.managed, plan.is_done) == ((), (), True)
    assert plan.usable is not None


def test_one_that_is_there_and_sound_is_usable() -> None:
    plan = plan_next(build_rotating(next_issuer=build_next()))
    assert plan.usable is not None
    assert (plan.usable.issuer_id, plan.usable.ttl_days) == (NEXT_ID, 365)
    assert (plan.actions, plan.fault, plan.is_done) == ((), None, True)


def test_one_of_ours_is_told_as_managed() -> None:
    (root,) = plan_next(build_rotating(next_issuer=build_next())).managed
    assert (root.wanted.path, root.origin) == (f"pki/issuer/{NEXT_NAME}", ObjectOrigin.CREATED)
    existing = build_rotating(EXISTING, next_issuer=build_next())
    assert plan_next(existing).managed == ()


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        (build_next(None), "is not a certificate we can read"),
        (build_next(replace(NEXT_ROOT, is_ca=False)), "is not a CA's"),
        (build_next(replace(NEXT_ROOT, is_self_signed=False)), "not signed with its own key"),
        (build_next(replace(NEXT_ROOT, path_length=0)), "forbids intermediates"),
        (build_next(replace(NEXT_ROOT, key_type="rsa-1024")), "Envoy or istiod refuses"),
        (build_next(replace(NEXT_ROOT, key_usages=frozenset())), "forbids signing"),
        (build_next(replace(NEXT_ROOT, not_after=ROOT.not_before)), "expired"),
        (build_next(has_key=False), "not its private key"),
        (build_next(usages=WITHDRAWN), "give it the usage issuing-certificates"),
        (build_next(issuer_id="a b"), "which no Vault policy can name"),
        (build_next(ROOT), "the very root in use"),
        (build_next(replace(NEXT_ROOT, pem=ROOT.pem)), "has the same key"),
        (build_next(replace(NEXT_ROOT, not_after=SOONER)), "before the one in use"),
    ],
)
def test_one_that_cannot_follow_is_refused(issuer: Any, words: str) -> None:
    for phase in (RotationPhase.PREPARE, STAND, RotationPhase.RETIRE):
        snapshot = build_rotating(build_rotation(phase=phase), next_issuer=issuer)
        assert words in explain(snapshot)
        assert plan_next(snapshot).actions == ()


def test_what_is_wrong_with_one_names_the_way_to_another() -> None:
    bad = build_next(replace(NEXT_ROOT, path_length=0))
    generated = explain(build_rotating(next_issuer=bad))
    assert generated.endswith("raise rotation.rootGeneration once more, and another root is made.")
    imported = explain(build_rotating(IMPORT, next_issuer=bad))
    assert f"put another root into Secret {ROOT_SECRET}" in imported
    assert "put another root into pki/" in explain(build_rotating(EXISTING, next_issuer=bad))


@pytest.mark.parametrize("error", [DENIED, BROKEN])
def test_one_that_cannot_be_read_is_no_root_to_go_on_with(error: Any) -> None:
    assert explain(build_rotating(next_issuer=Unread(error=error))) == error.message


def test_whatever_becomes_of_the_root_in_use_takes_nothing_from_the_next_one() -> None:
    late = replace(build_rotation(phase=STAND))
    states: list[Any] = [
        None,
        Unread(error=BROKEN),
        build_issuer(has_key=False),
        build_issuer(certificate=replace(ROOT, not_after=ROOT.not_before)),
    ]
    for root in states:
        plan = plan_policy(build_rotating(late, root_issuer=root, next_issuer=build_next()))
        assert plan.root.usable is None
        assert plan.following is not None


def test_none_is_made_while_the_root_in_use_is_not_known() -> None:
    for root in (None, build_issuer(certificate=OTHER_ROOT), build_issuer(issuer_id="other")):
        snapshot = build_rotating(root_issuer=root)
        assert "see the condition VaultConfigured" in explain(snapshot)
        assert plan_next(snapshot).actions == ()


def test_one_that_is_gone_is_not_made_again_once_it_may_be_relied_on() -> None:
    for phase in (STAND, RotationPhase.RETIRE):
        snapshot = build_rotating(build_rotation(phase=phase))
        assert "is gone from pki/" in explain(snapshot)
        assert plan_next(snapshot).actions == ()


def test_an_administrator_is_told_the_commands_that_add_it() -> None:
    other = build_next(OTHER_ROOT, issuer_name="mine", issuer_id="other-1")
    snapshot = build_rotating(EXISTING, mark=None, beside=(other, build_issuer()))
    plan, message = plan_next(snapshot), explain(snapshot)
    assert plan.fault is not None
    assert (plan.fault.status, plan.fault.reason) == (
        ConditionStatus.UNKNOWN,
        Reason.ROOT_NOT_FOUND,
    )
    assert f"vault write pki/root/generate/internal issuer_name={NEXT_NAME}" in message
    assert f"vault patch pki/issuer/ID issuer_name={NEXT_NAME}" in message
    assert "it has mine)" in message


def build_importing(certificate: Certificate = NEXT_ROOT, **facts: Any) -> Snapshot:
    return replace(build_rotating(IMPORT, **facts), root_secret=build_imported(certificate))


def test_one_is_imported_and_then_named() -> None:
    first = plan_next(build_importing())
    assert (list_kinds(first), first.is_pending) == ([VaultKind.ROOT_IMPORT], True)
    unnamed = build_next(issuer_name="")
    second = plan_next(build_importing(beside=(build_issuer(), unnamed)))
    assert list_kinds(second) == [VaultKind.KEY_NAME, VaultKind.ISSUER_NAME]
    assert [action.wanted.path for action in second.actions] == [
        "pki/key/key-2",
        f"pki/issuer/{NEXT_ID}",
    ]
    assert (second.is_pending, second.usable) == (True, None)


def test_one_that_came_without_its_key_gets_it() -> None:
    plan = plan_next(build_importing(next_issuer=build_next(has_key=False)))
    assert (list_kinds(plan), plan.is_pending) == ([VaultKind.ROOT_IMPORT], True)


def test_a_secret_that_still_holds_the_root_in_use_is_to_hold_the_next_one() -> None:
    message = explain(build_importing(ROOT))
    assert message == (
        f"Secret {ROOT_SECRET} holds the root in use: put the next root and its key there instead."
    )


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (replace(NEXT_ROOT, path_length=0), "forbids intermediates"),
        (replace(NEXT_ROOT, pem=ROOT.pem), "has the same key"),
        (replace(NEXT_ROOT, not_after=SOONER), "before the one in use"),
    ],
)
def test_a_root_that_cannot_follow_is_not_imported(certificate: Certificate, words: str) -> None:
    snapshot = build_importing(certificate)
    assert words in explain(snapshot)
    assert f"put another root into Secret {ROOT_SECRET}" in explain(snapshot)
    assert plan_next(snapshot).actions == ()


def test_a_secret_that_is_not_there_is_asked_for() -> None:
    absent = DependencyMissingError("Secret x does not exist.", reason=Reason.SECRET_NOT_FOUND)
    snapshot = build_rotating(IMPORT)
    assert ROOT_SECRET in explain(snapshot)
    assert explain(replace(snapshot, root_secret=Unread(error=absent))) == absent.message


def test_one_that_is_imported_under_another_name_is_told_with_the_command_that_names_it() -> None:
    message = explain(build_importing(beside=(build_next(issuer_name="mine"),)))
    assert f"`vault patch pki/issuer/{NEXT_ID} issuer_name={NEXT_NAME}`" in message


def test_intermediates_that_the_mount_cuts_are_warned_of() -> None:
    mount = build_mount(days=30)
    plan = plan_next(build_rotating(EXISTING, mounts={"pki": mount}, next_issuer=build_next()))
    assert plan.usable is not None
    assert plan.usable.ttl_days == 30
    assert any("raise it with" in each for each in plan.warnings)


def test_somebody_who_changes_the_default_issuer_is_told_how_to_set_it_back() -> None:
    for phase in (RotationPhase.PREPARE, STAND, RotationPhase.RETURN):
        snapshot = build_rotating(build_rotation(phase=phase), default_issuer="other-1")
        plan = plan_next(snapshot)
        assert plan.default_fault is not None
        assert (plan.actions, plan.is_done) == ((), False)
        assert plan.default_fault.message.endswith(
            f"set it back by `vault write pki/config/issuers default={ISSUER_ID}`."
        )


def test_a_changed_default_issuer_takes_nothing_from_clusters_that_sign_under_the_next_root() -> (
    None
):
    rotation = build_rotation(phase=STAND)
    plan = plan_next(build_rotating(rotation, default_issuer="other-1", next_issuer=build_next()))
    assert plan.usable is not None


def test_nothing_is_concluded_from_a_default_issuer_that_cannot_be_read() -> None:
    retire = build_rotation(phase=RotationPhase.RETIRE)
    plan = plan_next(build_rotating(retire, default_issuer=None, next_issuer=build_next()))
    assert plan.default_fault is not None
    assert (plan.actions, plan.is_done) == ((), False)
    assert plan.default_fault.status is ConditionStatus.UNKNOWN
    assert "may read pki/config/issuers" in plan.default_fault.message


def test_no_root_is_made_where_each_new_one_becomes_the_default_one() -> None:
    plan = plan_next(build_rotating(follows_latest=True))
    assert (plan.actions, plan.is_done) == ((), False)
    assert plan.default_fault is not None
    assert "default_follows_latest_issuer=false" in plan.default_fault.message
