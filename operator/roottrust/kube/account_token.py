"""Tokens of a ServiceAccount for an audience (Kubernetes API: serviceaccounts/token)."""

from __future__ import annotations

from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.target import Account
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SERVICE_ACCOUNTS


async def issue_account_token(
    client: KubeClient, account: Account, *, audience: str, seconds: int
) -> SecretStr:
    """Have a token made for an audience, which lives so long or as long as the API server likes.

    Raises DependencyMissingError where there is no such account, AccessDeniedError without the
    right to create tokens of it.
    """
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": [audience], "expirationSeconds": seconds},
    }
    answer = await client.create_subresource(
        SERVICE_ACCOUNTS,
        request,
        name=account.name,
        namespace=account.namespace,
        subresource="token",
    )
    token = (answer.get("status") or {}).get("token")
    if not isinstance(token, str) or not token:
        raise TransientError(
            f"The API server {client.server} does not answer a TokenRequest as one does.",
            reason=Reason.API_UNREACHABLE,
        )
    return SecretStr(token)
