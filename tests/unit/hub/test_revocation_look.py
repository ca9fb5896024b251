"""Where the hub may revoke: in mounts of its own policies, that of the root's owner among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.domain.plan import Plan
from roottrust.hub.revocation_look import RevocationLook
from tests.unit.domain.issuances import PLAN
from tests.unit.domain.samples import (
    CLAIMANT,
    IDENTITY,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    ROOT,
    build_facts,
    build_mount,
    build_target,
)
from tests.unit.hub.fakes import fake

OWNER = OTHER_POLICY.policy


def look(description: str = "", *, plan: Plan | None = PLAN, **changes: Any) -> RevocationLook:
    known = RevocationLook(
        policy=fake(None),
        claimant=CLAIMANT,
        owner=OWNER,
        target=build_target(),
        get_server=fake(None),
        plan=plan,
        facts=build_facts(mounts={"pki": build_mount(description=description)}),
        request=fake(None),
        report=fake(None),
        writes=True,
    )
    return replace(known, **changes)


@pytest.mark.parametrize("mark", [OURS, OTHER_POLICY])
def test_in_the_mount_of_the_policy_or_of_the_owner_of_its_root_it_may(mark: Any) -> None:
    assert look(mark.render()).hindrance is None


@pytest.mark.parametrize(
    "found",
    [
        look(),
        look("somebody's"),
        look(OTHER_HUB.render()),
        look(OTHER_POLICY.render(), owner=IDENTITY),
        look(OURS.render(), facts=build_facts(mounts={})),
        look(OURS.render(), facts=None),
    ],
)
def test_elsewhere_it_may_not(found: RevocationLook) -> None:
    assert found.hindrance == "pki/ does not carry roottrust's mark"


def test_where_others_may_have_intermediates_of_the_name_it_may_not() -> None:
    target = build_target(unnamed_ca_path="pki/root/sign-intermediate")
    hindrance = look(OURS.render(), target=target).hindrance
    assert hindrance is not None
    assert "allowUnnamedIssuer" in hindrance


def test_roots_are_known_by_the_plan() -> None:
    assert look().roots == (ROOT,)
    assert look().root_fingerprint == ROOT.fingerprint
    assert look(plan=None).root_fingerprint is None
