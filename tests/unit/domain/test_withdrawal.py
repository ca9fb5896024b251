"""Only one of two roots may sign: the next one at last, or after a roll-back not that one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.domain.action import Action
from roottrust.domain.plan import plan_policy
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.vault_target import RotationPhase
from roottrust.domain.target import RootTarget
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.rotations import (
    ALL_USAGES,
    NEXT_ID,
    WITHDRAWN,
    build_next,
    build_rotating,
    build_rotation,
)
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    GENERATED_ROOT,
    IMPORTED_ROOT,
    ISSUER_ID,
    OTHER_ROOT,
    OURS,
    build_issuer,
)

LEFT = "crl-signing,ocsp-signing,read-only"
MAY_SIGN = build_issuer(usages=ALL_USAGES)


def plan(
    phase: RotationPhase,
    *,
    source: RootTarget = GENERATED_ROOT,
    default: str = ISSUER_ID,
    recorded: str = ISSUER_ID,
    is_compromised: bool = False,
    **facts: Any,
) -> NextRootPlan:
    found = {"next_issuer": build_next(), "default_issuer": default, **facts}
    rotation = build_rotation(source, phase, default_issuer=recorded)
    rotation = replace(rotation, is_compromised=is_compromised)
    snapshot = build_rotating(rotation, **found)
    planned = plan_policy(snapshot).next_root
    assert planned is not None
    return planned


def describe(actions: tuple[Action, ...]) -> list[tuple[str, object]]:
    return [(each.wanted.path, *each.wanted.fields.values()) for each in actions]


def test_a_root_is_retired_by_the_default_issuer_first_and_its_own_usage_then() -> None:
    retired = plan(RotationPhase.RETIRE)
    assert describe(retired.actions) == [
        ("pki/config/issuers", NEXT_ID),
        (f"pki/issuer/{ISSUER_ID}", LEFT),
    ]
    assert not retired.is_done


def test_a_retired_root_leaves_nothing_to_do() -> None:
    done = plan(RotationPhase.RETIRE, default=NEXT_ID, root_issuer=build_issuer(usages=WITHDRAWN))
    assert (done.actions, done.warnings, done.is_done) == ((), (), True)
    gone = plan(RotationPhase.RETIRE, default=NEXT_ID, root_issuer=None)
    assert (gone.actions, gone.is_done) == ((), True)


def test_a_default_issuer_that_is_neither_root_is_left_as_it_is() -> None:
    retired = plan(RotationPhase.RETIRE, default="other-1", recorded="other-1")
    assert describe(retired.actions) == [(f"pki/issuer/{ISSUER_ID}", LEFT)]


def test_no_root_is_retired_before_the_next_one_can_sign() -> None:
    for following in (None, build_next(has_key=False), build_next(usages=WITHDRAWN)):
        assert plan(RotationPhase.RETIRE, next_issuer=following).actions == ()


def test_another_root_under_the_id_of_the_one_in_use_is_not_retired() -> None:
    other = build_issuer(certificate=OTHER_ROOT, usages=ALL_USAGES)
    retired = plan(RotationPhase.RETIRE, default=NEXT_ID, root_issuer=other)
    assert retired.actions == ()


def test_a_vault_that_tells_no_usage_is_warned_of() -> None:
    untold = plan(RotationPhase.RETIRE, default=NEXT_ID, root_issuer=build_issuer(usages=None))
    assert (untold.actions, untold.is_done) == ((), True)
    (warning,) = untold.warnings
    assert warning.endswith("it may still sign.")
    (warning,) = plan(RotationPhase.RETURN, next_issuer=build_next(usages=None)).warnings
    assert warning.endswith("it may still sign.")


def test_in_a_mount_without_our_mark_roots_are_left_and_told_with_the_commands() -> None:
    left = plan(RotationPhase.RETIRE, source=EXISTING_ROOT, mark=None, root_issuer=MAY_SIGN)
    assert (left.actions, left.is_done) == ((), False)
    first, second = left.left
    assert f"`vault write pki/config/issuers default={NEXT_ID}`" in first
    assert f"`vault patch pki/issuer/{ISSUER_ID} usage={LEFT}`" in second


def test_what_a_person_has_done_in_such_a_mount_is_done() -> None:
    gone = build_issuer(usages=WITHDRAWN)
    done = plan(
        RotationPhase.RETIRE, source=EXISTING_ROOT, mark=None, default=NEXT_ID, root_issuer=gone
    )
    assert (done.left, done.is_done) == ((), True)
    untold = build_issuer(usages=None)
    asked = plan(
        RotationPhase.RETIRE, source=EXISTING_ROOT, mark=None, default=NEXT_ID, root_issuer=untold
    )
    assert (asked.left, asked.is_done) == ((), True), "what nobody can tell holds nothing up"
    (warning,) = asked.warnings
    assert warning.endswith("it may still sign.")


def test_an_administrator_s_next_root_retires_one_of_ours() -> None:
    retired = plan(RotationPhase.RETIRE, source=EXISTING_ROOT, mark=OURS, root_issuer=MAY_SIGN)
    assert describe(retired.actions) == [
        ("pki/config/issuers", NEXT_ID),
        (f"pki/issuer/{ISSUER_ID}", LEFT),
    ]


def test_after_a_roll_back_a_root_of_ours_may_sign_nothing() -> None:
    for source in (GENERATED_ROOT, IMPORTED_ROOT):
        returned = plan(RotationPhase.RETURN, source=source)
        assert describe(returned.actions) == [(f"pki/issuer/{NEXT_ID}", LEFT)]
        assert returned.usable is None
    done = plan(RotationPhase.RETURN, next_issuer=build_next(usages=WITHDRAWN))
    assert (done.actions, done.is_done) == ((), True)


def test_after_a_roll_back_an_administrator_s_root_is_left_and_told() -> None:
    returned = plan(RotationPhase.RETURN, source=EXISTING_ROOT)
    assert (returned.actions, returned.is_done) == ((), True)
    (warning,) = returned.warnings
    assert f"`vault patch pki/issuer/{NEXT_ID} usage={LEFT}`" in warning


def test_a_roll_back_is_done_with_a_root_that_is_not_there_or_was_no_good() -> None:
    for following in (None, build_next(None, usages=WITHDRAWN)):
        assert plan(RotationPhase.RETURN, next_issuer=following).is_done
    unreadable = plan(RotationPhase.RETURN, next_issuer=build_next(None))
    assert describe(unreadable.actions) == [(f"pki/issuer/{NEXT_ID}", LEFT)]


def test_a_compromised_root_is_revoked_at_last() -> None:
    retired = plan(RotationPhase.RETIRE, is_compromised=True)
    assert describe(retired.actions) == [
        ("pki/config/issuers", NEXT_ID),
        (f"pki/issuer/{ISSUER_ID}", LEFT),
        (f"pki/issuer/{ISSUER_ID}", True),
    ]
    revoked = build_issuer(usages=WITHDRAWN, is_revoked=True)
    done = plan(RotationPhase.RETIRE, is_compromised=True, default=NEXT_ID, root_issuer=revoked)
    assert (done.actions, done.is_done) == ((), True)
    withdrawn = build_issuer(usages=WITHDRAWN)
    left = plan(RotationPhase.RETIRE, is_compromised=True, default=NEXT_ID, root_issuer=withdrawn)
    assert describe(left.actions) == [(f"pki/issuer/{ISSUER_ID}", True)]


@pytest.mark.parametrize("phase", set(RotationPhase) - {RotationPhase.RETIRE})
def test_nothing_is_revoked_before(phase: RotationPhase) -> None:
    kinds = [each.wanted.kind for each in plan(phase, is_compromised=True).actions]
    assert VaultKind.ISSUER_REVOCATION not in kinds


def test_in_a_mount_that_is_not_ours_the_administrator_is_told_how_to_revoke() -> None:
    withdrawn = build_issuer(usages=WITHDRAWN)
    found = plan(
        RotationPhase.RETIRE,
        source=EXISTING_ROOT,
        mark=None,
        is_compromised=True,
        default=NEXT_ID,
        root_issuer=withdrawn,
    )
    assert found.actions == ()
    (left,) = found.left
    assert f"`vault write -force pki/issuer/{ISSUER_ID}/revoke`" in left
    revoked = replace(withdrawn, is_revoked=True)
    done = plan(
        RotationPhase.RETIRE,
        source=EXISTING_ROOT,
        mark=None,
        is_compromised=True,
        default=NEXT_ID,
        root_issuer=revoked,
    )
    assert done.is_done


def test_of_what_is_revoked_nobody_is_warned_though_its_usage_is_not_told() -> None:
    untold = build_issuer(usages=None)
    found = plan(RotationPhase.RETIRE, is_compromised=True, default=NEXT_ID, root_issuer=untold)
    assert describe(found.actions) == [(f"pki/issuer/{ISSUER_ID}", True)]
    assert found.warnings == ()
