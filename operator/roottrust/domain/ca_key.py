"""Private keys of intermediates: made here or by Vault, and written as every istiod reads them."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from roottrust.api.choices import KeyType
from roottrust.domain.certificate import Certificate
from roottrust.domain.key_parameters import KEY_PARAMETERS
from roottrust.domain.subject_key import encode_key

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CaKey = PrivateKey | ed25519.Ed25519PrivateKey  # of a root, which no Envoy is shown

# SEC 1, PKCS #1 and PKCS #8, whatever stands before: istiod does not get past EC PARAMETERS.
_BLOCK = re.compile(r"-----BEGIN ((?:EC |RSA )?PRIVATE KEY)-----[^-]*-----END \1-----")
_DASHES = "-----"
_BEGIN = f"{_DASHES}BEGIN "
_PUBLIC_EXPONENT = 65_537
_CURVES: dict[int, ec.EllipticCurve] = {256: ec.SECP256R1(), 384: ec.SECP384R1()}


class UnreadableKeyError(ValueError):
    """A text is not a private key that istiod can use; the message holds nothing of it."""


def make_key(key_type: KeyType) -> PrivateKey:
    """Return a new key."""
    family, bits = KEY_PARAMETERS[key_type]
    if family == "ec":
        return ec.generate_private_key(_CURVES[bits])
    return rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=bits)


def load_key(pem: SecretStr) -> PrivateKey:
    """Return the key of a PEM text, as Vault gives it at intermediate/generate/exported.

    Raises UnreadableKeyError.
    """
    blocks = list(_BLOCK.finditer(pem.get_secret_value()))
    if len(blocks) != 1:
        raise UnreadableKeyError(
            f"It holds {len(blocks)} private keys without a password instead of one."
        )
    try:
        key = serialization.load_pem_private_key(blocks[0][0].encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the parser says may quote what it read.
        raise UnreadableKeyError("It is damaged or of an unknown kind.") from None
    if not isinstance(key, PrivateKey):
        raise UnreadableKeyError("It is of a kind that Envoy refuses: use ECDSA or RSA.")
    return key


def render_key(key: CaKey) -> SecretStr:
    """Return the key in PEM, PKCS #8: one block that istiod reads whatever the key's kind.

    `ParsePemEncodedKey` in security/pkg/pki/util/crypto.go looks at the first block alone.
    """
    encoded = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SecretStr(encoded.decode())


def begins_with_key(pem: SecretStr) -> bool:
    """Tell whether a PEM text's first block is a private key, the only one that istiod looks at."""
    first = pem.get_secret_value().partition(_BEGIN)[2]
    return first.partition(_DASHES)[0].endswith("PRIVATE KEY")


def is_key_of(key: CaKey, certificate: Certificate) -> bool:
    """Tell whether a certificate is for this key."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encode_key(certificate) == key.public_key().public_bytes(*form)


def build_request(key: PrivateKey, *, common_name: str, organization: str | None = None) -> str:
    """Return a request in PEM (PKCS #10) to certify the key; Vault decides on all but the key."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
