"""What a RootTrustPolicy of a workload cluster may ask for: things of its own cluster alone.

Whoever is in charge of that cluster writes it as he likes, with any name, age and status.
"""

from __future__ import annotations

from roottrust.api.choices import RootSource
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.bounds import allows_namespace
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.selection import CLUSTER_LABEL, find_named
from roottrust.domain.server_terms import ServerTerms

# An intermediate is good until it ends, also after its cluster was told to leave.
TTL_DAYS_MAX = 365


def check_remote(spec: RootTrustPolicySpec, *, cluster: str) -> None:
    """Raise InvalidSpecError for what only policies of the management cluster may ask for."""
    _check_cluster(spec, cluster)
    asked = _list_refused(spec)
    if asked:
        raise InvalidSpecError(
            f"A policy in a workload cluster may not ask for {'; nor '.join(asked)}.",
            reason=Reason.NOT_ALLOWED,
        )


def check_namespace(namespace: str, server: ServerTerms) -> None:
    """Raise InvalidSpecError for a namespace of Vault that is granted to no such policy."""
    own = (server.namespace or "").strip("/")
    if not allows_namespace(server.remote_grants, namespace, own=own):
        raise InvalidSpecError(
            f"Vault namespace {namespace!r} is granted to no policy of a workload cluster.",
            reason=Reason.NOT_ALLOWED,
        )


def _check_cluster(spec: RootTrustPolicySpec, cluster: str) -> None:
    selectors = (each.istio.cluster_selector for each in spec.apply_to_meshes)
    written = {each.get(CLUSTER_LABEL, cluster) for each in selectors} | find_named(spec)
    others = sorted(written - {cluster})
    if others:
        raise InvalidSpecError(
            f"A policy in cluster {cluster} counts for that cluster alone, and this one names "
            f"{', '.join(others)}: name {cluster}, or apply it in the management cluster.",
            reason=Reason.OTHER_CLUSTER,
        )


def _list_refused(spec: RootTrustPolicySpec) -> tuple[str, ...]:
    vault, management = spec.config.agent_ca.vault, spec.management
    found = {
        "a root of its own (leave management.root.source at Existing)": (
            management.root.source is not RootSource.EXISTING
        ),
        "passive CAs (leave config.passiveCertificateAuthorities out)": bool(
            spec.config.passive_certificate_authorities
        ),
        "a rotation of the root (leave rotation.rootGeneration at 1)": (
            spec.rotation.root_generation > 1
        ),
        "the root's unnamed issuer (leave management.allowUnnamedIssuer out)": (
            management.allow_unnamed_issuer
        ),
        "Vault's CA in a Secret, which the hub cannot read there (write caBundle instead)": (
            vault.ca_secret_ref is not None
        ),
        f"intermediates of more than {TTL_DAYS_MAX} days (lower intermediateCertOptions.ttlDays)": (
            spec.config.intermediate_cert_options.ttl_days > TTL_DAYS_MAX
        ),
    }
    return tuple(text for text, is_asked in found.items() if is_asked)
