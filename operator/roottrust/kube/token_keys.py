"""Reading what an API server publishes of the keys that sign its ServiceAccount tokens.

Kubernetes API paths /.well-known/openid-configuration and /openid/v1/jwks: every ServiceAccount may
read them by default (system:service-account-issuer-discovery).
"""

from __future__ import annotations

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.token_keys import TokenKeys, UnreadableKeysError, parse_token_keys
from roottrust.kube.client import KubeClient

DISCOVERY_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"


async def read_token_keys(client: KubeClient) -> TokenKeys:
    """Return the issuer and the keys of a cluster's tokens; raises RootTrustError."""
    discovery = await client.get_raw(DISCOVERY_PATH)
    key_set = await client.get_raw(KEYS_PATH)
    try:
        return parse_token_keys(discovery, key_set)
    except UnreadableKeysError as error:
        raise TransientError(
            f"The API server {client.server} cannot be understood: {error}.",
            reason=Reason.TOKEN_KEYS_UNREADABLE,
        ) from None
