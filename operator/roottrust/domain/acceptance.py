"""Whether the operator accepts a policy, and what the policy then asks for in Vault.

What the API server can check is in the CRD; here is what only the operator knows: its Vault
servers, what it allows policies to touch, and its clusters.
"""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.api.choices import KeyType, RootSource
from roottrust.api.reference import CaSecretReference, SecretReference
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.bounds import Request, find_refusal
from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.cluster_choice import choose_clusters
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.istiod_accounts import list_accounts, warn_of_unasked
from roottrust.domain.known import KnownCluster
from roottrust.domain.names import build_issuer_name
from roottrust.domain.nearest_miss import describe_nearest_miss
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.policy_document import is_pinnable
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_policy import check_remote
from roottrust.domain.selection import (
    index_namesakes,
    list_namespaces,
    select_meshes,
)
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.support import check_supported
from roottrust.domain.target import ClusterTarget, IntermediateOptions, RootTarget, VaultTarget
from roottrust.domain.vault_keys import KEY_WARNING
from roottrust.domain.vault_namespace import describe_namespace, is_within, parse_namespace
from roottrust.domain.vault_path import (
    check_role_name,
    expand_cluster,
    parse_auth_path,
    parse_ca_path,
    parse_csr_path,
)
from roottrust.domain.workload_auth import build_login_check, check_audience, reviews_itself

DEFAULT_ROOT_NAME = "Istio root CA"
DEFAULT_ROOT_DAYS = 3650

_CLIENT_TOKEN = (
    "Vault sees istiod's own Kubernetes API token at each login (workloadAuth.reviewer: "  # noqa: S105
    "ClientToken)."
)
_KEY_IN_VAULT = (
    f"{KEY_WARNING}: csrPath has Vault make the keys of intermediates and keep them; leave it "
    "out, and istiod's agent makes them in its pod."
)
_PLAIN_HTTP = "Vault is named by http://: tokens and keys travel unprotected."


def find_ca_reference(
    policy: PolicyIdentity, spec: RootTrustPolicySpec
) -> CaSecretReference | None:
    """Return the Secret with the CA of Vault, None if the policy names none.

    Raises InvalidSpecError for one of another namespace: whoever writes a policy could have the
    hub read what only the hub may.
    """
    reference = spec.config.agent_ca.vault.ca_secret_ref
    if reference is not None:
        _check_secret_namespace("caSecretRef", policy, reference)
    return reference


def accept_policy(
    policy: PolicyIdentity,
    spec: RootTrustPolicySpec,
    *,
    server: ServerTerms,
    clusters: Iterable[KnownCluster],
    agents_ca_pem: str | None,
) -> VaultTarget:
    """Return what the policy asks for.

    Raises InvalidSpecError when it cannot be accepted as it is, DependencyMissingError when no
    cluster is selected.
    """
    if policy.is_remote:
        check_remote(spec, cluster=policy.cluster)
    check_supported(spec)
    _check_organization(spec)
    namespace = find_namespace(spec, server)
    check_agents_ca(agents_ca_pem)
    root = _build_root(policy, spec)
    choice = choose_clusters(spec, clusters)
    namesakes = index_namesakes(choice.known)
    targets = tuple(
        _build_cluster(spec, each, namesakes.get(each.name, ())) for each in choice.selected
    )
    check_audience(spec, tuple(each.cluster for each in targets))
    for target in targets:
        _check_bounds(policy, server=server, namespace=namespace, root=root, cluster=target)
    vault = spec.config.agent_ca.vault
    options = spec.config.intermediate_cert_options
    has_mesh = any(each.meshes for each in targets)
    near_miss = None if has_mesh else describe_nearest_miss(spec, choice.selected)
    return VaultTarget(
        server=server.address,
        namespace=namespace or None,
        root=root,
        intermediate=IntermediateOptions(
            ttl_days=options.ttl_days,
            key_type=options.key_type,
            organization=options.org_name,
        ),
        unnamed_ca_path=vault.ca_path if spec.management.allow_unnamed_issuer else None,
        clusters=targets,
        warnings=(
            *choice.warnings,
            *([f"No istiod matches: {near_miss}."] if near_miss else ()),
            *_list_warnings(spec),
            *warn_of_unasked(targets),
        ),
        near_miss=near_miss,
    )


def _check_organization(spec: RootTrustPolicySpec) -> None:
    name = spec.config.intermediate_cert_options.org_name
    if name is not None and not is_pinnable(name):
        raise InvalidSpecError(
            f"orgName {name!r} cannot be pinned in a Vault policy: leave out quotes, backslashes, "
            "wildcards, commas and placeholders.",
            reason=Reason.INVALID_SPEC,
        )


def find_namespace(spec: RootTrustPolicySpec, server: ServerTerms) -> str:
    """Return the Vault namespace that is meant: a token works where it is from, and below.

    Raises InvalidSpecError for any other.
    """
    own = (server.namespace or "").strip("/")
    wanted = parse_namespace(spec.config.agent_ca.vault.namespace, default=own)
    if not is_within(wanted, own):
        raise InvalidSpecError(
            f"Vault namespace {wanted!r} is neither the one that the operator's configuration has "
            f"for {server.address} ({describe_namespace(own)}) nor below it: use one of these.",
            reason=Reason.NOT_ALLOWED,
        )
    return wanted


