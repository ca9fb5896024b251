from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.choices import KeyType, RootSource
from roottrust.domain.acceptance import accept_policy, find_ca_reference
from roottrust.domain.bounds import Grant
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.domain.server_terms import ServerTerms, find_named_owner, find_server
from roottrust.domain.target import VaultTarget
from tests.unit.domain.certificates import build_pem
from tests.unit.domain.samples import (
    ADDRESS,
    CLUSTER_CA,
    IDENTITY,
    MESH,
    PRIVATE_KEY,
    TERMS,
    TOKEN_KEYS,
    build_known,
    build_mesh,
    build_spec,
    build_target,
)

KNOWN = build_known()
GUIDE = {
    "csrPath": "pki_int_cluster1/intermediate/generate/exported",
    "kubernetesAuth": {
        "mountPath": "/v1/auth/kube-cluster1-mesh-auth",
        "role": "gen-int-ca-istio-cluster1-mesh",
    },
}


def accept(
    *clusters: KnownCluster,
    server: ServerTerms = TERMS,
    agents_ca_pem: str | None = None,
    **changes: Any,
) -> VaultTarget:
    return accept_policy(
        IDENTITY,
        build_spec(**changes),
        server=server,
        clusters=clusters or (KNOWN,),
        agents_ca_pem=agents_ca_pem,
    )


def find_refusal(**changes: Any) -> tuple[Reason, str]:
    with pytest.raises(InvalidSpecError) as caught:
        accept(**changes)
    assert caught.value.message.endswith(".")
    return caught.value.reason, caught.value.message


def test_the_policy_of_the_guide_is_understood() -> None:
    target = accept(vault=GUIDE)
    (cluster,) = target.clusters
    assert (target.server, target.namespace) == (ADDRESS, None)
    assert (target.root.mount, target.root.issuer) == ("pki", None)
    assert target.root.source is RootSource.EXISTING
    assert target.unnamed_ca_path is None
    assert cluster.cluster == "cluster1"
    assert cluster.auth_mount == "kube-cluster1-mesh-auth"
    assert cluster.role == "gen-int-ca-istio-cluster1-mesh"
    assert cluster.intermediate_mount == "pki_int_cluster1"
    assert cluster.kubernetes_host == KNOWN.kubernetes_host
    assert cluster.kubernetes_ca_pem == CLUSTER_CA
    assert cluster.namespaces == ("istio-system",)
    assert cluster.service_accounts == ("istiod", "istiod-service-account")


def test_one_policy_serves_every_cluster() -> None:
    clusters = accept(build_known("a"), build_known("b")).clusters
    assert [each.auth_mount for each in clusters] == ["kube-a-mesh-auth", "kube-b-mesh-auth"]
    assert [each.role for each in clusters] == [
        "gen-int-ca-istio-a-mesh",
        "gen-int-ca-istio-b-mesh",
    ]
    assert [each.intermediate_mount for each in clusters] == [None, None]


def test_options_of_intermediates_are_taken_over() -> None:
    options = {"ttlDays": 30, "rsaKeySizeBytes": 3072, "orgName": "Example Inc"}
    found = accept(config={"intermediateCertOptions": options}).intermediate
    assert (found.ttl_days, found.key_type, found.organization) == (
        30,
        KeyType.RSA_3072,
        "Example Inc",
    )


def test_a_root_to_generate_has_our_issuer_s_name_and_defaults() -> None:
    root = accept(management={"root": {"source": "Generate"}}).root
    assert (root.issuer, root.common_name, root.ttl_days, root.key_type) == (
        "roottrust-g1",
        "Istio root CA",
        3650,
        KeyType.ECDSA_P256,
    )


def test_a_root_to_generate_is_as_it_is_written() -> None:
    written = {"source": "Generate", "commonName": "R", "ttlDays": 90, "keyType": "rsa-4096"}
    root = accept(management={"root": written}).root
    assert (root.common_name, root.ttl_days, root.key_type) == ("R", 90, KeyType.RSA_4096)


def test_a_root_to_generate_cannot_be_named() -> None:
    vault = {"caPath": "pki/issuer/mine/sign-intermediate"}
    reason, message = find_refusal(vault=vault, management={"root": {"source": "Generate"}})
    assert reason == Reason.INVALID_SPEC
    assert "write pki/root/sign-intermediate" in message


