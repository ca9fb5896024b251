"""Tokens of the account that may review others' tokens, and may do nothing else.

Kubernetes API: serviceaccounts/token (TokenRequest), selfsubjectaccessreviews.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.reviewer import ReviewerToken
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SELF_SUBJECT_ACCESS_REVIEWS, SERVICE_ACCOUNTS

ACCOUNT = "roottrust-reviewer"
MANIFEST = "deploy/base/reviewer.yaml"

_MANAGER = "roottrust-hub-reviewer"
_REVIEWS = {"group": "authentication.k8s.io", "resource": "tokenreviews", "verb": "create"}


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
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds},
    }
    try:
        answer = await client.create_subresource(
            SERVICE_ACCOUNTS, request, name=ACCOUNT, namespace=namespace, subresource="token"
        )
    except DependencyMissingError:
        raise _build_missing(client, namespace) from None
    except AccessDeniedError as error:
        raise _build_denied(client, namespace, error) from None
    issued = _read_answer(client, answer, now=now)
    await _check_right(client, namespace, issued.token)
    return issued


async def read_reviewer_uid(client: KubeClient, *, namespace: str) -> str | None:
    """Return the UID of the account, None if there is none; raises RootTrustError."""
    found = await client.get(SERVICE_ACCOUNTS, namespace=namespace, name=ACCOUNT)
    return str(found["metadata"]["uid"]) if found else None


def _read_answer(client: KubeClient, answer: Mapping[str, Any], *, now: datetime) -> IssuedToken:
    """Return what a TokenRequest was answered with; times are in whole seconds, as in a status."""
    try:
        token = str(answer["status"]["token"])
        header, claims = (_decode(part) for part in token.split(".")[:2])
        known = ReviewerToken(
            issued_at=now.astimezone(UTC).replace(microsecond=0),
            expires_at=datetime.fromisoformat(answer["status"]["expirationTimestamp"]),
            account_uid=str(claims["kubernetes.io"]["serviceaccount"]["uid"]),
            key_id=str(header.get("kid") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TransientError(
            f"The API server {client.server} does not answer a TokenRequest as one does.",
            reason=Reason.API_UNREACHABLE,
        ) from None
    return IssuedToken(token=SecretStr(token), known=known)


def _decode(part: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


async def _check_right(client: KubeClient, namespace: str, token: SecretStr) -> None:
    """Ask as the account itself: Vault would learn it only when istiod wants to log in."""
    review = {"metadata": {}, "spec": {"resourceAttributes": _REVIEWS}}
    reviewer = KubeClient(client.access.with_token(token))
    try:
        answer = await reviewer.create(SELF_SUBJECT_ACCESS_REVIEWS, review, field_manager=_MANAGER)
    finally:
        await reviewer.close()
    if not answer.get("status", {}).get("allowed"):
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
