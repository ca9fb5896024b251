from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus, KeyType, ObjectOrigin
from roottrust.domain.action import Action, Verb
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import MountFacts, Unread, VaultFacts
from roottrust.domain.mark import Mark
from roottrust.domain.reasons import Reason
from roottrust.domain.root_plan import plan_root
from tests.unit.domain.samples import (
    ADOPTER,
    CLAIMANT,
    EMPTY_FACTS,
    EXISTING_ROOT,
    GENERATED_ROOT,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
    ROOT,
    build_facts,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import BROKEN

GENERATE = build_target(root=GENERATED_ROOT)
EXISTING = build_target(root=EXISTING_ROOT)
MADE = build_issuer(issuer_name="roottrust-g1")
AS_MADE = replace(GENERATED_ROOT, common_name="Root")


def plan(facts: VaultFacts, **changes: Any) -> RootPlan:
    return plan_root(build_snapshot(changes.pop("target", GENERATE), facts, **changes))


def build(mount: MountFacts | None, issuer: Any = MADE) -> VaultFacts:
    return build_facts(mounts={} if mount is None else {"pki": mount}, root_issuer=issuer)


def marked(mark: Mark, **changes: Any) -> MountFacts:
    return build_mount(description=mark.render(), **changes)


def name(actions: tuple[Action, ...]) -> list[str]:
    return [str(action) for action in actions]


def test_in_an_empty_vault_mount_and_root_are_made() -> None:
    found = plan(EMPTY_FACTS)
    assert name(found.actions) == ["create pki", "create pki/issuer/roottrust-g1"]
    assert found.is_pending
    assert found.usable is found.fault is None
    (mount,) = found.managed
    assert mount.origin is ObjectOrigin.CREATED


@pytest.mark.parametrize("mark", [OURS, OURS_ADOPTED, OURS_OF_OLD])
def test_in_our_own_mount_the_root_is_made(mark: Mark) -> None:
    found = plan(build(marked(mark), None))
    assert name(found.actions)[-1] == "create pki/issuer/roottrust-g1"
    assert found.is_pending


def test_a_root_that_is_there_is_used_and_kept() -> None:
    found = plan(build(marked(OURS)))
    assert found.actions == ()
    assert found.usable is not None
    assert [(each.wanted.path, each.origin) for each in found.managed] == [
        ("pki", ObjectOrigin.CREATED),
        ("pki/issuer/roottrust-g1", ObjectOrigin.CREATED),
    ]


def test_our_mount_is_put_right_while_its_root_is_used() -> None:
    found = plan(build(marked(OURS, days=400)))
    (action,) = found.actions
    assert (action.verb, action.wanted.path) == (Verb.UPDATE, "pki")
    assert found.usable is not None
    assert not found.is_pending


def test_our_mount_is_put_right_while_its_root_is_broken() -> None:
    found = plan(build(marked(OURS, days=0), build_issuer(has_key=False)))
    assert name(found.actions) == ["update pki"]
    assert found.fault is not None


def test_an_issuer_that_cannot_be_read_is_not_made_again() -> None:
    found = plan(build(marked(OURS), Unread(error=BROKEN)))
    assert found.actions == ()
    assert found.fault is not None
    assert found.fault.reason == BROKEN.reason
    assert [each.wanted.path for each in found.managed] == ["pki"]


def test_a_mount_that_is_nobody_s_and_differs_is_in_the_way() -> None:
    found = plan(build(build_mount(days=32), None))
    assert found.actions == ()
    assert found.fault is not None
    assert (found.fault.status, found.fault.reason) == (
        ConditionStatus.FALSE,
        Reason.CONFLICT,
    )
    assert [conflict.path for conflict in found.conflicts] == ["pki"]


def test_a_mount_that_is_nobody_s_is_not_filled() -> None:
    found = plan(build(build_mount(), None))
    assert found.actions == ()
    (conflict,) = found.conflicts
    assert conflict.note == "it is not roottrust's to fill"
    assert conflict.can_be_adopted


def test_a_mount_that_is_adopted_is_filled() -> None:
    found = plan(build(build_mount(), None), claimant=ADOPTER)
    assert name(found.actions) == ["update pki", "create pki/issuer/roottrust-g1"]


def test_a_mount_that_is_nobody_s_and_has_our_root_is_used() -> None:
    found = plan(build(build_mount()))
    assert found.actions == ()
    assert found.usable is not None
    assert {each.origin for each in found.managed} == {ObjectOrigin.ADOPTED}


def test_a_mount_of_another_type_is_in_the_way_for_good() -> None:
    for claimant in (CLAIMANT, ADOPTER):
        found = plan(build(build_mount("kv"), None), claimant=claimant)
        assert found.fault is not None
        assert "the type kv, not pki, which Vault cannot change" in found.fault.message
        assert "adopt" not in found.fault.message


@pytest.mark.parametrize("claimant", [CLAIMANT, ADOPTER])
@pytest.mark.parametrize("mark", [OTHER_POLICY, OTHER_HUB])
def test_a_root_of_another_policy_is_shared_and_not_managed(mark: Mark, claimant: Any) -> None:
    found = plan(build(marked(mark, days=500)), claimant=claimant)
    assert found.usable is not None
    assert found.actions == found.managed == ()
    assert found.warnings[-1] == (
        f"The root at pki/ belongs to {mark.describe_owner()}: management.root of this policy "
        "does not count."
    )


def test_a_root_that_a_deleted_policy_left_is_taken_over_by_one_that_adopts() -> None:
    facts = build(marked(OTHER_POLICY))
    shared = plan(facts, claimant=replace(CLAIMANT, existing=frozenset()))
    assert shared.actions == ()
    assert shared.warnings[-1].endswith("annotate it: admin.gloo.solo.io/adopt=true.")
    as_made = build_target(root=AS_MADE)
    taken = plan(facts, claimant=replace(ADOPTER, existing=frozenset()), target=as_made)
    assert [str(action) for action in taken.actions] == ["update pki"]
    assert {each.origin for each in taken.managed} == {ObjectOrigin.CREATED}
    assert taken.warnings == ()


def test_a_root_that_another_policy_has_yet_to_make_is_waited_for() -> None:
    found = plan(build(marked(OTHER_POLICY), None))
    assert found.actions == ()
    assert found.fault is not None
    assert (found.fault.status, found.fault.reason) == (
        ConditionStatus.UNKNOWN,
        Reason.ROOT_NOT_FOUND,
    )


def test_an_existing_root_is_never_made_and_its_mount_never_written() -> None:
    assert plan(EMPTY_FACTS, target=EXISTING).actions == ()
    found = plan(build(marked(OURS, days=400)), target=EXISTING, claimant=ADOPTER)
    assert found.usable is not None
    assert found.actions == found.managed == ()


@pytest.mark.parametrize("target", [GENERATE, EXISTING])
@pytest.mark.parametrize("facts", [EMPTY_FACTS, build(marked(OURS), None)])
def test_a_root_in_use_that_is_gone_is_not_made_again(facts: VaultFacts, target: Any) -> None:
    found = plan(facts, target=target, known_root=ROOT.fingerprint)
    assert found.actions == ()
    assert found.fault is not None
    assert found.fault.reason == Reason.ROOT_NOT_FOUND
    assert f"The root {ROOT.fingerprint} is gone from pki/" in found.fault.message
    assert f"replace-root={ROOT.fingerprint}." in found.fault.message


@pytest.mark.parametrize("target", [GENERATE, EXISTING])
def test_one_that_a_rotation_brought_is_to_come_back_under_its_name(target: Any) -> None:
    rotated = replace(target, root=replace(target.root, issuer="some-id", generation=3))
    found = plan(build(marked(OURS), None), target=rotated, known_root=ROOT.fingerprint)
    assert found.fault is not None
    assert "from your backup, as the issuer roottrust-g3. If nothing" in found.fault.message


@pytest.mark.parametrize("target", [GENERATE, EXISTING])
def test_a_root_in_use_that_was_exchanged_is_not_followed(target: Any) -> None:
    other = replace(ROOT, fingerprint="d" * 64)
    found = plan(
        build(marked(OURS), build_issuer(certificate=other)),
        target=target,
        known_root=ROOT.fingerprint,
    )
    assert found.usable is None
    assert found.fault is not None
    assert found.fault.reason == Reason.ROOT_CHANGED


def test_edits_of_a_root_that_is_made_are_told_to_have_no_effect() -> None:
    assert plan(build(marked(OURS)), target=build_target(root=AS_MADE)).warnings == ()
    edited = replace(AS_MADE, common_name="Other, Inc.", ttl_days=30, key_type=KeyType.RSA_4096)
    found = plan(build(marked(OURS)), target=build_target(root=edited))
    assert found.actions == ()
    (warning,) = found.warnings
    assert warning == (
        "The root in pki/ is kept as it was made (its subject is 'CN=Root', not commonName 'Other, "
        "Inc.'; it is valid for 3650 days, not ttlDays 30; its key is ecdsa-p256, not keyType "
        "rsa-4096): take these edits of management.root back, or raise rotation.rootGeneration to "
        "have another root that is so."
    )


def test_a_common_name_with_special_letters_is_no_edit() -> None:
    special = replace(AS_MADE, common_name="Root, Inc.")
    made = replace(ROOT, subject="CN=Root\\, Inc.")
    facts = build(marked(OURS), replace(MADE, certificate=made))
    assert plan(facts, target=build_target(root=special)).warnings == ()


@pytest.mark.parametrize("claimant", [CLAIMANT, ADOPTER])
def test_no_second_root_is_made_beside_another(claimant: Any) -> None:
    facts = replace(build(marked(OURS), None), other_issuers=(build_issuer(),))
    found = plan(facts, claimant=claimant)
    assert found.actions == ()
    assert found.fault is not None
    assert (found.fault.status, found.fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_FOUND)
    assert found.fault.message == (
        f"The mount pki/ has a root already ('CN=Root', {ROOT.fingerprint}): use it with "
        "management.root.source: Existing, or name another mount in caPath."
    )


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        (replace(MADE, has_key=False), "not its private key, and cannot sign: restore the mount"),
        (
            replace(MADE, certificate=replace(ROOT, is_self_signed=False, issuer="CN=Upper")),
            "an intermediate issued by 'CN=Upper', no root: name another mount in caPath, and",
        ),
        (replace(MADE, certificate=None), "not a certificate we can read"),
    ],
)
def test_an_issuer_of_our_name_that_is_no_root_is_not_made_anew(issuer: Any, words: str) -> None:
    found = plan(build(marked(OURS), issuer))
    assert found.actions == ()
    assert found.fault is not None
    assert words in found.fault.message


def test_who_waits_for_the_root_of_another_is_not_told_to_make_one() -> None:
    found = plan(build(marked(OTHER_POLICY), None))
    assert found.fault is not None
    assert "Generate" not in found.fault.message
    assert f"{OTHER_POLICY.describe_owner()} is to put the root there" in found.fault.message
