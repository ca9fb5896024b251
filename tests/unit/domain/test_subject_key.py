from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.subject_key import list_key_ids
from tests.unit.domain.certificates import NOW, build_name


def build(key: ec.EllipticCurvePrivateKey, key_id: bytes | None) -> Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(build_name("x"))
        .issuer_name(build_name("x"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2031))
    )
    if key_id is not None:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(key_id), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return parse_certificate(certificate.public_bytes(serialization.Encoding.PEM).decode())


def test_a_key_is_known_as_rfc_5280_has_it_and_as_its_certificate_bears_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    digest = hashlib.sha1(point, usedforsecurity=False).hexdigest()
    assert list_key_ids(build(key, None)) == {digest}
    assert list_key_ids(build(key, b"\x01\x02")) == {digest, "0102"}
