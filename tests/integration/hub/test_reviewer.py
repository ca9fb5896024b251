"""ServiceAccountToken: Vault has tokens reviewed by an account that may do nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from testbed import Cluster, Vault
from tests.integration.access_review import may_do
from tests.integration.hub.conftest import HUB_NAMESPACE
from tests.integration.hub.istiod import ACCOUNT, Account, log_in
from tests.integration.hub.mesh import delete_all_meshes
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.resync import wait_for_resyncs
from tests.integration.hub.reviewer import (
    PLACE,
    REVIEWER,
    USER,
    Entry,
    apply_reviewer,
    make_plain_account,
    read_entry,
)
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import FORBIDDEN, Ask, read, write

ACCOUNTS, TOKENS = ("", "serviceaccounts"), ("", "serviceaccounts/token")
TOKEN_REVIEWS = ("authentication.k8s.io", "tokenreviews")
HUB = f"system:serviceaccount:{HUB_NAMESPACE}:roottrust-hub"
BY_ACCOUNT = {"spec.management": {"workloadAuth": {"reviewer": "ServiceAccountToken"}}}


@pytest.fixture
def reviewer(cluster: Cluster, hub_kubeconfig: object) -> None:
    apply_reviewer(cluster)


@pytest.fixture
def policy(
    operator: OperatorProcess,
    reviewer: None,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
) -> Policy:
    delete_all_meshes(cluster)  # of those that tests before have left a status would tell
    policy = make_policy(names, BY_ACCOUNT)
    policy.wait_until_ready()
    return policy


@pytest.fixture
def plain_istiod(cluster: Cluster, namespace: str) -> Account:
    """istiod's account without the right to review tokens."""
    return make_plain_account(cluster, namespace, ACCOUNT)


def test_istiod_logs_in_without_a_right_to_review_tokens(
    policy: Policy, cluster: Cluster, vault: Vault, names: Names, plain_istiod: Account
) -> None:
    answer = log_in(vault, plain_istiod.make_token(), names)
    assert answer.ok, answer.text
    assert answer.json()["auth"]["policies"] == [names.role]
    other = make_plain_account(cluster, plain_istiod.namespace, "gateway")
    assert log_in(vault, other.make_token(), names).status_code == FORBIDDEN
    assert not [text for text in policy.read_status()["warnings"] if "API token" in text]


def test_status_tells_of_the_token_and_never_the_token(policy: Policy, names: Names) -> None:
    entry = read_entry(policy)
    assert entry["path"] == f"auth/{names.auth_mount}/config"
    assert entry["cluster"] == "cluster1"
    life = read_time(entry, "expiresAt") - read_time(entry, "issuedAt")
    assert timedelta(hours=23) < life <= timedelta(hours=24, minutes=1)
    assert "eyJ" not in json.dumps(policy.read())
    assert "eyJ" not in policy.kubectl("get", "events", "-o=json")


def test_only_tokens_of_the_audience_pass(
    operator: OperatorProcess,
    reviewer: None,
    make_policy: MakePolicy,
    vault: Vault,
    names: Names,
    plain_istiod: Account,
) -> None:
    auth = {"reviewer": "ServiceAccountToken", "audience": "vault"}
    make_policy(names, {"spec.management": {"workloadAuth": auth}}).wait_until_ready()
    assert log_in(vault, plain_istiod.make_token(audience="vault"), names).ok
    assert log_in(vault, plain_istiod.make_token(), names).status_code == FORBIDDEN


def test_nothing_is_written_while_the_token_is_good(
    policy: Policy, operator: OperatorProcess
) -> None:
    before = (count_exchanges(operator), policy.read_status())
    wait_for_resyncs(operator)
    assert (count_exchanges(operator), policy.read_status()) == before


def count_exchanges(operator: OperatorProcess) -> tuple[float, float]:
    """Return how many writes to Vault and how many TokenRequests there were; Events may be late."""
    requests = operator.sum_metric("roottrust_kubernetes_writes_total", kind="serviceaccounts")
    return operator.count_writes()["vault"], requests


def test_a_token_is_renewed_when_two_thirds_of_its_life_are_over(
    policy: Policy, vault: Vault, names: Names, plain_istiod: Account
) -> None:
    outdate(policy)
    wait_for(lambda: read_entry(policy), is_recent)
    assert log_in(vault, plain_istiod.make_token(), names).ok
    assert policy.read_events("DriftRepaired") == []


def test_a_status_that_is_lost_costs_one_renewal(policy: Policy) -> None:
    policy.patch_status(None)
    wait_for(lambda: policy.read_status().get("reviewerTokens"), bool)
    policy.wait_until_ready()


def test_a_token_that_was_removed_is_put_back(
    policy: Policy, admin: Ask, vault: Vault, names: Names, plain_istiod: Account
) -> None:
    path = f"auth/{names.auth_mount}/config"
    config = read(admin, path)
    assert config is not None
    write(admin, path, {**config, "token_reviewer_jwt": ""})
    assert log_in(vault, plain_istiod.make_token(), names).status_code == FORBIDDEN
    if "token_reviewer_jwt_set" not in config:
        outdate(policy)  # HashiCorp Vault 1.13 does not show whether it has one
    wait_for(lambda: log_in(vault, plain_istiod.make_token(), names).ok, bool, every=1)


