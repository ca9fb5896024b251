"""Reading CA certificates: what a decision about trust needs to know of one, and nothing more."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

# Base64 has no dash; a body that could run on past one would take quadratic time on hostile text.
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_BEGIN = "-----BEGIN"
_PRIVATE_KEY = "PRIVATE KEY-----"
_LABEL = "CERTIFICATE"
_DAY = timedelta(days=1)
_PEM_COLUMNS = 64  # RFC 7468 section 2
_CURVES = {"secp256r1": "p256", "secp384r1": "p384", "secp521r1": "p521"}
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)

_PARSER_ERRORS = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # where somebody runs Python with -W error
)


class UnreadableCertificateError(ValueError):
    """A text is not the certificates it should be; the message is for people and holds no PEM."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One X.509 certificate (RFC 5280).

    `pem` is this one alone, without text around it, ending in a newline; names are RFC 4514;
    `common_name` is that of the subject, None where it has none or several; `fingerprint` is
    SHA-256, it and `serial` lower-case hex; times are aware UTC. `key_usages` is None without that
    extension, `signature_hash` None where the signature names no hash (Ed25519).
    """

    pem: str
    subject: str
    common_name: str | None
    issuer: str
    fingerprint: str
    serial: str
    not_before: datetime
    not_after: datetime
    is_ca: bool
    path_length: int | None
    is_self_signed: bool
    key_type: str
    key_usages: frozenset[str] | None
    signature_hash: str | None

    @property
    def life_days(self) -> int:
        """How long it is valid in all, in days; who issues may begin a little early."""
        return round((self.not_after - self.not_before) / _DAY)

    @property
    def allows_signing(self) -> bool:
        """Whether its key usage, if it has one, allows signing certificates (RFC 5280, 4.2.1.3)."""
        return self.key_usages is None or "key_cert_sign" in self.key_usages


def render_common_name(name: str) -> str:
    """Return a subject that is a common name alone, as certificates show it."""
    attribute = x509.NameAttribute(NameOID.COMMON_NAME, name)
    return x509.Name([attribute]).rfc4514_string()


def parse_certificate(pem: str) -> Certificate:
    """Read exactly one certificate; raises UnreadableCertificateError."""
    certificates = parse_certificates(pem)
    if len(certificates) > 1:
        raise UnreadableCertificateError(
            f"It holds {len(certificates)} certificates: give exactly one."
        )
    return certificates[0]


def parse_certificates(pem: str) -> tuple[Certificate, ...]:
    """Read one or more certificates in their order, leaving out text between them (RFC 7468).

    Raises UnreadableCertificateError, also when anything but certificates is among them.
    """
    blocks = _BLOCK.findall(pem)
    _check_blocks(pem, [label for label, _ in blocks])
    return tuple(
        _read_block(body, number=number) for number, (_, body) in enumerate(blocks, start=1)
    )


def _check_blocks(pem: str, labels: list[str]) -> None:
    if _PRIVATE_KEY in pem:
        raise UnreadableCertificateError("It holds a private key: give the certificate alone.")
    if _BEGIN not in pem:
        raise UnreadableCertificateError("It holds no certificate in PEM form.")
    if pem.count(_BEGIN) != len(labels):
        raise UnreadableCertificateError("It holds a PEM block that is not complete.")
    for label in labels:
        if label != _LABEL:
            raise UnreadableCertificateError(f"It holds a {label}: give certificates alone.")


def _read_block(body: str, *, number: int) -> Certificate:
    try:
        return _read_der(base64.b64decode("".join(body.split()), validate=True))
    except _PARSER_ERRORS:
        # What the parser says is about bytes; and it may quote them.
        raise UnreadableCertificateError(
            f"Certificate {number} in it is damaged or not X.509."
        ) from None


def _read_der(der: bytes) -> Certificate:
    certificate = _load_strictly(der)
    constraints = _find_basic_constraints(certificate)
    signature_hash = certificate.signature_hash_algorithm
    return Certificate(
        pem=_build_pem(der),
        subject=certificate.subject.rfc4514_string(),
        common_name=_find_common_name(certificate.subject),
        issuer=certificate.issuer.rfc4514_string(),
        fingerprint=hashlib.sha256(der).hexdigest(),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_ca=constraints is not None and constraints.ca,
        path_length=constraints.path_length if constraints else None,
        is_self_signed=is_signed_by(certificate, certificate),
        key_type=_describe_key(certificate),
        key_usages=_find_key_usages(certificate),
        signature_hash=signature_hash.name if signature_hash else None,
    )


def _load_strictly(der: bytes) -> x509.Certificate:
    """Load what RFC 5280 allows: Go, and so istiod, refuses a negative serial number as well.

    The parser itself only warns, by a filter that all threads share.
    """
    certificate = x509.load_der_x509_certificate(der)
    if certificate.serial_number <= 0:
        raise ValueError("the serial number is not positive")
    return certificate


def _build_pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[start : start + _PEM_COLUMNS] for start in range(0, len(text), _PEM_COLUMNS)]
    return "\n".join([f"-----BEGIN {_LABEL}-----", *lines, f"-----END {_LABEL}-----", ""])


def is_signed_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """Tell whether a certificate bears the name of another and the signature of its key."""
    # Bytes, as Go compares them: the same words in another string type are another name.
    if child.issuer.public_bytes() != parent.subject.public_bytes():
        return False
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _find_common_name(subject: x509.Name) -> str | None:
    """Return the one common name: of several none is what a Vault policy pins."""
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else None


def _describe_key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    match key:
        case rsa.RSAPublicKey():
            return f"rsa-{key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ecdsa-{_CURVES.get(key.curve.name, key.curve.name)}"
        case ed25519.Ed25519PublicKey():
            return "ed25519"
        case ed448.Ed448PublicKey():
            return "ed448"
        case _:
            return "unknown"


def _find_basic_constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _find_key_usages(certificate: x509.Certificate) -> frozenset[str] | None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return frozenset(name for name in _KEY_USAGES if getattr(usage, name))
