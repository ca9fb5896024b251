"""What status keeps of the reviewer's tokens, and what is read back from it."""

from __future__ import annotations

from roottrust.api.root_trust_policy_status import (
    REVIEWER_TOKENS_MAX,
    ReviewerTokenStatus,
    RootTrustPolicyStatus,
)
from roottrust.domain.desired import build_auth_config
from roottrust.domain.outcome import Outcome
from roottrust.domain.reviewer import ReviewerToken, ReviewerTokens


def list_reviewer_tokens(
    outcome: Outcome, before: RootTrustPolicyStatus
) -> tuple[ReviewerTokenStatus, ...]:
    """Return what is known of the tokens at the mounts that the policy asks for now."""
    known = outcome.reviewer_tokens
    if known is None:
        return before.reviewer_tokens
    clusters = outcome.target.clusters if outcome.target else ()
    paths = {build_auth_config(each).path: each.cluster for each in clusters}
    found = tuple(
        ReviewerTokenStatus(
            path=path,
            cluster=cluster,
            issued_at=known[path].issued_at,
            expires_at=known[path].expires_at,
            account_uid=known[path].account_uid,
            key_id=known[path].key_id,
        )
        for path, cluster in paths.items()
        if path in known
    )
    return found[:REVIEWER_TOKENS_MAX]


def read_reviewer_tokens(status: RootTrustPolicyStatus) -> ReviewerTokens:
    """Return what a status tells, by the path of the auth config."""
    return {
        each.path: ReviewerToken(
            issued_at=each.issued_at,
            expires_at=each.expires_at,
            account_uid=each.account_uid,
            key_id=each.key_id,
        )
        for each in status.reviewer_tokens
    }