def test_an_existing_root_can_be_named() -> None:
    vault = {"caPath": "pki/issuer/mine/sign-intermediate"}
    assert accept(vault=vault).root.issuer == "mine"


def test_the_unnamed_path_is_granted_only_where_it_is_asked_for() -> None:
    target = accept(management={"allowUnnamedIssuer": True})
    assert target.unnamed_ca_path == "pki/root/sign-intermediate"


@pytest.mark.parametrize(
    ("meshes", "accounts"),
    [
        ((), ("istiod", "istiod-service-account")),
        (("a",), ("a",)),
        (("b", "a"), ("a", "b")),
        ((None,), ("istiod", "istiod-service-account")),
        (("a", None), ("a", "istiod", "istiod-service-account")),
    ],
)
def test_accounts_are_narrowed_to_those_of_the_meshes(
    meshes: tuple[str | None, ...], accounts: tuple[str, ...]
) -> None:
    found = [build_mesh(f"m{n}", service_account=each) for n, each in enumerate(meshes)]
    (cluster,) = accept(build_known("cluster1", *found)).clusters
    assert cluster.service_accounts == accounts


def test_accounts_of_a_mesh_count_in_its_own_namespace_alone() -> None:
    selectors = [{"istio": {"namespace": each}} for each in ("a", "b", "c")]
    found = (
        build_mesh("x-a-cluster1", namespace="a", service_account="in-a"),
        build_mesh("x-b-cluster1", namespace="b", service_account="in-b"),
    )
    (cluster,) = accept(build_known("cluster1", *found), applyToMeshes=selectors).clusters
    assert [(each.namespace, each.name) for each in cluster.accounts] == [
        ("a", "in-a"),
        ("b", "in-b"),
        ("c", "istiod"),
        ("c", "istiod-service-account"),
    ]


@pytest.mark.parametrize(
    ("accounts", "auth", "unasked"),
    [
        (("in-a", "in-b"), {}, ["a/in-b of cluster1", "b/in-a of cluster1"]),
        (("same", "same"), {}, []),
        (("in-a", "in-b"), {"method": "jwt"}, []),
        (("in-a", "in-b"), {"serviceAccounts": ["x", "y"]}, []),
        (("in-a", None), {}, ["a/istiod of", "a/istiod-service-account of", "b/in-a of"]),
    ],
)
def test_accounts_that_vault_lets_in_unasked_are_told(
    accounts: tuple[str | None, str | None], auth: dict[str, Any], unasked: list[str]
) -> None:
    """Roles of Vault's kubernetes method take names and namespaces apart."""
    found = [
        build_mesh(f"x-{namespace}-cluster1", namespace=namespace, service_account=account)
        for namespace, account in zip("ab", accounts, strict=True)
    ]
    known = build_known("cluster1", *found, token_keys=TOKEN_KEYS)
    target = accept(known, management={"workloadAuth": auth})
    told = [text for text in target.warnings if "also lets in" in text]
    assert len(told) == bool(unasked)
    assert all(each in told[0] for each in unasked)


def test_many_unasked_accounts_are_counted() -> None:
    found = [
        build_mesh(f"x-n{each}-cluster1", namespace=f"n{each}", service_account=f"s{each}")
        for each in range(5)
    ]
    warnings = accept(build_known("cluster1", *found)).warnings
    assert sum(" and 17 more," in text for text in warnings) == 1


def test_accounts_that_are_written_count_alone() -> None:
    management = {"workloadAuth": {"serviceAccounts": ["z", "a"]}}
    (cluster,) = accept(build_known("cluster1", build_mesh()), management=management).clusters
    assert cluster.service_accounts == ("z", "a")


def test_a_mesh_counts_once_though_two_namespaces_have_an_object_for_it() -> None:
    (cluster,) = accept(build_known("cluster1", build_mesh(), build_mesh())).clusters
    assert cluster.meshes == (MESH,)


def test_two_istiods_count_both_though_their_meshes_have_one_name() -> None:
    name = "istiod-a-b-cluster1"
    one = build_mesh(name, namespace="b", deployment="istiod-a")
    other = build_mesh(name, namespace="a-b", deployment="istiod")
    (cluster,) = accept(build_known("cluster1", one, other)).clusters
    assert [(each.namespace, each.deployment) for each in cluster.meshes] == [
        ("b", "istiod-a"),
        ("a-b", "istiod"),
    ]


