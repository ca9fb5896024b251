"""A Vault server of the operator's configuration, as a policy names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.bounds import Grant
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget


@dataclass(frozen=True, kw_only=True)
class ServerTerms:
    """One Vault server of the configuration, and what policies may do with it.

    The reserved names are those by which the operator itself logs in. `remote_grants` are for
    policies of workload clusters, and `grants` for all others. `root_owners` names for a root
    mount, in another namespace than the server's own as `NAMESPACE:MOUNT`, the policy
    (namespace/name) that owns it.
    """

    address: str
    namespace: str | None
    allows_plain_http: bool
    grants: tuple[Grant, ...]
    remote_grants: tuple[Grant, ...] = ()
    reserved_roles: frozenset[str] = frozenset()
    reserved_auth_mounts: frozenset[str] = frozenset()
    root_owners: Mapping[str, str] = field(default_factory=dict)


def find_named_owner(target: VaultTarget, server: ServerTerms) -> str | None:
    """Return the policy that the configuration gives a target's root, None if it names none."""
    is_own = (target.namespace or "") == (server.namespace or "")
    key = target.root.mount if is_own else f"{target.namespace}:{target.root.mount}"
    return server.root_owners.get(key)


def find_server(spec: RootTrustPolicySpec, servers: Mapping[str, ServerTerms]) -> ServerTerms:
    """Return the configured server that a policy names; raises InvalidSpecError."""
    return find_terms(spec.config.agent_ca.vault.server.rstrip("/"), servers)


def find_terms(address: str, servers: Mapping[str, ServerTerms]) -> ServerTerms:
    """Return the configured server of an address; raises InvalidSpecError.

    Nothing is ever sent to a server that is not configured, or that is not allowed without TLS.
    """
    terms = servers.get(address)
    if terms is None:
        known = ", ".join(sorted(servers)) or "none"
        raise InvalidSpecError(
            f"The operator's configuration has no Vault server {address}: use one of {known}, or "
            "have it added to vaultServers.",
            reason=Reason.UNKNOWN_SERVER,
        )
    if address.startswith("http://") and not terms.allows_plain_http:
        raise InvalidSpecError(
            f"{address} is plain HTTP, which would show tokens and keys to the network: use "
            "https://, or have allowPlainHTTP set for this server in the operator's configuration.",
            reason=Reason.PLAIN_HTTP,
        )
    return terms
