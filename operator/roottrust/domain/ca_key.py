"""Private keys of intermediates: made here or by Vault, and written as istiod reads them."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from roottrust.api.choices import KeyType

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# openssl writes one before a key, and istiod does not get past it.
_PARAMETERS = re.compile(r"-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----\s*")
_EXPONENT = 65537
_CURVES: dict[KeyType, type[ec.EllipticCurve]] = {
    KeyType.ECDSA_P256: ec.SECP256R1,
    KeyType.ECDSA_P384: ec.SECP384R1,
}
_BITS = {KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}


class UnreadableKeyError(ValueError):
    """A text is not a private key that istiod can use; the message holds nothing of it."""


def make_key(key_type: KeyType) -> PrivateKey:
    """Return a new key."""
    if key_type in _CURVES:
        return ec.generate_private_key(_CURVES[key_type]())
    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS[key_type])


def load_key(pem: SecretStr) -> PrivateKey:
    """Return the key of a PEM text without a password; raises UnreadableKeyError."""
    text = _PARAMETERS.sub("", pem.get_secret_value())
    try:
        key = load_pem_private_key(text.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnreadableKeyError("It is no private key in PEM without a password.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UnreadableKeyError("It is neither an ECDSA nor an RSA key: istiod needs one of them.")
    return key


def render_key(key: PrivateKey) -> SecretStr:
    """Return the key in PEM (SEC 1 or PKCS #1), with nothing before it."""
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return SecretStr(encoded.decode())


def build_request(key: PrivateKey, *, common_name: str) -> str:
    """Return a request to sign the key, in PEM; all else in the certificate is Vault's to say."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