def test_an_organization_that_a_policy_cannot_pin_is_refused() -> None:
    hidden = {"orgName": "Example\u200bInc"}
    reason, message = find_refusal(config={"intermediateCertOptions": hidden})
    assert reason == Reason.INVALID_SPEC
    assert message.startswith("orgName ")


@pytest.mark.parametrize(
    ("written", "configured", "is_accepted"),
    [
        (None, None, True),
        (None, "team", True),
        ("team", "team", True),
        ("team", "/team/", True),
        ("team", None, False),
        ("team", "other", False),
        ("teams", "team", False),
        ("ops/team", "team", False),
        ("team/a", "team", False),
    ],
)
def test_the_vault_namespace_is_the_operator_s_unless_more_is_granted(
    written: str | None, configured: str | None, is_accepted: bool
) -> None:
    server = replace(TERMS, namespace=configured)
    vault = {} if written is None else {"namespace": written}
    if is_accepted:
        assert accept(server=server, vault=vault).namespace == (written or configured)
    else:
        reason, message = find_refusal(server=server, vault=vault)
        assert reason == Reason.NOT_ALLOWED
        assert (configured or "the root namespace") in message


@pytest.mark.parametrize("configured", [None, "ops"])
def test_a_granted_vault_namespace_is_the_policy_s(configured: str | None) -> None:
    below = "ops/team-a"
    grant = Grant(policy_namespaces=("gloo-mesh",), vault_namespaces=("ops/team-*",))
    server = replace(TERMS, namespace=configured, grants=(grant,))
    assert accept(server=server, vault={"namespace": below}).namespace == below
    for elsewhere in ({}, {"namespace": "ops/other"}, {"namespace": "ops/team-a/x"}):
        reason, message = find_refusal(server=server, vault=elsewhere)
        assert reason == Reason.NOT_ALLOWED
        assert "ops/team-*" in message


def test_owners_of_roots_are_named_by_namespace_and_mount() -> None:
    server = replace(TERMS, namespace="ops", root_owners={"pki": "a/own", "ops/x:pki": "a/below"})
    assert find_named_owner(build_target(namespace="ops"), server) == "a/own"
    assert find_named_owner(build_target(namespace="ops/x"), server) == "a/below"
    assert find_named_owner(build_target(namespace="ops/y"), server) is None


def test_a_ca_that_can_be_read_is_accepted() -> None:
    accept(agents_ca_pem=build_pem())


@pytest.mark.parametrize("pem", ["", "no PEM", PRIVATE_KEY, build_pem()[:200]])
def test_a_ca_that_cannot_be_read_is_refused_without_being_shown(pem: str) -> None:
    reason, message = find_refusal(agents_ca_pem=pem)
    assert reason == Reason.INVALID_CA_BUNDLE
    assert "BEGIN" not in message


def test_no_cluster_is_a_dependency_that_is_missing() -> None:
    with pytest.raises(DependencyMissingError):
        accept(vault={**GUIDE, "csrPath": "pki_int_x/intermediate/generate/exported"})


@pytest.mark.parametrize(
    "vault",
    [
        {"caPath": "other/root/sign-intermediate"},
        {"csrPath": "kv/intermediate/generate/exported"},
        {"kubernetesAuth": {"mountPath": "/v1/auth/kubernetes"}},
        {"kubernetesAuth": {"role": "admins"}},
    ],
)
def test_a_policy_touches_only_what_the_configuration_allows(vault: dict[str, Any]) -> None:
    assert find_refusal(vault=vault)[0] == Reason.NOT_ALLOWED


def test_a_policy_never_touches_what_the_operator_logs_in_by() -> None:
    everything = Grant(policy_namespaces=("*",), auth_mounts=("*",), roles=("*",))
    server = replace(
        TERMS,
        grants=(everything,),
        reserved_roles=frozenset({"roottrust-hub"}),
        reserved_auth_mounts=frozenset({"kubernetes"}),
    )
    for auth in ({"role": "roottrust-hub"}, {"mountPath": "/v1/auth/kubernetes"}):
        mount = {"mountPath": "/v1/auth/x"}
        reason, message = find_refusal(server=server, vault={"kubernetesAuth": {**mount, **auth}})
        assert reason == Reason.NOT_ALLOWED
        assert "reserved" in message


