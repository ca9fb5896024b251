from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.domain.certificate import Certificate
from roottrust.domain.existing_root import RootPlan, UsableRoot, plan_existing_root
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.vault_target import RotationPhase
from tests.unit.domain.certificates import NOW
from tests.unit.domain.rotations import build_rotating_target, build_rotation
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    ISSUER_ID,
    ROOT,
    TOKEN,
    build_facts,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import DENIED

NAMED = replace(EXISTING_ROOT, issuer="mine")
PKI = build_mount()


def plan(
    issuer: IssuerFacts | Unread | None,
    *,
    mount: MountFacts | None = PKI,
    known_root: str | None = None,
    named: bool = False,
) -> RootPlan:
    snapshot = build_snapshot(
        build_target(root=NAMED if named else EXISTING_ROOT),
        build_facts(root_issuer=issuer),
        known_root=known_root,
    )
    return plan_existing_root(snapshot, mount)


def plan_with(certificate: Certificate | None, **changes: bool) -> RootPlan:
    return plan(build_issuer(certificate=certificate, **changes))


def get_fault(found: RootPlan) -> Fault:
    assert found.usable is None
    assert found.actions == ()
    assert found.fault is not None
    assert found.fault.message.endswith(".")
    return found.fault


def test_a_sound_root_is_usable_for_the_whole_wanted_life() -> None:
    found = plan(build_issuer())
    assert found == RootPlan(
        mount="pki",
        certificate=ROOT,
        usable=UsableRoot(issuer_id=ISSUER_ID, certificate=ROOT, ttl_days=365),
    )


@pytest.mark.parametrize("known", [None, ROOT.fingerprint])
def test_the_root_that_is_in_use_stays_usable(known: str | None) -> None:
    assert plan(build_issuer(), known_root=known).usable is not None


@pytest.mark.parametrize(
    "changes", [{"usages": frozenset({"read-only", "crl-signing"})}, {"is_revoked": True}]
)
def test_a_root_that_a_rotation_has_replaced_is_not_begun_with(changes: dict[str, Any]) -> None:
    fault = get_fault(plan(build_issuer(**changes)))
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_NOT_USABLE)
    assert "rotation.rootGeneration" in fault.message


def test_while_it_is_replaced_a_root_that_may_sign_no_more_is_still_the_one_in_use() -> None:
    target = build_rotating_target(build_rotation(phase=RotationPhase.RETIRE))
    issuer = build_issuer(usages=frozenset({"read-only"}))
    snapshot = build_snapshot(target, build_facts(root_issuer=issuer))
    assert plan_existing_root(snapshot, PKI).usable is not None


def test_another_root_than_the_one_in_use_is_not_followed() -> None:
    found = plan(build_issuer(), known_root="d" * 64)
    fault = get_fault(found)
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_CHANGED)
    assert f"admin.gloo.solo.io/replace-root={'d' * 64}." in fault.message
    assert found.certificate is None


@pytest.mark.parametrize(("named", "words"), [(False, "has no root"), (True, "has no issuer mine")])
def test_a_mount_without_the_root_says_what_it_lacks(named: bool, words: str) -> None:
    fault = get_fault(plan(None, named=named))
    assert (fault.status, fault.reason) == (ConditionStatus.UNKNOWN, Reason.ROOT_NOT_FOUND)
    assert words in fault.message
    assert "source: Generate" in fault.message


def test_a_mount_that_is_missing_is_told() -> None:
    fault = get_fault(plan(None, mount=None))
    assert fault.reason == Reason.ROOT_NOT_FOUND
    assert fault.message.startswith("Vault has no mount pki/")


def test_a_mount_of_another_type_is_told() -> None:
    fault = get_fault(plan(None, mount=build_mount("kv")))
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_NOT_USABLE)
    assert "of type kv" in fault.message


def test_an_issuer_that_cannot_be_read_is_its_failure() -> None:
    fault = get_fault(plan(Unread(error=DENIED)))
    assert (fault.reason, fault.message) == (DENIED.reason, DENIED.message)


def test_a_certificate_that_cannot_be_read_is_told() -> None:
    assert get_fault(plan_with(None)).reason == Reason.ROOT_NOT_USABLE


@pytest.mark.parametrize(
    "certificate",
    [
        replace(ROOT, is_ca=False),
        replace(ROOT, path_length=0),
        replace(ROOT, not_after=NOW),
    ],
)
def test_a_root_that_cannot_be_used_is_shown_with_its_fault(certificate: Certificate) -> None:
    found = plan_with(certificate)
    fault = get_fault(found)
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_NOT_USABLE)
    assert found.certificate == certificate


def test_a_root_without_its_key_cannot_be_used() -> None:
    assert "private key" in get_fault(plan_with(ROOT, has_key=False)).message


def test_a_root_that_ends_within_days_leaves_no_life_for_intermediates() -> None:
    found = plan_with(replace(ROOT, not_after=NOW + timedelta(hours=30)))
    fault = get_fault(found)
    assert (fault.status, fault.reason) == (
        ConditionStatus.FALSE,
        Reason.ROOT_EXPIRES_TOO_SOON,
    )
    assert found.certificate is not None


def test_a_mount_that_lets_nothing_live_a_day_is_told_alike() -> None:
    fault = get_fault(plan(build_issuer(), mount=build_mount(days=0)))
    assert fault.reason == Reason.ROOT_EXPIRES_TOO_SOON


def test_a_mount_that_cuts_lives_short_is_warned_of_with_the_command() -> None:
    found = plan(build_issuer(), mount=build_mount(days=32))
    assert found.usable is not None
    assert found.usable.ttl_days == 32
    (warning,) = found.warnings
    assert warning == (
        "Intermediates live 32 days instead of 365: the mount pki/ allows no more; raise it with "
        "`vault secrets tune -max-lease-ttl=8784h pki`."
    )


def test_a_root_that_cuts_lives_short_is_warned_of() -> None:
    found = plan_with(replace(ROOT, not_after=NOW + timedelta(days=200)))
    assert found.usable is not None
    assert found.usable.ttl_days == 196
    assert found.warnings == ("Intermediates live 196 days instead of 365: the root ends before.",)


def test_weaknesses_of_the_root_are_warned_of() -> None:
    (warning,) = plan_with(replace(ROOT, key_usages=None)).warnings
    assert "no key usage" in warning


@pytest.mark.parametrize("issuer_id", ["default", "a/b", "", "..", 'a"b', TOKEN + "/"])
def test_an_issuer_that_no_policy_can_name_is_refused(issuer_id: str) -> None:
    fault = get_fault(plan(build_issuer(issuer_id=issuer_id)))
    assert fault.reason == Reason.ROOT_NOT_USABLE
    assert "which no Vault policy can name: name another issuer in caPath." in fault.message
    assert TOKEN not in fault.message
