"""Certificates for tests: sound ones, and such as no program should have made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2030, 1, 1, tzinfo=UTC)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def build_name(text: str) -> x509.Name:
    if not text:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def build_pem(
    *,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    key: PrivateKey | None = None,
    signer: PrivateKey | None = None,
    is_ca: bool | None = True,
    path_length: int | None = None,
    usage: x509.KeyUsage | None = None,
    serial: int = 0xABC,
) -> str:
    """Return a certificate in PEM; self-signed unless an issuer and a signer are given."""
    subject = build_name("Root") if subject is None else subject
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=3650))
    )
    if is_ca is not None:
        constraints = x509.BasicConstraints(ca=is_ca, path_length=path_length)
        builder = builder.add_extension(constraints, critical=True)
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    signer = signer or key
    edwards = isinstance(signer, ed25519.Ed25519PrivateKey)
    certificate = builder.sign(signer, None if edwards else hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def build_usage(*, key_cert_sign: bool, crl_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
