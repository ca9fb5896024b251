"""Reading single Secrets by name: never a list, never a watch."""

from __future__ import annotations

import base64
import binascii

from pydantic import SecretBytes, SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS


async def read_secret_key(client: KubeClient, *, namespace: str, name: str, key: str) -> SecretStr:
    """Return one key of one Secret (GET only).

    Raises DependencyMissingError when the Secret or the key is missing or is not text.
    """
    (content,) = await read_secret_keys(client, namespace=namespace, name=name, keys=(key,))
    try:
        return SecretStr(content.get_secret_value().decode("utf-8"))
    except UnicodeDecodeError:
        raise _build_missing(f"Key {key!r} of Secret {namespace}/{name} is not text.") from None


async def read_secret_keys(
    client: KubeClient, *, namespace: str, name: str, keys: tuple[str, ...]
) -> tuple[SecretBytes, ...]:
    """Return some keys of one Secret as they are, in that order, by a single GET.

    Raises DependencyMissingError when the Secret or a key is missing.
    """
    secret = await client.get(SECRETS, namespace=namespace, name=name)
    if secret is None:
        raise _build_missing(
            f"Secret {namespace}/{name} does not exist: create it with {' and '.join(keys)}."
        )
    data = secret.get("data") or {}
    return tuple(_decode(data.get(key), key, place=f"{namespace}/{name}") for key in keys)


def _decode(encoded: str | None, key: str, *, place: str) -> SecretBytes:
    if not encoded:
        raise _build_missing(f"Secret {place} has no key {key!r}: add it.")
    try:
        return SecretBytes(base64.b64decode(encoded, validate=True))
    except binascii.Error:
        raise _build_missing(f"Key {key!r} of Secret {place} is not base64.") from None


def _build_missing(message: str) -> DependencyMissingError:
    return DependencyMissingError(message, reason=Reason.SECRET_NOT_FOUND)
