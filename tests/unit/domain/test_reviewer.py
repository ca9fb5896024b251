from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.acceptance import accept_policy
from roottrust.domain.action import Verb
from roottrust.domain.cluster_plan import ClusterPlan
from roottrust.domain.desired import build_auth_config, build_role
from roottrust.domain.facts import ClusterFacts
from roottrust.domain.login_check import AccountReview, LoginCheck
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import plan_policy
from roottrust.domain.repair import list_repairs
from roottrust.domain.reviewer import ReviewerToken, find_next_renewal
from roottrust.domain.reviewer_status import list_reviewer_tokens, read_reviewer_tokens
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import digest_fields
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import (
    BY_ACCOUNT,
    IDENTITY,
    TERMS,
    TOKEN_KEYS,
    build_cluster,
    build_known,
    build_mount,
    build_reviewer_token,
    build_snapshot,
    build_spec,
    build_target,
)
from tests.unit.domain.vault_model import settle

CLUSTER = build_cluster(login_check=BY_ACCOUNT)
CONFIG = "auth/kube-cluster1-mesh-auth/config"
LIFE = timedelta(hours=24)


def build_settled(check: LoginCheck = BY_ACCOUNT) -> Snapshot:
    """Return a Vault that is as the policy wants it, with a token that was just made."""
    target = build_target(build_cluster(login_check=check))
    snapshot, _ = settle(build_snapshot(target), rounds=4)
    tokens = {
        path: replace(each, is_fresh=False) for path, each in snapshot.reviewer_tokens.items()
    }
    return replace(snapshot, reviewer_tokens=tokens)


def plan(snapshot: Snapshot) -> ClusterPlan:
    return plan_policy(snapshot).clusters["cluster1"]


def find_renewal(**changes: Any) -> str | None:
    """Return what is told to be wrong with a token that is as it should be but for the changes."""
    snapshot = build_settled()
    token = replace(snapshot.reviewer_tokens[CONFIG], **changes)
    (action, *more) = (*plan(replace(snapshot, reviewer_tokens={CONFIG: token})).actions, None)
    if action is None:
        return None
    assert more == [None]
    assert (action.verb, action.wanted.path, action.wanted.needs_reviewer) == (
        Verb.UPDATE,
        CONFIG,
        True,
    )
    (difference,) = action.differences
    assert (difference.field, difference.wanted) == (
        "token_reviewer_jwt",
        "a fresh token of the reviewer",
    )
    return difference.found


def test_the_policy_says_who_reviews() -> None:
    auth = {"reviewer": "ServiceAccountToken", "audience": "vault"}
    target = accept_policy(
        IDENTITY,
        build_spec(management={"workloadAuth": auth}),
        server=TERMS,
        clusters=(build_known(token_keys=TOKEN_KEYS, reviewer_uid="uid-1"),),
        agents_ca_pem=None,
    )
    (cluster,) = target.clusters
    assert cluster.login_check == AccountReview(
        audience="vault", account_uid="uid-1", key_ids=frozenset({"key-1"})
    )
    assert target.warnings == ()


def test_one_audience_may_serve_several_clusters_that_review_themselves() -> None:
    auth = {"reviewer": "ServiceAccountToken", "audience": "vault"}
    target = accept_policy(
        IDENTITY,
        build_spec(management={"workloadAuth": auth}),
        server=TERMS,
        clusters=(build_known("a"), build_known("b")),
        agents_ca_pem=None,
    )
    assert [build_role(each).fields["audience"] for each in target.clusters] == ["vault", "vault"]


def test_the_config_asks_for_a_token_and_holds_none() -> None:
    wanted = build_auth_config(CLUSTER)
    assert wanted.needs_reviewer
    assert not wanted.secrets
    assert "token_reviewer_jwt" not in {**wanted.fields, **wanted.extra}
    assert build_role(CLUSTER).fields["audience"] == ""


def test_a_good_token_is_left_alone() -> None:
    assert find_renewal() is None
    assert find_renewal(issued_at=NOW - LIFE / 2, expires_at=NOW + LIFE / 2) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"issued_at": NOW - LIFE * 2 / 3, "expires_at": NOW + LIFE / 3},
            f"due for renewal since {NOW:%Y-%m-%dT%H:%MZ}",
        ),
        ({"issued_at": NOW - LIFE * 2, "expires_at": NOW - LIFE}, "due for renewal since"),
        ({"issued_at": NOW + timedelta(hours=1), "expires_at": NOW + LIFE}, "not known"),
        ({"account_uid": "uid-gone"}, "of an account that was deleted"),
        ({"key_id": "key-0"}, "signed by a key that is published no more"),
    ],
)
def test_a_token_that_will_not_do_is_exchanged(changes: dict[str, Any], words: str) -> None:
    found = find_renewal(**changes)
    assert found is not None
    assert found.startswith(words)


def test_a_token_that_nothing_is_known_of_is_exchanged() -> None:
    (action,) = plan(replace(build_settled(), reviewer_tokens={})).actions
    assert action.differences[0].found == "not known to be valid"


