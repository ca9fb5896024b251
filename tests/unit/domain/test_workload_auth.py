from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.domain.acceptance import accept_policy
from roottrust.domain.desired import build_auth_config, build_auth_mount, build_role
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.known import KnownCluster
from roottrust.domain.login_check import ClientReview, SignatureCheck
from roottrust.domain.plan import plan_policy
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from tests.unit.domain.samples import (
    BY_SIGNATURE,
    IDENTITY,
    OURS,
    TERMS,
    TOKEN_KEYS,
    build_accounts,
    build_cluster,
    build_known,
    build_mesh,
    build_snapshot,
    build_spec,
    build_target,
)

JWT = {"workloadAuth": {"method": "jwt"}}
CLUSTER = build_cluster(login_check=BY_SIGNATURE)
NO_KEYS = replace(BY_SIGNATURE, keys=None)


def accept(*clusters: KnownCluster, auth: dict[str, Any] | None = None) -> VaultTarget:
    return accept_policy(
        IDENTITY,
        build_spec(management={"workloadAuth": auth or {}}),
        server=TERMS,
        clusters=clusters or (build_known(),),
        agents_ca_pem=None,
    )


def test_a_review_by_the_client_is_the_default_and_warned_of() -> None:
    target = accept()
    assert target.clusters[0].login_check == ClientReview()
    assert any("ClientToken" in text for text in target.warnings)


def test_jwt_brings_the_keys_of_the_cluster_and_no_warning() -> None:
    known = build_known(token_keys=TOKEN_KEYS, keys_trouble="It did not answer.")
    target = accept(known, auth={"method": "jwt"})
    assert target.clusters[0].login_check == SignatureCheck(
        audience="vault-cluster1", keys=TOKEN_KEYS, trouble="It did not answer."
    )
    assert target.warnings == ()


def test_every_cluster_has_an_audience_of_its_own() -> None:
    clusters = accept(build_known("a"), build_known("b"), auth={"method": "jwt"}).clusters
    audiences = [getattr(each.login_check, "audience", None) for each in clusters]
    assert audiences == ["vault-a", "vault-b"]


def test_an_audience_can_be_named_for_one_cluster() -> None:
    (cluster,) = accept(auth={"method": "jwt", "audience": "vault"}).clusters
    assert cluster.login_check == SignatureCheck(audience="vault", keys=None)


def test_one_audience_for_several_clusters_is_refused() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        accept(build_known("a"), build_known("b"), auth={"method": "jwt", "audience": "vault"})
    assert caught.value.reason == Reason.INVALID_SPEC
    assert "leave it out, and each has one of its own (vault-a)" in caught.value.message


def test_the_mount_is_of_the_method_s_type() -> None:
    assert build_auth_mount(CLUSTER, OURS).fields["type"] == "jwt"


def test_vault_gets_the_keys_and_never_a_place_to_ask() -> None:
    wanted = build_auth_config(CLUSTER)
    assert wanted.fields == {
        "jwt_validation_pubkeys": TOKEN_KEYS.public_keys,
        "jwt_supported_algs": ("ES256",),
        "bound_issuer": TOKEN_KEYS.issuer,
        "oidc_discovery_url": "",
        "jwks_url": "",
        "default_role": "",
    }
    assert wanted.extra == {}


def test_one_account_is_bound_as_the_subject() -> None:
    fields = build_role(replace(CLUSTER, accounts=build_accounts("istiod"))).fields
    assert fields["bound_subject"] == "system:serviceaccount:istio-system:istiod"
    assert fields["bound_claims"] == {}
    assert fields["bound_audiences"] == ("vault-cluster1",)


def test_accounts_are_bound_in_their_own_namespaces_alone() -> None:
    accounts = (
        *build_accounts("blue", namespaces=("a",)),
        *build_accounts("red", namespaces=("b",)),
    )
    fields = build_role(replace(CLUSTER, accounts=accounts)).fields
    bound = ("system:serviceaccount:a:blue", "system:serviceaccount:b:red")
    assert fields["bound_claims"] == {"sub": bound}


def test_several_accounts_are_listed_and_compared_exactly() -> None:
    fields = build_role(CLUSTER).fields
    assert fields["bound_subject"] == ""
    assert fields["bound_claims_type"] == "string"
    assert fields["bound_claims"] == {
        "sub": (
            "system:serviceaccount:istio-system:istiod",
            "system:serviceaccount:istio-system:istiod-service-account",
        )
    }


def test_a_mesh_narrows_the_accounts() -> None:
    known = build_known("cluster1", build_mesh(service_account="istiod-1-24"))
    (cluster,) = accept(known, auth={"method": "jwt"}).clusters
    subject = build_role(cluster).fields["bound_subject"]
    assert subject == "system:serviceaccount:istio-system:istiod-1-24"


def test_a_login_gives_one_policy_for_five_minutes() -> None:
    fields = build_role(CLUSTER).fields
    assert fields["token_policies"] == (CLUSTER.role,)
    assert fields["token_no_default_policy"] is True
    assert fields["token_ttl"] == fields["token_max_ttl"] == 300


def test_without_keys_the_cluster_waits_and_says_why() -> None:
    waiting = build_cluster(login_check=replace(NO_KEYS, trouble="The API server denied get."))
    plan = plan_policy(build_snapshot(build_target(waiting))).clusters["cluster1"]
    assert plan.fault is not None
    assert plan.fault.reason == Reason.TOKEN_KEYS_UNREADABLE
    assert plan.fault.message.endswith("not known: The API server denied get.")


def test_keys_that_were_not_read_yet_are_told_as_such() -> None:
    snapshot = build_snapshot(build_target(build_cluster(login_check=NO_KEYS)))
    fault = plan_policy(snapshot).clusters["cluster1"].fault
    assert fault is not None
    assert fault.message.endswith("They were not read yet.")


def test_keys_that_could_not_be_read_again_are_kept_with_a_warning() -> None:
    stale = build_cluster(login_check=replace(BY_SIGNATURE, trouble="No answer."))
    plan = plan_policy(build_snapshot(build_target(stale)))
    (warning,) = plan.warnings
    assert warning.endswith("the last ones are kept: No answer.")
    assert len(plan.actions) == 5
