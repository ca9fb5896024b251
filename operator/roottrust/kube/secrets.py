"""Reading single Secrets by name: never a list, never a watch."""

from __future__ import annotations

import base64
import binascii

from pydantic import SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS


async def read_secret_key(client: KubeClient, *, namespace: str, name: str, key: str) -> SecretStr:
    """Return one key of one Secret (GET only).

    Raises DependencyMissingError when the Secret or the key is missing or is not text.
    """
    secret = await client.get(SECRETS, namespace=namespace, name=name)
    if secret is None:
        raise _build_missing(f"Secret {namespace}/{name} does not exist: create it.")
    encoded = (secret.get("data") or {}).get(key)
    if not encoded:
        raise _build_missing(f"Secret {namespace}/{name} has no key {key!r}: add it.")
    try:
        return SecretStr(base64.b64decode(encoded, validate=True).decode("utf-8"))
    except (binascii.Error, UnicodeDecodeError):
        raise _build_missing(f"Key {key!r} of Secret {namespace}/{name} is not text.") from None


def _build_missing(message: str) -> DependencyMissingError:
    return DependencyMissingError(message, reason=Reason.SECRET_NOT_FOUND)
