"""The public keys with which a cluster's API server signs ServiceAccount tokens.

Sources: OpenID Connect Discovery 1.0 section 4.2 (issuer), RFC 7517 (JWK Set), RFC 7518 section 6.
A cluster may be hostile: what it publishes is bounded and checked before Vault is given it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_KEYS = 16
MAX_RSA_BITS = 8192
MIN_RSA_BITS = 2048
MAX_ISSUER = 1024

_SIGNATURE_USE = "sig"
_MAX_NUMBER_TEXT = 2048
_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
# By RFC 7518 section 3.4 a curve has one algorithm; API servers sign with RS256 by RSA keys.
_ALGORITHM_OF_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_ALGORITHM_OF_RSA = "RS256"
_ISSUER = re.compile(r"[!-~]+", re.ASCII)

Jwk = Mapping[str, Any]


class UnreadableKeysError(ValueError):
    """What a cluster publishes is not what it should be; the message is for people."""


@dataclass(frozen=True, kw_only=True)
class TokenKeys:
    """The issuer of a cluster's tokens and its public keys.

    `public_keys` are PEM (SubjectPublicKeyInfo) in a fixed order, without a newline at the end, as
    Vault reads them back; `algorithms` are those of RFC 7518; `key_ids` are the `kid` of tokens.
    """

    issuer: str
    public_keys: tuple[str, ...]
    algorithms: tuple[str, ...]
    key_ids: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Key:
    pem: str
    algorithm: str
    key_id: str


def parse_token_keys(discovery: Mapping[str, Any], key_set: Mapping[str, Any]) -> TokenKeys:
    """Return what a discovery document and a JWK Set tell; raises UnreadableKeysError.

    One key that cannot be used makes all unreadable: leaving it out would lock out its tokens.
    """
    keys = tuple(_parse_key(each) for each in _list_keys(key_set))
    if not keys:
        raise UnreadableKeysError("it publishes no key for signatures")
    return TokenKeys(
        issuer=_parse_issuer(discovery.get("issuer")),
        public_keys=tuple(sorted({key.pem for key in keys})),
        algorithms=tuple(sorted({key.algorithm for key in keys})),
        key_ids=frozenset(key.key_id for key in keys),
    )


def _parse_issuer(issuer: object) -> str:
    if not isinstance(issuer, str) or len(issuer) > MAX_ISSUER or not _ISSUER.fullmatch(issuer):
        raise UnreadableKeysError("it publishes no issuer of tokens")
    return issuer


def _list_keys(key_set: Mapping[str, Any]) -> list[Jwk]:
    keys = key_set.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) for key in keys):
        raise UnreadableKeysError("it publishes no list of keys")
    if len(keys) > MAX_KEYS:
        raise UnreadableKeysError(f"it publishes {len(keys)} keys, more than {MAX_KEYS}")
    return [key for key in keys if key.get("use", _SIGNATURE_USE) == _SIGNATURE_USE]


def _parse_key(key: Jwk) -> _Key:
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if key.get("kty") == "RSA":
        public, algorithm = _parse_rsa(key), _ALGORITHM_OF_RSA
    elif key.get("kty") == "EC" and str(key.get("crv")) in _CURVES:
        public, algorithm = _parse_ec(key), _ALGORITHM_OF_CURVE[key["crv"]]
    else:
        raise UnreadableKeysError("it publishes a key of a type that Vault cannot use")
    if key.get("alg", algorithm) != algorithm:
        raise UnreadableKeysError(f"it publishes a key for another algorithm than {algorithm}")
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return _Key(pem=pem.decode().strip(), algorithm=algorithm, key_id=str(key.get("kid") or ""))


def _parse_rsa(key: Jwk) -> rsa.RSAPublicKey:
    exponent, modulus = _parse_number(key, "e"), _parse_number(key, "n")
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        raise UnreadableKeysError(f"it publishes an RSA key of {modulus.bit_length()} bits")
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise UnreadableKeysError("it publishes an RSA key that is none") from None


def _parse_ec(key: Jwk) -> ec.EllipticCurvePublicKey:
    x, y = _parse_number(key, "x"), _parse_number(key, "y")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, _CURVES[key["crv"]]).public_key()
    except ValueError:
        raise UnreadableKeysError("it publishes an EC key that is none") from None


def _parse_number(key: Jwk, name: str) -> int:
    """Return a Base64urlUInt (RFC 7518 section 2)."""
    text = key.get(name)
    if not isinstance(text, str) or not text or len(text) > _MAX_NUMBER_TEXT:
        raise UnreadableKeysError(f"it publishes a key without {name}")
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise UnreadableKeysError(f"it publishes a key whose {name} is no number") from None
    return int.from_bytes(content, "big")
