"""Which ServiceAccounts a cluster's istiods run as, each in its own namespace."""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.known import KnownMesh
from roottrust.domain.login_check import ClientReview
from roottrust.domain.some_names import list_some
from roottrust.domain.target import Account, ClusterTarget

DEFAULT_SERVICE_ACCOUNTS = ("istiod", "istiod-service-account")


def list_accounts(
    spec: RootTrustPolicySpec, namespaces: Iterable[str], meshes: Iterable[KnownMesh]
) -> tuple[Account, ...]:
    """Return the accounts written; else, by namespace, its meshes' own, the usual ones before."""
    found = tuple(meshes)
    written = spec.management.workload_auth.service_accounts
    return tuple(
        Account(namespace=namespace, name=name)
        for namespace in namespaces
        for name in written or _list_own(namespace, found)
    )


def _list_own(namespace: str, meshes: tuple[KnownMesh, ...]) -> tuple[str, ...]:
    there = [each.service_account for each in meshes if each.namespace == namespace]
    if not there or None in there:
        there += DEFAULT_SERVICE_ACCOUNTS
    return tuple(sorted({name for name in there if name is not None}))


def warn_of_unasked(clusters: Iterable[ClusterTarget]) -> tuple[str, ...]:
    """Return a warning where Vault's kubernetes method lets in more than is asked for.

    Its roles take names and namespaces apart, so that every name counts in every namespace.
    """
    unasked = [
        f"{account.namespace}/{account.name} of {cluster.cluster}"
        for cluster in clusters
        if isinstance(cluster.login_check, ClientReview)
        for account in _find_unasked(cluster)
    ]
    if not unasked:
        return ()
    warning = (
        f"Vault's kubernetes method also lets in {list_some(unasked)}, which no "
        "istiod runs as: use workloadAuth.method: jwt, or a policy for each namespace."
    )
    return (warning,)


def _find_unasked(cluster: ClusterTarget) -> list[Account]:
    asked = frozenset(cluster.accounts)
    both = (
        Account(namespace=namespace, name=name)
        for namespace in cluster.namespaces
        for name in cluster.service_accounts
    )
    return [each for each in both if each not in asked]
