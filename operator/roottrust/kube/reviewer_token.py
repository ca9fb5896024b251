"""Tokens of the account that may review others' tokens, and may do nothing else.

Kubernetes API: serviceaccounts/token (TokenRequest), selfsubjectaccessreviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from roottrust.domain.account_token import decode_part
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_hub import Right
from roottrust.domain.reviewer import ReviewerToken
from roottrust.domain.target import Account
from roottrust.kube.access_rights import find_missing_rights
from roottrust.kube.account_token import build_unreadable, request_account_token
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SERVICE_ACCOUNTS

ACCOUNT = "roottrust-reviewer"
MANIFEST = "deploy/base/reviewer.yaml"

_REVIEW = Right(verb="create", group="authentication.k8s.io", resource="tokenreviews")


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A fresh token, and what may be told of it."""

    token: SecretStr = field(repr=False)
    known: ReviewerToken


async def issue_reviewer_token(
    client: KubeClient, *, namespace: str, seconds: int, now: datetime
) -> IssuedToken:
    """Have a token made that lives so long, and see that it may review tokens.

    The API server may let it live shorter. Raises DependencyMissingError or AccessDeniedError with
    the manifest to apply.
    """
    account = Account(namespace=namespace, name=ACCOUNT)
    try:
        status = await request_account_token(client, account, audience=None, seconds=seconds)
    except DependencyMissingError:
        raise _build_missing(client, namespace) from None
    except AccessDeniedError as error:
        raise _build_denied(client, namespace, error) from None
    issued = _read_status(client, status, now=now)
    await _check_right(client, namespace, issued.token)
    return issued


async def read_reviewer_uid(client: KubeClient, *, namespace: str) -> str | None:
    """Return the UID of the account, None if there is none; raises RootTrustError."""
    found = await client.get(SERVICE_ACCOUNTS, namespace=namespace, name=ACCOUNT)
    return str(found["metadata"]["uid"]) if found else None


def _read_status(client: KubeClient, status: Mapping[str, Any], *, now: datetime) -> IssuedToken:
    """Return what a TokenRequest was answered with; times are in whole seconds, as in a status."""
    try:
        token = str(status["token"])
        header, claims = (decode_part(part) for part in token.split(".")[:2])
        known = ReviewerToken(
            issued_at=now.astimezone(UTC).replace(microsecond=0),
            expires_at=_read_time(status["expirationTimestamp"]),
            account_uid=str(claims["kubernetes.io"]["serviceaccount"]["uid"]),
            key_id=str(header.get("kid") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise build_unreadable(client) from None
    return IssuedToken(token=SecretStr(token), known=known)


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is none")
    return moment


async def _check_right(client: KubeClient, namespace: str, token: SecretStr) -> None:
    """Ask as the account itself: Vault would learn it only when istiod wants to log in."""
    reviewer = client.with_token(token)
    try:
        missing = await find_missing_rights(reviewer, [_REVIEW])
    finally:
        await reviewer.close()
    if missing:
        raise AccessDeniedError(
            f"The ServiceAccount {namespace}/{ACCOUNT} at {client.server} may not create "
            f"tokenreviews: apply {MANIFEST} there.",
            reason=Reason.ACCESS_DENIED,
            path="tokenreviews.authentication.k8s.io",
            capability="create",
        )


def _build_missing(client: KubeClient, namespace: str) -> DependencyMissingError:
    return DependencyMissingError(
        f"The ServiceAccount {namespace}/{ACCOUNT} does not exist at {client.server}: apply "
        f"{MANIFEST} there.",
        reason=Reason.REVIEWER_NOT_FOUND,
    )


def _build_denied(
    client: KubeClient, namespace: str, error: AccessDeniedError
) -> AccessDeniedError:
    return AccessDeniedError(
        f"The hub may not have tokens of the ServiceAccount {namespace}/{ACCOUNT} made at "
        f"{client.server}: grant it create on serviceaccounts/token of that name "
        f"({MANIFEST}).",
        reason=error.reason,
        path=error.path,
        capability=error.capability,
    )
