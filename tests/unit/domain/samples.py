"""A policy, its target and the Vault that it finds; tests change what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from roottrust.api.choices import KeyType, ObjectOrigin, RootSource
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.bounds import Grant
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.facts import ClusterFacts, IssuerFacts, MountFacts, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.login_check import AccountReview, ClientReview, SignatureCheck
from roottrust.domain.mark import Mark
from roottrust.domain.ownership import Claimant
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reviewer import ReviewerToken
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import (
    Account,
    ClusterTarget,
    IntermediateOptions,
    RootTarget,
    VaultTarget,
)
from roottrust.domain.token_keys import TokenKeys
from tests.unit.domain.certificates import NOW, build_pem, build_usage

ADDRESS = "https://vault.example:8200"
ISSUER_ID = "0f9a6c1e-6b0e-4a0c-9d3e-1d8f5b6a7c21"
HUB = "hub1"
IDENTITY = PolicyIdentity(namespace="gloo-mesh", name="guide", uid="uid-1")
CLAIMANT = Claimant(hub=HUB, policy=IDENTITY, adopts=False)
ADOPTER = replace(CLAIMANT, adopts=True)

OURS = Mark(hub=HUB, policy=IDENTITY, origin=ObjectOrigin.CREATED)
OURS_OF_OLD = replace(OURS, policy=replace(IDENTITY, uid="uid-0"))
OURS_ADOPTED = replace(OURS, origin=ObjectOrigin.ADOPTED)
OTHER_POLICY = replace(OURS, policy=PolicyIdentity(namespace="team", name="other", uid="uid-2"))
OTHER_HUB = replace(OURS, hub="hub2")

ROOT_KEY = ec.generate_private_key(ec.SECP256R1())
USAGE = build_usage(key_cert_sign=True, crl_sign=True)
ROOT = parse_certificate(build_pem(key=ROOT_KEY, usage=USAGE))
OTHER_ROOT = parse_certificate(build_pem(usage=USAGE))
CLUSTER_CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
TOKEN = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"
DAY = 86_400

TOKEN_KEYS = TokenKeys(
    issuer="https://kubernetes.default.svc.cluster.local",
    public_keys=("-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----",),
    algorithms=("ES256",),
    key_ids=frozenset({"key-1"}),
)
BY_SIGNATURE = SignatureCheck(audience="vault-cluster1", keys=TOKEN_KEYS)

BY_ACCOUNT = AccountReview(audience=None, account_uid="uid-reviewer", key_ids=frozenset({"key-1"}))


def build_reviewer_token(issued_at: datetime = NOW, **changes: Any) -> ReviewerToken:
    token = ReviewerToken(
        issued_at=issued_at,
        expires_at=issued_at + timedelta(hours=24),
        account_uid="uid-reviewer",
        key_id="key-1",
    )
    return replace(token, **changes)


EXISTING_ROOT = RootTarget(
    mount="pki",
    issuer=None,
    source=RootSource.EXISTING,
    common_name="Istio root CA",
    ttl_days=3650,
    key_type=KeyType.ECDSA_P256,
)
GENERATED_ROOT = replace(EXISTING_ROOT, source=RootSource.GENERATE, issuer="roottrust-g1")
ROOT_SECRET = "gloo-mesh/root-ca"
IMPORTED_ROOT = replace(
    EXISTING_ROOT, source=RootSource.IMPORT, issuer="roottrust-g1", secret=ROOT_SECRET
)


def build_imported(certificate: Certificate = ROOT) -> ImportedRoot:
    """Return what a Secret has, with a key that tests look for in what people see."""
    return ImportedRoot(certificate=certificate, bundle=SecretStr(PRIVATE_KEY + certificate.pem))


def build_accounts(
    *names: str, namespaces: tuple[str, ...] = ("istio-system",)
) -> tuple[Account, ...]:
    return tuple(Account(namespace=each, name=name) for each in namespaces for name in names)


def build_cluster(name: str = "cluster1", **changes: Any) -> ClusterTarget:
    cluster = ClusterTarget(
        cluster=name,
        meshes=(),
        auth_mount=f"kube-{name}-mesh-auth",
        role=f"gen-int-ca-istio-{name}-mesh",
        intermediate_mount=f"pki_int_{name}",
        kubernetes_host="https://10.0.0.1:6443",
        kubernetes_ca_pem=CLUSTER_CA,
        accounts=build_accounts("istiod", "istiod-service-account"),
        login_check=ClientReview(),
    )
    return replace(cluster, **changes)


def build_target(
    *clusters: ClusterTarget, root: RootTarget = EXISTING_ROOT, **changes: Any
) -> VaultTarget:
    target = VaultTarget(
        server=ADDRESS,
        namespace=None,
        root=root,
        intermediate=IntermediateOptions(
            ttl_days=365, key_type=KeyType.ECDSA_P256, organization=None
        ),
        unnamed_ca_path=None,
        clusters=clusters or (build_cluster(),),
        warnings=(),
    )
    return replace(target, **changes)


def build_mount(type_: str = "pki", *, description: str = "", days: int = 3650) -> MountFacts:
    return MountFacts(type=type_, description=description, max_ttl_seconds=days * DAY)


def build_issuer(**changes: Any) -> IssuerFacts:
    issuer = IssuerFacts(
        issuer_id=ISSUER_ID, issuer_name="", certificate=ROOT, has_key=True, key_id="key-1"
    )
    return replace(issuer, **changes)


NO_FACTS = ClusterFacts(auth_config=None, role=None, role_names=(), policy=None)


def build_facts(**changes: Any) -> VaultFacts:
    """Return a Vault that has a root, and nothing for any cluster."""
    facts = VaultFacts(
        mounts={"pki": build_mount()},
        auth_mounts={},
        root_issuer=build_issuer(),
        clusters={},
    )
    return replace(facts, **changes)


EMPTY_FACTS = VaultFacts(mounts={}, auth_mounts={}, root_issuer=None, clusters={})


def build_snapshot(
    target: VaultTarget | None = None, facts: VaultFacts | None = None, **changes: Any
) -> Snapshot:
    snapshot = Snapshot(
        claimant=CLAIMANT,
        target=target or build_target(),
        facts=facts or build_facts(),
        known_root=None,
        now=NOW,
    )
    return replace(snapshot, **changes)


def build_mesh(name: str = "istiod-istio-system-cluster1", **changes: Any) -> KnownMesh:
    mesh = KnownMesh(
        name=name,
        namespace="istio-system",
        deployment="istiod",
        pod_labels={"app": "istiod"},
        revision="default",
        service_account="istiod",
    )
    return replace(mesh, **changes)


MESH = build_mesh().target


def build_known(name: str = "cluster1", *meshes: KnownMesh, **changes: Any) -> KnownCluster:
    known = KnownCluster(
        name=name,
        labels={},
        kubernetes_host="https://10.0.0.1:6443",
        kubernetes_ca_pem=CLUSTER_CA,
        meshes=meshes,
    )
    return replace(known, **changes)


def build_manifest_spec(
    *,
    vault: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return the specification of a policy that every cluster can share."""
    return {
        "config": {
            "agentCa": {
                "vault": {
                    "caPath": "pki/root/sign-intermediate",
                    "server": ADDRESS,
                    "kubernetesAuth": {"mountPath": "/v1/auth/kube-${cluster}-mesh-auth"},
                    **(vault or {}),
                }
            },
            **(config or {}),
        },
        **changes,
    }


def build_spec(**changes: Any) -> RootTrustPolicySpec:
    return RootTrustPolicySpec.model_validate(build_manifest_spec(**changes))


TERMS = ServerTerms(
    address=ADDRESS,
    namespace=None,
    allows_plain_http=False,
    grants=(Grant(policy_namespaces=("gloo-mesh",)),),
)
