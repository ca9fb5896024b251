"""How Vault has a cluster review the tokens that log in (API path auth/kubernetes of Vault)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.login_check import AccountReview
from roottrust.domain.target import ClusterTarget


def build_review_config(cluster: ClusterTarget) -> Mapping[str, Any]:
    """Return where Vault asks; its own pod's token is never sent there.

    Without a reviewer's token it asks with the very token that logs in
    (vault-plugin-auth-kubernetes issues 93 and 121).
    """
    return {
        "kubernetes_host": cluster.kubernetes_host,
        "kubernetes_ca_cert": cluster.kubernetes_ca_pem,
        "disable_local_ca_jwt": True,
        "disable_iss_validation": True,
        "pem_keys": (),
        "issuer": "",
    }


def build_review_bounds(cluster: ClusterTarget) -> Mapping[str, Any]:
    """Return whom a role lets in."""
    check = cluster.login_check
    return {
        "bound_service_account_names": cluster.service_accounts,
        "bound_service_account_namespaces": cluster.namespaces,
        "bound_service_account_namespace_selector": "",
        "audience": (check.audience or "") if isinstance(check, AccountReview) else "",
    }
