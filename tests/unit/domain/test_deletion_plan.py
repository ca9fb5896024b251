from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.choices import ObjectOrigin
from roottrust.domain.deletion_plan import DeletionFacts, DeletionPlan, plan_deletion
from roottrust.domain.deletion_report import (
    describe_leftovers,
    describe_removed,
    describe_wait,
    list_leftovers,
)
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.facts import Unread
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.deletions import (
    NOTHING,
    SCOPE,
    build_deletion_facts,
    build_document,
    build_object,
)
from tests.unit.domain.samples import (
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
    build_mount,
)
from tests.unit.domain.strategies import BROKEN, DENIED

ROLE = "auth/kube-a/role/gen-a"
POLICY = "sys/policies/acl/gen-a"
EVERYTHING = [ROLE, POLICY, "auth/kube-a", "pki_int_a"]
MADE = (
    build_object(VaultKind.SECRETS_MOUNT, "pki_int_a"),
    build_object(VaultKind.AUTH_MOUNT, "auth/kube-a"),
    build_object(VaultKind.AUTH_CONFIG, "auth/kube-a/config"),
    build_object(VaultKind.POLICY, POLICY),
    build_object(VaultKind.ROLE, ROLE),
)


def plan(facts: DeletionFacts, scope: DeletionScope = SCOPE, **in_use: str) -> DeletionPlan:
    return plan_deletion(scope, facts, in_use=in_use)


def list_removed(facts: DeletionFacts, scope: DeletionScope = SCOPE, **in_use: str) -> list[str]:
    return [action.wanted.path for action in plan(facts, scope, **in_use).actions]


def test_all_that_was_made_is_found_by_its_marks_and_removed_in_reverse() -> None:
    assert list_removed(build_deletion_facts()) == EVERYTHING
    assert plan(NOTHING) == DeletionPlan()


@pytest.mark.parametrize("mark", [OURS_ADOPTED, OURS_OF_OLD, OTHER_POLICY, OTHER_HUB])
def test_what_was_adopted_or_is_of_others_is_neither_removed_nor_told(mark: object) -> None:
    text = mark.render()  # type: ignore[attr-defined]
    facts = build_deletion_facts(
        mounts={"pki_int_a": build_mount(description=text)},
        auth_mounts={"kube-a": build_mount("kubernetes", description=text)},
        policies={"gen-a": build_document(text)},
    )
    assert plan(facts, replace(SCOPE, made=MADE)) == DeletionPlan()


def test_what_lost_its_mark_is_left_and_told() -> None:
    facts = build_deletion_facts(
        mounts={"pki_int_a": build_mount()},
        auth_mounts={"kube-a": build_mount("kubernetes")},
        policies={"gen-a": "path"},
    )
    found = plan(facts, replace(SCOPE, made=MADE))
    assert found.actions == ()
    assert found.waiting == ()
    left = [each.object.path for each in found.left]
    assert left == [POLICY, "auth/kube-a", "pki_int_a"]
    assert plan(facts) == DeletionPlan()  # who never made it has nothing to tell of it


def test_auth_mount_with_roles_of_others_is_left_without_ours() -> None:
    facts = build_deletion_facts(roles={"kube-a": ("ci", "gen-a")})
    found = plan(facts)
    assert [action.wanted.path for action in found.actions] == [ROLE, POLICY, "pki_int_a"]
    assert [each.why for each in found.left] == ["it has roles of others: ci"]


def test_role_is_ours_by_status_where_its_policy_is_gone() -> None:
    facts = build_deletion_facts(policies={"gen-a": None})
    assert list_removed(facts) == ["pki_int_a"]
    assert list_removed(facts, replace(SCOPE, made=MADE)) == [ROLE, "auth/kube-a", "pki_int_a"]
    assert list_removed(facts, replace(SCOPE, asked=MADE)) == [ROLE, "auth/kube-a", "pki_int_a"]


def test_role_that_nobody_may_read_about_is_of_others() -> None:
    roles = {"kube-a": ("admins",)}
    denied = build_deletion_facts(roles=roles, policies={"admins": Unread(error=DENIED)})
    assert [each.object.path for each in plan(denied).left] == ["auth/kube-a"]
    broken = build_deletion_facts(roles=roles, policies={"admins": Unread(error=BROKEN)})
    assert [each.object.path for each in plan(broken).waiting] == ["auth/kube-a"]