def test_the_token_goes_when_another_reviewer_is_chosen(
    policy: Policy, admin: Ask, vault: Vault, names: Names, plain_istiod: Account
) -> None:
    policy.apply(names.build_changes())
    policy.wait_until_ready()
    assert "reviewerTokens" not in policy.read_status()
    config = read(admin, f"auth/{names.auth_mount}/config")
    assert config is not None
    assert not config.get("token_reviewer_jwt_set")
    # The account that logs in is the one that reviews now, and it may not.
    assert log_in(vault, plain_istiod.make_token(), names).status_code == FORBIDDEN


def test_a_missing_account_is_named_with_what_to_apply(
    operator: OperatorProcess,
    reviewer: None,
    cluster: Cluster,
    make_policy: MakePolicy,
    admin: Ask,
    names: Names,
) -> None:
    cluster.kubectl("delete", "serviceaccount", REVIEWER, PLACE)
    policy = make_policy(names, BY_ACCOUNT)
    condition = policy.wait_for("VaultConfigured", "Unknown", "ReviewerNotFound")
    assert f"gloo-mesh/{REVIEWER} does not exist" in condition["message"]
    assert "apply deploy/base/reviewer.yaml there" in condition["message"]
    assert read(admin, f"auth/{names.auth_mount}/role/{names.role}") is None
    apply_reviewer(cluster)
    policy.nudge()
    policy.wait_until_ready()


@pytest.mark.refused("roottrust-")
@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("clusterrolebinding", REVIEWER), "may not create tokenreviews"),
        (("rolebinding", "roottrust-reviewer-tokens", PLACE), "grant it create on"),
    ],
)
def test_a_missing_right_is_named_with_what_to_apply(
    operator: OperatorProcess,
    reviewer: None,
    cluster: Cluster,
    make_policy: MakePolicy,
    names: Names,
    missing: tuple[str, ...],
    words: str,
) -> None:
    cluster.kubectl("delete", *missing)
    policy = make_policy(names, BY_ACCOUNT)
    condition = policy.wait_for("VaultConfigured", "False", "AccessDenied")
    assert words in condition["message"]
    assert "deploy/base/reviewer.yaml" in condition["message"]
    apply_reviewer(cluster)
    policy.nudge()
    policy.wait_until_ready()


def test_tokens_of_an_account_made_anew_are_exchanged(
    quick_operator: OperatorProcess,
    reviewer: None,
    cluster: Cluster,
    make_policy: MakePolicy,
    vault: Vault,
    names: Names,
    plain_istiod: Account,
) -> None:
    policy = make_policy(names, BY_ACCOUNT)
    policy.wait_until_ready()
    before = read_entry(policy)
    cluster.kubectl("delete", "serviceaccount", REVIEWER, PLACE)
    apply_reviewer(cluster)
    after = wait_for(
        lambda: read_entry(policy), lambda entry: entry["accountUid"] != before["accountUid"]
    )
    assert after["path"] == before["path"]
    assert log_in(vault, plain_istiod.make_token(), names).ok


@pytest.mark.parametrize(
    ("verb", "resource", "may"),
    [
        ("create", TOKEN_REVIEWS, True),
        ("get", ("", "secrets"), False),
        ("list", ("", "pods"), False),
        ("create", TOKENS, False),
        ("create", ("authorization.k8s.io", "subjectaccessreviews"), False),
        ("get", ("admin.gloo.solo.io", "roottrustpolicies"), False),
        ("impersonate", ("", "users"), False),
    ],
)
def test_the_reviewer_may_review_and_nothing_else(
    reviewer: None, cluster: Cluster, verb: str, resource: tuple[str, str], may: bool
) -> None:
    assert may_do(cluster, USER, verb, resource, HUB_NAMESPACE) is may


@pytest.mark.parametrize(
    ("verb", "resource", "name", "may"),
    [
        ("create", TOKENS, REVIEWER, True),
        ("get", ACCOUNTS, REVIEWER, True),
        ("create", TOKENS, "default", False),
        ("create", TOKENS, "roottrust-hub", False),
        ("list", ACCOUNTS, "", False),
        ("create", TOKEN_REVIEWS, "", False),
    ],
)
def test_the_hub_may_have_tokens_of_the_reviewer_made_and_no_others(
    reviewer: None, cluster: Cluster, verb: str, resource: tuple[str, str], name: str, may: bool
) -> None:
    assert may_do(cluster, HUB, verb, resource, HUB_NAMESPACE, name=name) is may


def outdate(policy: Policy) -> None:
    """Let the status say that the token was made a day ago."""
    entry = read_entry(policy)
    moved = {
        name: (read_time(entry, name) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name in ("issuedAt", "expiresAt")
    }
    policy.patch_status({"reviewerTokens": [{**entry, **moved}]})


def read_time(entry: Entry, name: str) -> datetime:
    return datetime.fromisoformat(entry[name])


def is_recent(entry: Any) -> bool:
    return datetime.now(UTC) - read_time(entry, "issuedAt") < timedelta(minutes=5)
