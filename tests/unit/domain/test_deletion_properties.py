"""What holds for the deletion of any policy in any Vault."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.domain.action import Verb
from roottrust.domain.deletion_plan import DeletionFacts, plan_deletion
from roottrust.domain.deletion_report import describe_leftovers, describe_wait, list_leftovers
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.mark import parse_mark
from roottrust.domain.policy_document import read_mark
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.deletions import MOUNTS, deletion_facts, deletion_scopes, remove
from tests.unit.domain.samples import OURS

EXAMPLES = settings(max_examples=75, deadline=None)
RANKS = {kind: rank for rank, kind in enumerate(VaultKind)}
IN_USE = st.dictionaries(st.sampled_from(MOUNTS), st.just("IssuedCertificate istio-system/istiod"))


@EXAMPLES
@given(scope=deletion_scopes(), facts=deletion_facts(), in_use=IN_USE)
def test_planning_after_removing_yields_nothing(
    scope: DeletionScope, facts: DeletionFacts, in_use: dict[str, str]
) -> None:
    plan = plan_deletion(scope, facts, in_use=in_use)
    for action in plan.actions:
        facts = remove(facts, action)
    again = plan_deletion(scope, facts, in_use=in_use)
    assert again.actions == ()
    assert (again.waiting, again.left) == (plan.waiting, plan.left)


@EXAMPLES
@given(scope=deletion_scopes(), facts=deletion_facts(), in_use=IN_USE)
def test_what_was_made_last_goes_first(
    scope: DeletionScope, facts: DeletionFacts, in_use: dict[str, str]
) -> None:
    actions = plan_deletion(scope, facts, in_use=in_use).actions
    assert {action.verb for action in actions} <= {Verb.DELETE}
    ranks = [RANKS[action.wanted.kind] for action in actions]
    assert all(before >= after for before, after in pairwise(ranks))
    assert len({action.wanted.path for action in actions}) == len(actions)


@EXAMPLES
@given(scope=deletion_scopes(), facts=deletion_facts(), in_use=IN_USE)
def test_only_what_is_marked_as_made_for_this_very_policy_is_removed(
    scope: DeletionScope, facts: DeletionFacts, in_use: dict[str, str]
) -> None:
    for action in plan_deletion(scope, facts, in_use=in_use).actions:
        path = action.wanted.path
        match action.wanted.kind:
            case VaultKind.POLICY:
                document = facts.policies[path.rpartition("/")[2]]
                text = read_mark(document) if isinstance(document, str) else None
            case VaultKind.SECRETS_MOUNT:
                text = facts.mounts[path].description
            case _:
                text = facts.auth_mounts[path.split("/")[1]].description
        assert parse_mark(text) == OURS


@EXAMPLES
@given(scope=deletion_scopes(), facts=deletion_facts(), in_use=IN_USE)
def test_no_root_and_nothing_in_use_and_no_login_of_ours_is_removed(
    scope: DeletionScope, facts: DeletionFacts, in_use: dict[str, str]
) -> None:
    for action in plan_deletion(scope, facts, in_use=in_use).actions:
        path = action.wanted.path
        if action.wanted.kind is VaultKind.SECRETS_MOUNT:
            assert path not in scope.root_mounts
            assert facts.roots[path] is False
            assert scope.is_forced or path not in in_use
        assert path not in {"auth/login", "sys/policies/acl/own"}
        assert not path.startswith("auth/login/")


@EXAMPLES
@given(scope=deletion_scopes(), facts=deletion_facts())
def test_an_auth_mount_goes_only_when_nobody_else_logs_in_there(
    scope: DeletionScope, facts: DeletionFacts
) -> None:
    plan = plan_deletion(scope, facts, in_use={})
    removed = {action.wanted.path for action in plan.actions}
    for name in facts.auth_mounts:
        roles = facts.roles[name]
        if f"auth/{name}" in removed:
            assert isinstance(roles, tuple)
            assert {f"auth/{name}/role/{role}" for role in roles} <= removed


@EXAMPLES
@given(scope=deletion_scopes(), facts=st.none() | deletion_facts())
def test_what_is_left_can_always_be_told(scope: DeletionScope, facts: DeletionFacts | None) -> None:
    plan = plan_deletion(scope, facts, in_use={}) if facts else None
    left = list_leftovers(scope, plan, why="Vault is away.")
    text = describe_leftovers(left, where="Vault x")
    assert text.endswith(".")
    assert "\n" not in text
    assert all(each.object.path.rpartition("/")[2] in text for each in left)
    if plan is not None:
        assert len(describe_wait(plan.waiting)) >= len(plan.waiting)
