"""Tokens of a ServiceAccount (Kubernetes API: serviceaccounts/token)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.domain.manifest import read_mapping
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
    status = await request_account_token(client, account, audience=audience, seconds=seconds)
    token = status.get("token")
    if not isinstance(token, str) or not token:
        raise build_unreadable(client)
    return SecretStr(token)


async def request_account_token(
    client: KubeClient, account: Account, *, audience: str | None, seconds: int
) -> Mapping[str, Any]:
    """Return what a TokenRequest is answered with, whatever it is; raises the same."""
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
    return read_mapping(answer.get("status"))


def build_unreadable(client: KubeClient) -> TransientError:
    """Return the error of an answer that is no token."""
    return TransientError(
        f"The API server {client.server} does not answer a TokenRequest as one does.",
        reason=Reason.API_UNREACHABLE,
    )