def test_another_policy_s_namespace_is_not_granted() -> None:
    with pytest.raises(InvalidSpecError, match="Namespace 'team'"):
        accept_policy(
            replace(IDENTITY, namespace="team"),
            build_spec(),
            server=TERMS,
            clusters=(KNOWN,),
            agents_ca_pem=None,
        )


def test_one_cluster_that_is_not_granted_refuses_the_policy() -> None:
    server = replace(
        TERMS, grants=(Grant(policy_namespaces=("gloo-mesh",), clusters=("cluster1",)),)
    )
    with pytest.raises(InvalidSpecError, match="Cluster 'cluster2'"):
        accept(KNOWN, build_known("cluster2"), server=server)


def test_upper_case_that_vault_would_change_is_refused() -> None:
    spec = build_spec()
    vault = spec.config.agent_ca.vault
    auth = vault.kubernetes_auth.model_copy(update={"role": "Admins"})
    agent_ca = spec.config.agent_ca.model_copy(
        update={"vault": vault.model_copy(update={"kubernetes_auth": auth})}
    )
    config = spec.config.model_copy(update={"agent_ca": agent_ca})
    with pytest.raises(InvalidSpecError, match="lower case"):
        accept_policy(
            IDENTITY,
            spec.model_copy(update={"config": config}),
            server=TERMS,
            clusters=(KNOWN,),
            agents_ca_pem=None,
        )


def test_istiod_s_own_token_is_warned_of() -> None:
    (warning,) = accept().warnings
    assert "istiod's own Kubernetes API token" in warning


def test_keys_made_in_vault_and_plain_http_are_warned_of() -> None:
    warnings = accept(vault={**GUIDE, "server": "http://vault:8200"}).warnings
    assert [text.split()[0] for text in warnings] == ["Vault", "KeyGeneratedInVault:", "Vault"]
    assert all(text.endswith(".") for text in warnings)


def test_a_server_is_found_by_its_address() -> None:
    spec = build_spec(vault={"server": f"{ADDRESS}/"})
    assert find_server(spec, {ADDRESS: TERMS}) is TERMS


@pytest.mark.parametrize(
    ("servers", "words"),
    [({}, "use one of none"), ({"https://b": TERMS, "https://a": TERMS}, "https://a, https://b")],
)
def test_a_server_that_is_not_configured_is_refused(
    servers: dict[str, ServerTerms], words: str
) -> None:
    with pytest.raises(InvalidSpecError, match=words) as caught:
        find_server(build_spec(), servers)
    assert caught.value.reason == Reason.UNKNOWN_SERVER


def test_plain_http_needs_the_operator_s_consent() -> None:
    address = "http://vault:8200"
    spec = build_spec(vault={"server": address})
    with pytest.raises(InvalidSpecError) as caught:
        find_server(spec, {address: TERMS})
    assert caught.value.reason == Reason.PLAIN_HTTP
    consenting = replace(TERMS, allows_plain_http=True)
    assert find_server(spec, {address: consenting}) is consenting


@pytest.mark.parametrize("namespace", [None, "gloo-mesh"])
def test_a_ca_secret_is_of_the_policy_s_own_namespace(namespace: str | None) -> None:
    reference = {"name": "vault-ca"} | ({"namespace": namespace} if namespace else {})
    found = find_ca_reference(IDENTITY, build_spec(vault={"caSecretRef": reference}))
    assert found is not None
    assert (found.name, found.key) == ("vault-ca", "ca.crt")


def test_a_ca_secret_of_another_namespace_is_never_read() -> None:
    spec = build_spec(vault={"caSecretRef": {"name": "x", "namespace": "kube-system"}})
    with pytest.raises(InvalidSpecError, match="put it into gloo-mesh") as caught:
        find_ca_reference(IDENTITY, spec)
    assert caught.value.reason == Reason.NOT_ALLOWED


def test_without_a_ca_secret_there_is_no_reference() -> None:
    assert find_ca_reference(IDENTITY, build_spec()) is None