def check_agents_ca(pem: str | None) -> None:
    """Refuse a CA of Vault that agents could not use; raises InvalidSpecError."""
    if pem is None:
        return
    try:
        parse_certificates(pem)
    except UnreadableCertificateError as error:
        raise InvalidSpecError(
            f"The CA of Vault that the policy names cannot be used: {error}",
            reason=Reason.INVALID_CA_BUNDLE,
        ) from None


def _build_root(policy: PolicyIdentity, spec: RootTrustPolicySpec) -> RootTarget:
    ca_path = parse_ca_path(spec.config.agent_ca.vault.ca_path)
    root = spec.management.root
    issuer = ca_path.issuer
    if root.source is not RootSource.EXISTING:
        if issuer is not None:
            raise InvalidSpecError(
                f"caPath names the issuer {issuer}, but management.root.source: "
                f"{root.source} gives it a name of its own: write {ca_path.mount}/root/"
                "sign-intermediate.",
                reason=Reason.INVALID_SPEC,
            )
        issuer = build_issuer_name(1)
    return RootTarget(
        mount=ca_path.mount,
        issuer=issuer,
        source=root.source,
        common_name=root.common_name or DEFAULT_ROOT_NAME,
        ttl_days=root.ttl_days or DEFAULT_ROOT_DAYS,
        key_type=root.key_type or KeyType.ECDSA_P256,
        secret=_name_root_secret(policy, root.secret_ref),
    )


def _name_root_secret(policy: PolicyIdentity, reference: SecretReference | None) -> str | None:
    if reference is None:
        return None
    _check_secret_namespace("management.root.secretRef", policy, reference)
    return f"{policy.namespace}/{reference.name}"


def _check_secret_namespace(field: str, policy: PolicyIdentity, reference: SecretReference) -> None:
    """Refuse a Secret that the policy's author may not be able to read; raises InvalidSpecError."""
    if reference.namespace not in {None, policy.namespace}:
        raise InvalidSpecError(
            f"{field} names a Secret of the namespace {reference.namespace}: only those of "
            f"the policy's own namespace are read; put it into {policy.namespace}.",
            reason=Reason.NOT_ALLOWED,
        )


def _build_cluster(
    spec: RootTrustPolicySpec, cluster: KnownCluster, namesakes: tuple[KnownCluster, ...]
) -> ClusterTarget:
    vault = spec.config.agent_ca.vault
    meshes = select_meshes(spec, cluster, namesakes)
    role = expand_cluster(vault.kubernetes_auth.role, cluster=cluster.name)
    check_role_name(role)
    mount_path = expand_cluster(vault.kubernetes_auth.mount_path, cluster=cluster.name)
    csr_path = expand_cluster(vault.csr_path, cluster=cluster.name) if vault.csr_path else None
    return ClusterTarget(
        cluster=cluster.name,
        # Nothing keeps one istiod from having a Mesh beside it and another in our namespace.
        meshes=tuple(dict.fromkeys(each.target for each in meshes)),
        auth_mount=parse_auth_path(mount_path),
        role=role,
        intermediate_mount=parse_csr_path(csr_path) if csr_path else None,
        kubernetes_host=cluster.kubernetes_host,
        kubernetes_ca_pem=cluster.kubernetes_ca_pem,
        accounts=list_accounts(spec, list_namespaces(spec, cluster, namesakes), meshes),
        login_check=build_login_check(spec, cluster),
        trouble=cluster.trouble,
    )


def _check_bounds(
    policy: PolicyIdentity,
    *,
    server: ServerTerms,
    namespace: str,
    root: RootTarget,
    cluster: ClusterTarget,
) -> None:
    request = Request(
        policy_namespace=policy.namespace,
        vault_namespace=namespace,
        server_namespace=(server.namespace or "").strip("/"),
        cluster=cluster.cluster,
        root_mount=root.mount,
        auth_mount=cluster.auth_mount,
        intermediate_mount=cluster.intermediate_mount,
        role=cluster.role,
    )
    refusal = find_refusal(
        server.remote_grants if policy.is_remote else server.grants,
        request,
        reserved_roles=server.reserved_roles,
        reserved_auth_mounts=server.reserved_auth_mounts,
    )
    if refusal is not None:
        raise InvalidSpecError(refusal, reason=Reason.NOT_ALLOWED)


def _list_warnings(spec: RootTrustPolicySpec) -> tuple[str, ...]:
    vault = spec.config.agent_ca.vault
    found = {
        _PLAIN_HTTP: vault.server.startswith("http://"),
        _KEY_IN_VAULT: vault.csr_path is not None,
        _CLIENT_TOKEN: reviews_itself(spec),
    }
    return tuple(text for text, holds in found.items() if holds)
