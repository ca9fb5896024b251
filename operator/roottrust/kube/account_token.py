"""Tokens of a ServiceAccount (Kubernetes API: serviceaccounts/token)."""

from __future__ import annotations

from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.target import Account
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SERVICE_ACCOUNTS


async def issue_account_token(
    client: KubeClient, account: Account, *, audience: str | None, seconds: int
) -> SecretStr:
    """Have a token made, which lives so long or as long as the API server likes.

    Without an audience it is for the API server itself. Raises DependencyMissingError where there
    is no such account, AccessDeniedError without the right to create tokens of it.
    """
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds} | ({"audiences": [audience]} if audience else {}),
    }
    answer = await client.create_subresource(
        SERVICE_ACCOUNTS,
        request,
        name=account.name,
        namespace=account.namespace,
        subresource="token",
    )
    status = answer.get("status")
    token = status.get("token") if isinstance(status, dict) else None
    if not isinstance(token, str) or not token:
        raise TransientError(
            f"The API server {client.server} does not answer a TokenRequest as one does.",
            reason=Reason.API_UNREACHABLE,
        )
    return SecretStr(token)
