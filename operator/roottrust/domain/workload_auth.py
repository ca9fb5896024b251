"""What a policy's `management.workloadAuth` means for one cluster."""

from __future__ import annotations

from roottrust.api.choices import AuthMethod, Reviewer
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.known import KnownCluster
from roottrust.domain.login_check import AccountReview, ClientReview, LoginCheck, SignatureCheck
from roottrust.domain.names import build_audience
from roottrust.domain.reasons import Reason


def build_login_check(spec: RootTrustPolicySpec, cluster: KnownCluster) -> LoginCheck:
    """Return how Vault is to check the tokens of a cluster."""
    auth = spec.management.workload_auth
    if auth.method is AuthMethod.JWT:
        return SignatureCheck(
            audience=auth.audience or build_audience(cluster.name),
            keys=cluster.token_keys,
            trouble=cluster.keys_trouble,
        )
    if auth.reviewer is Reviewer.SERVICE_ACCOUNT_TOKEN:
        return AccountReview(
            audience=auth.audience,
            account_uid=cluster.reviewer_uid,
            key_ids=cluster.token_keys.key_ids if cluster.token_keys else None,
        )
    return ClientReview()


def check_audience(spec: RootTrustPolicySpec, clusters: tuple[str, ...]) -> None:
    """Refuse one audience for several clusters with method jwt; raises InvalidSpecError.

    A token that one of them can see would be as good at the others' mounts, but for its key.
    """
    auth = spec.management.workload_auth
    if auth.method is AuthMethod.JWT and auth.audience and len(clusters) > 1:
        raise InvalidSpecError(
            f"workloadAuth.audience {auth.audience} would be shared by {len(clusters)} clusters "
            f"({clusters[0]}, {clusters[1]}, …): leave it out, and each has one of its own "
            f"({build_audience(clusters[0])}), or write a policy for each cluster.",
            reason=Reason.INVALID_SPEC,
        )


def reviews_itself(spec: RootTrustPolicySpec) -> bool:
    """Whether Vault sees the token with which istiod talks to the API server (ClientToken)."""
    auth = spec.management.workload_auth
    return auth.method is AuthMethod.KUBERNETES and auth.reviewer is Reviewer.CLIENT_TOKEN
