"""ServiceAccount tokens with other claims, signed by the cluster's own key."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_DAY = 24 * 3600
_TIMES = ("exp", "iat", "nbf")


def age(token: str, key_file: Path, *, days: int) -> str:
    """Return a token as it would have been made some days ago."""
    said = read_claims(token)
    return edit(token, key_file, {name: said[name] - days * _DAY for name in _TIMES})


def read_claims(token: str) -> dict[str, Any]:
    """Return what a token says."""
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return said


def edit(token: str, key_file: Path, changes: dict[str, Any]) -> str:
    """Return a token that says something else; None takes a claim away."""
    said = {**read_claims(token), **changes}
    claims = json.dumps({name: value for name, value in said.items() if value is not None})
    text = f"{token.split('.')[0]}.{_encode(claims.encode())}"
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encode(signature)}"


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
