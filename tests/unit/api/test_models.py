"""What the models make of what is written."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from roottrust.api.certificate_options import IntermediateCertOptions
from roottrust.api.choices import (
    AuthMethod,
    ConditionStatus,
    DeletionPolicy,
    KeyType,
    ManagementMode,
    PolicyState,
    RestartOn,
    Reviewer,
    RootSource,
    RotationStrategy,
    Verification,
)
from roottrust.api.condition import Condition
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.root_trust_policy_status import (
    MESHES_MAX,
    MeshStatus,
    MeshTotals,
    RootTrustPolicyStatus,
)
from roottrust.api.vault_ca import VaultCa
from tests.integration.manifests.table import read_base

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def read_guide() -> RootTrustPolicySpec:
    return RootTrustPolicySpec.model_validate(read_base("guide")["spec"])


def build_vault(**fields: str) -> VaultCa:
    written = {"caPath": "pki/root/sign-intermediate", "server": "https://vault.example:8200"}
    return VaultCa.model_validate({**written, **fields})


def test_guides_policy_is_read() -> None:
    spec = read_guide()
    (mesh,) = spec.apply_to_meshes
    assert mesh.istio.cluster_selector == {"mesh": "istiod-istio-system-cluster1"}
    assert mesh.istio.namespace == "istio-system"
    assert mesh.istio.selector == {"app": "istiod"}
    assert mesh.istio.revision is None
    vault = spec.config.agent_ca.vault
    assert vault.ca_path == "pki/root/sign-intermediate"
    assert vault.csr_path == "pki_int_cluster1/intermediate/generate/exported"
    assert vault.server == "https://vault.example:8200"
    assert vault.kubernetes_auth.mount_path == "/v1/auth/kube-cluster1-mesh-auth"
    assert vault.kubernetes_auth.role == "gen-int-ca-istio-cluster1-mesh"


def test_what_the_guide_leaves_out_is_filled_in() -> None:
    spec = read_guide()
    assert spec.config.intermediate_cert_options.ttl_days == 365
    assert spec.config.intermediate_cert_options.key_type is KeyType.ECDSA_P256
    assert spec.config.auto_restart_pods is False
    assert spec.config.restart_on is RestartOn.ROOT_CHANGE
    assert spec.management.mode is ManagementMode.MANAGE
    assert spec.management.deletion_policy is DeletionPolicy.RETAIN
    assert spec.management.workload_auth.method is AuthMethod.KUBERNETES
    assert spec.management.workload_auth.reviewer is Reviewer.CLIENT_TOKEN
    assert spec.management.allow_unnamed_issuer is False
    assert (spec.rotation.root_generation, spec.rotation.intermediate_generation) == (1, 1)
    assert spec.rotation.strategy is RotationStrategy.AUTO
    assert spec.rotation.verification is Verification.NONE


def test_a_root_is_never_generated_silently() -> None:
    assert read_guide().management.root.source is RootSource.EXISTING


@pytest.mark.parametrize(
    ("written", "key_type"),
    [
        ({}, KeyType.ECDSA_P256),
        ({"rsaKeySizeBytes": 2048}, KeyType.RSA_2048),
        ({"rsa_key_size_bytes": 3072}, KeyType.RSA_3072),
        ({"rsaKeySizeBytes": 4096, "keyType": "rsa-4096"}, KeyType.RSA_4096),
        ({"keyType": "ecdsa-p384"}, KeyType.ECDSA_P384),
    ],
)
def test_key_type_follows_the_size_of_older_policies(
    written: dict[str, object], key_type: KeyType
) -> None:
    assert IntermediateCertOptions.model_validate(written).key_type is key_type


def test_server_is_compared_without_its_last_slash() -> None:
    assert build_vault(server="https://vault.example/").server == "https://vault.example"


def test_ca_bundle_in_pem_stays_as_it_is() -> None:
    assert build_vault(caBundle=PEM).ca_bundle == PEM


def test_ca_bundle_in_base64_becomes_pem() -> None:
    encoded = base64.encodebytes(PEM.encode() * 3).decode()
    assert build_vault(caBundle=encoded).ca_bundle == PEM * 3


@pytest.mark.parametrize("padding", ["", "x", "xy"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes])
def test_key_in_base64_is_found_wherever_it_begins(
    padding: str, encode: Callable[[bytes], bytes]
) -> None:
    bundle = encode(f"{PEM}{padding}{KEY}".encode()).decode()
    with pytest.raises(ValidationError, match="holds a private key"):
        build_vault(caBundle=bundle)


def test_base64_of_something_else_is_refused() -> None:
    bundle = base64.b64encode(f"{PEM}and so on".encode()).decode()
    with pytest.raises(ValidationError, match="must be one or more PEM blocks"):
        build_vault(caBundle=bundle)


def test_base64_that_is_broken_is_refused() -> None:
    with pytest.raises(ValidationError, match="is not the base64 of PEM blocks"):
        build_vault(caBundle=base64.b64encode(PEM.encode()).decode()[:-3])


def build_condition(**fields: object) -> Condition:
    written = {
        "type": "Ready",
        "status": "True",
        "reason": "Ready",
        "message": "All is well.",
        "lastTransitionTime": NOW,
    }
    return Condition.model_validate({**written, **fields})


def test_times_are_whole_seconds_of_utc() -> None:
    """Kubernetes keeps no more: what is read back must equal what was written."""
    local = NOW.astimezone(timezone(timedelta(hours=2)))
    condition = build_condition(lastTransitionTime=local)
    dumped = condition.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert dumped["lastTransitionTime"] == "2026-01-02T03:04:05Z"
    assert Condition.model_validate(dumped) == condition


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        build_condition(lastTransitionTime=NOW.replace(tzinfo=None))


def test_long_messages_are_cut_rather_than_lost() -> None:
    message = build_condition(message="x" * 5000).message
    assert len(message) == 1024
    assert message.endswith("…")
    assert build_condition(message="x" * 1024).message == "x" * 1024


def test_status_is_written_in_the_words_of_the_api() -> None:
    status = RootTrustPolicyStatus(
        observed_generation=3,
        state=PolicyState.ACCEPTED,
        conditions=(build_condition(status=ConditionStatus.TRUE),),
        meshes=(MeshStatus(cluster="cluster1", mesh="istiod-istio-system-cluster1"),),
        mesh_totals=MeshTotals(),
    )
    dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert dumped["observedGeneration"] == 3
    assert dumped["state"] == "ACCEPTED"
    assert dumped["conditions"][0]["status"] == "True"
    assert dumped["meshTotals"] == {"total": 0, "ready": 0, "summary": "0/0"}
    assert dumped["meshes"][0]["instancesReady"] == 0
    assert RootTrustPolicyStatus.model_validate(dumped) == status


def test_status_has_room_for_so_many_meshes_only() -> None:
    meshes = [{"cluster": f"c{number}", "mesh": "m"} for number in range(MESHES_MAX + 1)]
    assert len(RootTrustPolicyStatus.model_validate({"meshes": meshes[1:]}).meshes) == MESHES_MAX
    with pytest.raises(ValidationError, match="at most 100 items"):
        RootTrustPolicyStatus.model_validate({"meshes": meshes})


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_guide().rotation.root_generation = 2  # type: ignore[misc]
