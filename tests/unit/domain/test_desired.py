from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.choices import KeyType
from roottrust.domain.desired import (
    build_auth_config,
    build_auth_mount,
    build_intermediate_mount,
    build_policy,
    build_role,
    build_root,
    build_root_mount,
)
from roottrust.domain.duration import build_hours
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.samples import (
    CLUSTER_CA,
    DAY,
    GENERATED_ROOT,
    ISSUER_ID,
    OURS,
    build_cluster,
    build_target,
)

CLUSTER = build_cluster()


def render(target: VaultTarget | None = None) -> str:
    target = target or build_target()
    wanted = build_policy(
        target.clusters[0], target=target, issuer_id=ISSUER_ID, ttl_days=30, mark=OURS
    )
    return join_policy(**wanted.fields)


def test_days_are_written_in_hours() -> None:
    assert build_hours(365) == "8760h"


def test_the_root_s_mount_lets_the_root_live_its_whole_life() -> None:
    wanted = build_root_mount(replace(GENERATED_ROOT, ttl_days=100), OURS)
    assert (wanted.kind, wanted.path) == (VaultKind.SECRETS_MOUNT, "pki")
    assert wanted.fields == {
        "type": "pki",
        "description": OURS.render(),
        "max_lease_ttl": 100 * DAY,
    }


def test_the_root_has_a_name_that_vault_gives_once() -> None:
    wanted = build_root(GENERATED_ROOT)
    assert wanted.path == "pki/issuer/roottrust-g1"
    assert wanted.fields == {"issuer_name": "roottrust-g1"}
    assert wanted.extra == {
        "common_name": "Istio root CA",
        "exclude_cn_from_sans": True,
        "key_type": "ec",
        "key_bits": 256,
        "key_name": "roottrust-g1",
        "ttl": "87600h",
    }


@pytest.mark.parametrize("key_type", KeyType)
def test_every_key_type_is_one_of_vault_s(key_type: KeyType) -> None:
    extra = build_root(replace(GENERATED_ROOT, key_type=key_type)).extra
    family, _, size = key_type.partition("-")
    assert extra["key_type"] == {"ecdsa": "ec", "rsa": "rsa"}[family]
    assert str(extra["key_bits"]) == size.removeprefix("p")


def test_the_intermediate_mount_lives_as_long_as_its_intermediates() -> None:
    wanted = build_intermediate_mount("pki_int_cluster1", ttl_days=7, mark=OURS)
    assert wanted.path == "pki_int_cluster1"
    assert wanted.fields["max_lease_ttl"] == 7 * DAY


def test_the_auth_mount_carries_the_mark() -> None:
    wanted = build_auth_mount(CLUSTER, OURS)
    assert wanted.path == "auth/kube-cluster1-mesh-auth"
    assert wanted.fields == {"type": "kubernetes", "description": OURS.render()}


def test_vault_keeps_no_credential_of_the_cluster() -> None:
    wanted = build_auth_config(CLUSTER)
    assert wanted.path == "auth/kube-cluster1-mesh-auth/config"
    assert wanted.fields["kubernetes_host"] == "https://10.0.0.1:6443"
    assert wanted.fields["kubernetes_ca_cert"] == CLUSTER_CA
    assert wanted.fields["disable_local_ca_jwt"] is True
    assert wanted.fields["token_reviewer_jwt_set"] is False
    assert wanted.extra == {"token_reviewer_jwt": ""}


def test_the_role_gives_one_policy_for_five_minutes_to_istiod_alone() -> None:
    wanted = build_role(CLUSTER)
    assert wanted.path == ("auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh")
    fields = wanted.fields
    assert fields["bound_service_account_names"] == ("istiod", "istiod-service-account")
    assert fields["bound_service_account_namespaces"] == ("istio-system",)
    assert fields["token_policies"] == ("gen-int-ca-istio-cluster1-mesh",)
    assert fields["token_no_default_policy"] is True
    assert fields["token_ttl"] == fields["token_max_ttl"] == 300
    assert fields["token_period"] == fields["token_explicit_max_ttl"] == 0


def test_the_policy_names_the_issuer_and_pins_name_and_life() -> None:
    document = render()
    assert document.startswith(f"# {OURS.render()}\n")
    assert f'path "pki/issuer/{ISSUER_ID}/sign-intermediate"' in document
    assert '"common_name" = ["roottrust istiod CA cluster1"]' in document
    assert '"ttl" = ["720h"]' in document


def test_the_policy_grants_what_csr_path_needs_only_where_it_is_used() -> None:
    assert 'path "pki_int_cluster1/intermediate/generate/exported"' in render()
    without = build_target(build_cluster(intermediate_mount=None))
    assert "generate" not in render(without)


def test_the_policy_grants_the_unnamed_path_only_where_it_is_asked_for() -> None:
    path = "pki/root/sign-intermediate"
    assert path not in render()
    assert f'path "{path}"' in render(build_target(unnamed_ca_path=path))


def test_the_policy_pins_organization_and_key_of_the_intermediates() -> None:
    target = build_target()
    options = replace(target.intermediate, organization="Example Inc", key_type=KeyType.RSA_3072)
    document = render(replace(target, intermediate=options))
    assert '"organization" = ["Example Inc"]' in document
    assert '"key_type" = ["rsa"]' in document
    assert '"key_bits" = ["3072"]' in document