def test_what_cannot_be_read_is_waited_for() -> None:
    facts = build_deletion_facts(
        roles={"kube-a": Unread(error=BROKEN)},
        policies={"gen-a": Unread(error=DENIED)},
        roots={"pki_int_a": Unread(error=DENIED)},
    )
    found = plan(facts, replace(SCOPE, made=MADE))
    assert found.actions == ()
    assert describe_wait(found.waiting) == (
        f"{POLICY}: Vault denied read on x: grant it; auth/kube-a: Vault answered HTTP 500; "
        "pki_int_a: Vault denied read on x: grant it"
    )


def test_mount_in_use_is_waited_for_unless_forced() -> None:
    facts = build_deletion_facts()
    found = plan(facts, pki_int_a="IssuedCertificate a/b")
    assert [action.wanted.path for action in found.actions] == EVERYTHING[:-1]
    assert describe_wait(found.waiting) == (
        "pki_int_a: IssuedCertificate a/b depends on it (delete that first, or annotate this "
        "policy: admin.gloo.solo.io/force-delete=true)"
    )
    forced = replace(SCOPE, is_forced=True)
    assert list_removed(facts, forced, pki_int_a="IssuedCertificate a/b") == EVERYTHING


def test_root_is_never_removed_whatever_its_mount_is_called() -> None:
    mark = OURS.render()
    mounts = {name: build_mount(description=mark) for name in ("pki", "pki_int_a")}
    assert (
        list_removed(build_deletion_facts(mounts=mounts, roots={"pki_int_a": True}))
        == EVERYTHING[:3]
    )


def test_names_that_no_policy_can_have_are_not_looked_for() -> None:
    made = tuple(
        build_object(VaultKind.POLICY, f"sys/policies/acl/{name}")
        for name in ("gen-a", "own", "../x", "a/b")
    )
    assert replace(SCOPE, made=made).role_names == {"gen-a"}


def test_leftovers_are_told_with_the_commands_that_remove_them() -> None:
    scope = replace(SCOPE, made=(build_object(VaultKind.SECRETS_MOUNT, "pki"), *MADE))
    left = list_leftovers(scope, None, why="Vault x is sealed: unseal it.")
    assert describe_leftovers(left, where="Vault x") == (
        "Left in Vault x; remove by hand what nobody needs: vault policy delete gen-a; "
        "vault auth disable kube-a; vault secrets disable pki_int_a "
        "(Vault x is sealed: unseal it)."
    )
    assert describe_leftovers(left, where="Vault x", limit=1) == (
        "Left in Vault x; remove by hand what nobody needs: vault policy delete gen-a "
        "(Vault x is sealed: unseal it); and 2 more, which are logged."
    )


def test_leftovers_of_a_plan_are_what_was_not_done_what_waits_and_what_stays() -> None:
    facts = build_deletion_facts(roles={"kube-a": ("ci", "gen-a")})
    found = plan(facts, pki_int_a="IssuedCertificate a/b")
    left = list_leftovers(SCOPE, found, why="Vault denied delete on x: grant it.")
    assert {each.object.path: each.why for each in left} == {
        POLICY: "Vault denied delete on x: grant it.",
        "pki_int_a": "IssuedCertificate a/b depends on it",
        "auth/kube-a": "it has roles of others: ci",
    }
    alone = list_leftovers(SCOPE, DeletionPlan(actions=found.actions[:1]), why="denied")
    assert "vault delete auth/kube-a/role/gen-a (denied)" in describe_leftovers(alone, where="x")


def test_without_status_what_the_policy_asks_for_may_be_left() -> None:
    left = list_leftovers(replace(SCOPE, asked=MADE), None, why="x")
    assert [each.object.path for each in left] == [POLICY, "auth/kube-a", "pki_int_a"]


def test_removed_paths_are_told() -> None:
    assert describe_removed([ROLE, POLICY], where="Vault x") == (
        f"Removed from Vault x: {ROLE}, {POLICY}."
    )


def test_a_mark_of_ours_is_of_a_created_object() -> None:
    assert SCOPE.owns(OURS.render())
    assert OURS.origin is ObjectOrigin.CREATED
    assert not SCOPE.owns(None)