def test_what_is_not_known_of_the_cluster_condemns_no_token() -> None:
    blind = build_settled(replace(BY_ACCOUNT, account_uid=None, key_ids=None))
    assert plan(blind).actions == ()


def test_a_fresh_token_may_be_newer_than_what_is_known() -> None:
    assert find_renewal(account_uid="uid-new", key_id="key-new", is_fresh=True) is None


def edit_config(snapshot: Snapshot, **changes: Any) -> Snapshot:
    facts = snapshot.facts.clusters["cluster1"]
    assert isinstance(facts, ClusterFacts)
    edited = replace(facts, auth_config={**(facts.auth_config or {}), **changes})
    return replace(snapshot, facts=replace(snapshot.facts, clusters={"cluster1": edited}))


def test_a_token_that_was_removed_is_drift() -> None:
    (action,) = plan(edit_config(build_settled(), token_reviewer_jwt_set=False)).actions
    assert action.differences[0].found == "removed"


def test_a_server_that_does_not_tell_of_the_token_is_believed() -> None:
    assert plan(edit_config(build_settled(), token_reviewer_jwt_set=None)).actions == ()


def test_any_write_of_the_config_brings_a_token() -> None:
    (action,) = plan(edit_config(build_settled(), kubernetes_host="https://x")).actions
    assert [each.field for each in action.differences] == ["kubernetes_host"]
    assert action.wanted.needs_reviewer


def test_a_mount_of_others_is_not_taken_to_have_our_token() -> None:
    settled = build_settled()
    by_hand = {"kube-cluster1-mesh-auth": build_mount("kubernetes", description="by hand", days=0)}
    found = plan(
        replace(
            settled,
            facts=replace(settled.facts, auth_mounts=by_hand),
            reviewer_tokens={},
        )
    )
    assert [each.path for each in found.conflicts] == [CONFIG]
    assert found.conflicts[0].can_be_adopted
    assert CONFIG not in [each.wanted.path for each in found.actions]


def test_the_token_goes_when_another_reviewer_is_chosen() -> None:
    before = edit_config(build_settled(), token_reviewer_jwt_set=None)  # HashiCorp Vault 1.13
    snapshot = replace(before, target=build_target(build_cluster()))
    (action,) = plan(snapshot).actions
    assert action.wanted.extra == {"token_reviewer_jwt": ""}
    assert [(each.field, each.wanted) for each in action.differences] == [
        ("token_reviewer_jwt", "empty")
    ]
    settled, _ = settle(snapshot, rounds=4)
    assert settled.reviewer_tokens == {}
    assert plan(settled).actions == ()


def test_a_renewal_is_no_repair() -> None:
    settled = build_settled()
    (managed,) = (each for each in plan(settled).managed if each.wanted.path == CONFIG)
    known = {CONFIG: digest_fields(managed.wanted)}
    renewed = plan(replace(settled, reviewer_tokens={})).actions
    removed = plan(edit_config(settled, token_reviewer_jwt_set=False)).actions
    assert [each.reason for each in list_repairs(renewed, known=known, told=[])] == ["Updated"]
    (event,) = list_repairs(removed, known=known, told=[])
    assert event.reason == "DriftRepaired"
    assert event.message == f"Repaired in Vault: {CONFIG} had another token_reviewer_jwt."


def test_the_next_renewal_is_at_two_thirds_of_the_shortest_life() -> None:
    tokens = [build_reviewer_token(), build_reviewer_token(expires_at=NOW + timedelta(hours=3))]
    assert find_next_renewal(tokens, NOW) == 2 * 3600


@pytest.mark.parametrize("tokens", [[], [build_reviewer_token(NOW - LIFE)]])
def test_without_a_token_to_renew_later_nothing_is_due(tokens: list[ReviewerToken]) -> None:
    assert find_next_renewal(tokens, NOW) is None


def test_status_tells_of_tokens_at_the_policy_s_own_mounts() -> None:
    token = build_reviewer_token()
    outcome = Outcome(
        generation=1,
        target=build_target(CLUSTER),
        reviewer_tokens={CONFIG: token, "auth/elsewhere/config": token},
    )
    (entry,) = list_reviewer_tokens(outcome, RootTrustPolicyStatus())
    assert (entry.path, entry.cluster, entry.key_id) == (CONFIG, "cluster1", "key-1")
    assert read_reviewer_tokens(RootTrustPolicyStatus(reviewer_tokens=(entry,))) == {CONFIG: token}


def test_what_nothing_new_is_known_of_stays_as_it_was_told() -> None:
    told = RootTrustPolicyStatus(
        reviewer_tokens=list_reviewer_tokens(
            Outcome(
                generation=1,
                target=build_target(CLUSTER),
                reviewer_tokens={CONFIG: build_reviewer_token()},
            ),
            RootTrustPolicyStatus(),
        )
    )
    nothing_new = Outcome(generation=1, target=build_target(CLUSTER))
    assert list_reviewer_tokens(nothing_new, told) == told.reviewer_tokens
    no_target = Outcome(generation=1, reviewer_tokens={})
    assert list_reviewer_tokens(no_target, told) == ()
