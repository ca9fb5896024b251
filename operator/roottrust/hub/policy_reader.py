"""What policies ask for, worked out once for as long as nothing that it follows from changes.

Most of a hub's work are passes over its policies in which nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.acceptance import accept_policy
from roottrust.domain.known import KnownCluster
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.precedence import Claim
from roottrust.domain.server_terms import ServerTerms, find_named_owner, find_server
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a policy says, understood, and what it claims by that."""

    spec: RootTrustPolicySpec
    claim: Claim


@dataclass(frozen=True, kw_only=True)
class _Source:
    """All that a demand follows from."""

    policy: PolicyIdentity
    created_at: str
    spec: Mapping[str, Any] | None
    clusters: tuple[KnownCluster, ...]
    terms: Mapping[str, ServerTerms]


class PolicyReader:
    """Reads policies; what cannot be accepted is read anew each time."""

    def __init__(self, *, clusters: ClusterRegistry, servers: VaultServers) -> None:
        self._clusters = clusters
        self._servers = servers
        self._known: dict[ObjectKey, tuple[_Source, Demand]] = {}

    def read(self, policy: PolicyObject) -> Demand:
        """Return what a policy asks for; raises RootTrustError when it cannot be accepted."""
        source = _Source(
            policy=policy.identity,
            created_at=policy.created_at,
            spec=policy.manifest.get("spec"),
            clusters=self._list_clusters(policy.identity),
            terms=self._servers.terms,
        )
        known = self._known.get(policy.key)
        if known is None or known[0] != source:
            known = self._known[policy.key] = (source, _understand(policy, source))
        return known[1]

    def forget(self, key: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._known.pop(key, None)

    def _list_clusters(self, policy: PolicyIdentity) -> tuple[KnownCluster, ...]:
        """Return those that a policy may know of: one of a workload cluster that one alone."""
        known = self._clusters.list_clusters()
        if not policy.is_remote:
            return known
        return tuple(each for each in known if each.name == policy.cluster and not each.refusal)


def _understand(policy: PolicyObject, source: _Source) -> Demand:
    spec = policy.parse_spec()
    server = find_server(spec, source.terms)
    target = accept_policy(
        policy.identity,
        spec,
        server=server,
        clusters=source.clusters,
        agents_ca_pem=spec.config.agent_ca.vault.ca_bundle,
    )
    claim = Claim(
        policy=policy.identity,
        created_at=policy.created_at,
        target=target,
        is_named_owner=not policy.identity.is_remote
        and find_named_owner(target, server) == policy.identity.full_name,
    )
    return Demand(spec=spec, claim=claim)
