from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from roottrust.api.choices import KeyType, RestartOn
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.api.rotation import ClusterGeneration, Rotation
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.issuance import build_spec, read_agent_options
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.reasons import Reason
from roottrust.domain.target import IntermediateOptions, VaultTarget
from tests.unit.domain.certificates import build_pem
from tests.unit.domain.issuances import CLUSTER, KEY, MESH, OPTIONS, TARGET, TRUST, USABLE
from tests.unit.domain.samples import ADDRESS, PRIVATE_KEY, ROOT
from tests.unit.domain.samples import build_spec as build_policy_spec
from tests.unit.domain.strategies import targets

ROTATION = Rotation(intermediate_generation=4)


def read(target: VaultTarget = TARGET, **options: object) -> IssuedCertificateSpec:
    cluster = target.clusters[0]
    changed = replace(OPTIONS, **options)  # type: ignore[arg-type]
    spec = build_spec(target, cluster, MESH, trust=TRUST, options=changed)
    return IssuedCertificateSpec.model_validate(spec)


def test_a_cluster_that_is_rotated_alone_has_a_generation_of_its_own() -> None:
    for name, generation in {"cluster1": 6, "cluster2": 4}.items():
        own = ClusterGeneration(name=name, intermediate_generation=6)
        rotation = ROTATION.model_copy(update={"clusters": (own,)})
        assert read(rotation=rotation).intermediate_generation == generation


def test_it_lies_beside_istiod_and_is_called_as_the_mesh_is() -> None:
    assert (KEY.cluster, str(KEY)) == ("cluster1", f"istio-system/{MESH.name}")


def test_agents_are_told_everything_that_they_need_and_the_issuer_by_its_id() -> None:
    spec = read()
    vault = spec.agent_ca.vault
    assert vault.ca_path == f"pki/issuer/{USABLE.issuer_id}/sign-intermediate"
    assert vault.csr_path == "pki_int_cluster1/intermediate/generate/exported"
    assert (vault.server, vault.namespace, vault.ca_bundle) == (ADDRESS, None, None)
    assert vault.kubernetes_auth.mount_path == "/v1/auth/kube-cluster1-mesh-auth"
    assert vault.kubernetes_auth.role == "gen-int-ca-istio-cluster1-mesh"
    assert spec.mesh_ref.model_dump() == {
        "name": MESH.name,
        "cluster": "cluster1",
        "namespace": "istio-system",
        "deployment": "istiod",
    }
    assert spec.hosts == ("istiod.istio-system.svc",)


def test_what_vault_pins_is_what_agents_ask_for() -> None:
    options = IntermediateOptions(ttl_days=90, key_type=KeyType.RSA_3072, organization="Example")
    spec = read(replace(TARGET, intermediate=options), renewal_ratio=0.25, rotation=ROTATION)
    told = spec.cert_options
    assert told.common_name == build_intermediate_common_name("cluster1")
    assert told.ttl_days == USABLE.ttl_days  # as the root allows, not as the policy wishes
    assert (told.key_type, told.org_name) == (KeyType.RSA_3072, "Example")
    assert told.secret_rotation_grace_period_ratio == 0.25
    assert spec.intermediate_generation == 4


def test_the_trust_bundle_is_the_root_in_use() -> None:
    assert read().trust_bundle == ROOT.pem


def test_without_a_csr_path_the_agent_makes_the_key() -> None:
    bare = replace(TARGET, clusters=(replace(CLUSTER, intermediate_mount=None),))
    assert read(bare).agent_ca.vault.csr_path is None


def test_the_namespace_of_vault_is_told() -> None:
    assert read(replace(TARGET, namespace="ops/team")).agent_ca.vault.namespace == "ops/team"


def test_the_ca_of_vault_is_inlined_as_certificates_alone() -> None:
    pem = build_pem()
    options = read_agent_options(build_policy_spec(), ca_pem=f"# our CA\n{pem}\n\n")
    assert options.ca_pem == pem
    assert read(ca_pem=options.ca_pem).agent_ca.vault.ca_bundle == pem


def test_a_ca_that_agents_cannot_use_is_refused_and_never_quoted() -> None:
    with pytest.raises(InvalidSpecError) as refusal:
        read_agent_options(build_policy_spec(), ca_pem=f"{build_pem()}{PRIVATE_KEY}")
    assert refusal.value.reason is Reason.INVALID_CA_BUNDLE
    assert PRIVATE_KEY.splitlines()[1] not in refusal.value.message


def test_options_are_those_of_the_policy() -> None:
    spec = build_policy_spec(
        config={"intermediateCertOptions": {"secretRotationGracePeriodRatio": 0.1}},
        rotation={"intermediateGeneration": 3},
    )
    options = read_agent_options(spec, ca_pem=None)
    assert options == replace(OPTIONS, renewal_ratio=0.1, rotation=spec.rotation)


@settings(max_examples=50, deadline=None)
@given(target=targets())
def test_whatever_a_policy_asks_for_the_api_server_takes(target: VaultTarget) -> None:
    for cluster in target.clusters:
        spec = build_spec(target, cluster, MESH, trust=TRUST, options=OPTIONS)
        read_back = IssuedCertificateSpec.model_validate(spec)
        # Nothing is left for the API server to fill in: that would differ for ever.
        assert read_back.model_dump(mode="json", by_alias=True, exclude_none=True) == spec


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, None),
        ({"autoRestartPods": True}, None),
        ({"restartOn": "Issuance"}, None),
        ({"autoRestartPods": True, "restartOn": "Issuance"}, RestartOn.ISSUANCE),
    ],
)
def test_restarts_at_an_issuance_are_handed_on_where_they_are_asked_for(
    config: dict[str, object], told: RestartOn | None
) -> None:
    options = read_agent_options(build_policy_spec(config=config), ca_pem=None)
    spec = read(
        restarts_pods=options.restarts_pods, restarts_on_issuance=options.restarts_on_issuance
    )
    assert spec.restart_on is told
    assert spec.auto_restart_pods is ("autoRestartPods" in config)
