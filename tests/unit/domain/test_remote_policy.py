from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.acceptance import accept_policy
from roottrust.domain.bounds import RemoteGrant
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_policy import check_remote
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.target import VaultTarget
from tests.unit.domain.samples import ADDRESS, TERMS, build_known, build_spec

REMOTE = PolicyIdentity(namespace="gloo-mesh", name="guide", uid="u", cluster="cluster2")
GRANTED = ServerTerms(
    address=ADDRESS,
    namespace=None,
    allows_plain_http=False,
    grants=(),
    remote_grants=(RemoteGrant(policy_namespaces=("gloo-mesh",)).build_grant(),),
)
GUIDE = {
    "csrPath": "pki_int_cluster2/intermediate/generate/exported",
    "kubernetesAuth": {
        "mountPath": "/v1/auth/kube-cluster2-mesh-auth",
        "role": "gen-int-ca-istio-cluster2-mesh",
    },
}


def accept(
    policy: PolicyIdentity = REMOTE,
    *,
    terms: ServerTerms = GRANTED,
    vault: dict[str, Any] | None = None,
    **changes: Any,
) -> VaultTarget:
    spec = build_spec(**{"vault": {**GUIDE, **(vault or {})}, **changes})
    clusters = (build_known("cluster2"),)
    return accept_policy(policy, spec, server=terms, clusters=clusters, agents_ca_pem=None)


def find_refusal(**changes: Any) -> tuple[Reason, str]:
    with pytest.raises(InvalidSpecError) as caught:
        accept(**changes)
    return caught.value.reason, caught.value.message


def test_the_guides_policy_is_accepted_for_its_own_cluster() -> None:
    (cluster,) = accept().clusters
    assert cluster.cluster == "cluster2"
    assert cluster.role == "gen-int-ca-istio-cluster2-mesh"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"management": {"root": {"source": "Generate"}}}, "a root of its own"),
        ({"management": {"root": {"source": "Import", "secretRef": {"name": "r"}}}}, "a root"),
        ({"management": {"allowUnnamedIssuer": True}}, "the root's unnamed issuer"),
        ({"rotation": {"rootGeneration": 2}}, "a rotation of the root"),
        ({"vault": {"caSecretRef": {"name": "ca", "key": "ca"}}}, "write caBundle instead"),
        (
            {"config": {"intermediateCertOptions": {"ttlDays": 366}}},
            "intermediates of more than 365 days",
        ),
    ],
)
def test_what_is_not_of_its_own_cluster_alone_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    reason, message = find_refusal(**changes)
    assert reason is Reason.NOT_ALLOWED
    assert message.startswith("A policy in a workload cluster may not ask for ")
    assert told in message


def test_passive_authorities_are_refused() -> None:
    spec = build_spec()
    passive = spec.config.model_copy(update={"passive_certificate_authorities": ("any",)})
    with pytest.raises(InvalidSpecError, match="passive CAs"):
        check_remote(spec.model_copy(update={"config": passive}), cluster="cluster2")


@pytest.mark.parametrize(
    "changes",
    [
        {"applyToMeshes": [{"istio": {"clusterSelector": {"cluster": "cluster1"}}}]},
        {
            "applyToMeshes": [
                {"istio": {}},
                {"istio": {"clusterSelector": {"cluster": "cluster1"}}},
            ]
        },
        {"vault": {"csrPath": "pki_int_cluster1/intermediate/generate/exported"}},
        {"vault": {"kubernetesAuth": {"mountPath": "/v1/auth/kube-cluster1-mesh-auth"}}},
        {
            "vault": {
                "kubernetesAuth": {
                    "mountPath": "/v1/auth/kube-cluster2-mesh-auth",
                    "role": "gen-int-ca-istio-cluster1-mesh",
                }
            }
        },
    ],
)
def test_another_cluster_that_is_named_is_refused(changes: dict[str, Any]) -> None:
    assert find_refusal(**changes) == (
        Reason.OTHER_CLUSTER,
        (
            "A policy in cluster cluster2 counts for that cluster alone, and this one names "
            "cluster1: name cluster2, or apply it in the management cluster."
        ),
    )


@pytest.mark.parametrize(
    ("vault", "told"),
    [
        (
            {"kubernetesAuth": {**GUIDE["kubernetesAuth"], "role": "admins"}},  # type: ignore[dict-item]
            "Role 'admins'",
        ),
        ({"csrPath": "any/intermediate/generate/exported"}, "Intermediate mount 'any'"),
        ({"caPath": "any/root/sign-intermediate"}, "Root mount 'any'"),
        ({"namespace": "any"}, "Vault namespace 'any'"),
    ],
)
def test_it_has_the_names_of_the_guide_and_no_others(vault: dict[str, Any], told: str) -> None:
    reason, message = find_refusal(vault=vault)
    assert reason is Reason.NOT_ALLOWED
    assert told in message


def test_grants_of_the_management_cluster_are_not_for_it() -> None:
    """The namespace is called alike in both, and is another one."""
    assert TERMS.grants
    reason, message = find_refusal(terms=TERMS)
    assert reason is Reason.NOT_ALLOWED
    assert "Namespace 'gloo-mesh'" in message


def test_what_is_granted_to_it_is_not_for_the_management_cluster() -> None:
    local = PolicyIdentity(namespace="gloo-mesh", name="guide", uid="u")
    assert find_refusal(policy=local)[0] is Reason.NOT_ALLOWED


def test_only_namespaces_that_are_granted_count() -> None:
    elsewhere = PolicyIdentity(namespace="team", name="guide", uid="u", cluster="cluster2")
    assert find_refusal(policy=elsewhere)[0] is Reason.NOT_ALLOWED


@pytest.mark.parametrize("pattern", ["a b", "", "${cluster}"])
def test_a_grant_has_sound_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        RemoteGrant(policy_namespaces=(pattern,))
