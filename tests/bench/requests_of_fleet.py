"""The writes and reads that the fleet costs at least: made by the product's own functions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from roottrust.api.choices import ObjectOrigin
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.acceptance import accept_policy
from roottrust.domain.action import Action, Verb
from roottrust.domain.bounds import Grant
from roottrust.domain.desired import (
    build_auth_config,
    build_auth_mount,
    build_intermediate_mount,
    build_policy,
    build_role,
    build_root,
    build_root_mount,
)
from roottrust.domain.known import KnownCluster
from roottrust.domain.mark import Mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_object import VaultObject
from roottrust.vault.apply import build_request
from tests.bench import fleet

Write = tuple[str, dict[str, Any]]

SWEEP_READS = ("sys/mounts", "sys/auth")


@dataclass(frozen=True, kw_only=True)
class FleetRequests:
    """Writes in the order in which they can be made: the root's, and each cluster's five."""

    root: tuple[Write, ...]
    clusters: tuple[tuple[Write, ...], ...]

    @property
    def cluster_reads(self) -> tuple[tuple[str, ...], ...]:
        """What a look at each cluster reads: config, policy and role; mounts are read at once."""
        return tuple(tuple(path for path, _ in writes[-3:]) for writes in self.clusters)


def build_requests(clusters: Sequence[KnownCluster]) -> FleetRequests:
    """Work out what Vault needs for the whole fleet."""
    targets = tuple(_accept(cluster) for cluster in clusters)
    root = targets[0].root
    mark = _mark(clusters[0].name)
    return FleetRequests(
        root=_build([build_root_mount(root, mark), build_root(root)]),
        clusters=tuple(_build(_list_objects(target)) for target in targets),
    )


def _list_objects(target: VaultTarget) -> list[VaultObject]:
    (cluster,) = target.clusters
    mark = _mark(cluster.cluster)
    days = target.intermediate.ttl_days
    mount = cluster.intermediate_mount or ""
    issuer = str(uuid.uuid4())
    return [
        build_intermediate_mount(mount, ttl_days=days, mark=mark),
        build_auth_mount(cluster, mark),
        build_auth_config(cluster),
        build_policy(cluster, target=target, issuer_id=issuer, ttl_days=days, mark=mark),
        build_role(cluster),
    ]


def _build(objects: Iterable[VaultObject]) -> tuple[Write, ...]:
    return tuple(build_request(Action(verb=Verb.CREATE, wanted=each)) for each in objects)


def _accept(cluster: KnownCluster) -> VaultTarget:
    manifest = fleet.build_policy(cluster.name)
    return accept_policy(
        _identify(cluster.name),
        RootTrustPolicySpec.model_validate(manifest["spec"]),
        server=_TERMS,
        clusters=(cluster,),
        agents_ca_pem=None,
    )


def _mark(name: str) -> Mark:
    return Mark(hub=fleet.HUB, policy=_identify(name), origin=ObjectOrigin.CREATED)


def _identify(name: str) -> PolicyIdentity:
    return PolicyIdentity(namespace=fleet.NAMESPACE, name=name, uid=str(uuid.uuid4()))


_TERMS = ServerTerms(
    address=fleet.SERVER,
    namespace=None,
    allows_plain_http=False,
    grants=(Grant(policy_namespaces=(fleet.NAMESPACE,)),),
)
