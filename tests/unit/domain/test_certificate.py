from __future__ import annotations

import base64
import hashlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.certificate import (
    UnreadableCertificateError,
    parse_certificate,
    parse_certificates,
)
from tests.unit.domain.certificates import NOW, build_name, build_pem, build_usage

ROOT = build_pem()


def decode(pem: str) -> bytes:
    return base64.b64decode("".join(pem.split("-----")[2].split()))


def encode(der: bytes) -> str:
    return (
        f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der).decode()}\n-----END CERTIFICATE-----"
    )


def test_reads_what_decisions_need() -> None:
    root = parse_certificate(build_pem(path_length=2, serial=0xABC))
    assert (root.subject, root.issuer) == ("CN=Root", "CN=Root")
    assert root.serial == "abc"
    assert root.not_before == NOW
    assert root.not_before.tzinfo is UTC
    assert root.not_after == NOW + timedelta(days=3650)
    assert (root.is_ca, root.path_length) == (True, 2)
    assert root.key_type == "ecdsa-p256"
    assert root.signature_hash == "sha256"
    assert root.is_self_signed


def test_fingerprint_is_of_the_bytes() -> None:
    assert parse_certificate(ROOT).fingerprint == hashlib.sha256(decode(ROOT)).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        ROOT,
        ROOT.strip(),
        "\n\n" + ROOT + "\n\n",
        ROOT.replace("\n", "\r\n"),
        "subject=CN = Root, ä\n" + ROOT + "trailing text",
        encode(decode(ROOT)),
    ],
)
def test_pem_is_normalised_to_what_openssl_writes(text: str) -> None:
    assert parse_certificate(text).pem == ROOT


def test_certificates_keep_their_order() -> None:
    other = build_pem(subject=build_name("Other"))
    found = parse_certificates(f"# first\n{ROOT}\n# second\n{other}")
    assert [certificate.pem for certificate in found] == [ROOT, other]


@pytest.mark.parametrize(("is_ca", "usage"), [(None, None), (False, None)])
def test_certificate_of_no_ca(is_ca: bool | None, usage: None) -> None:
    leaf = parse_certificate(build_pem(is_ca=is_ca, usage=usage))
    assert (leaf.is_ca, leaf.path_length, leaf.key_usages) == (False, None, None)


def test_key_usages() -> None:
    root = parse_certificate(build_pem(usage=build_usage(key_cert_sign=True, crl_sign=True)))
    assert root.key_usages == {"key_cert_sign", "crl_sign"}


def test_root_of_the_guide_has_an_empty_subject() -> None:
    root = parse_certificate(build_pem(subject=build_name("")))
    assert (root.subject, root.is_self_signed) == ("", True)


def test_intermediate_is_not_self_signed() -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    pem = build_pem(subject=build_name("Intermediate"), issuer=build_name("Root"), signer=signer)
    found = parse_certificate(pem)
    assert (found.issuer, found.is_self_signed) == ("CN=Root", False)


def test_own_name_under_a_foreign_key_is_not_self_signed() -> None:
    pem = build_pem(signer=ec.generate_private_key(ec.SECP256R1()))
    assert not parse_certificate(pem).is_self_signed


def test_same_words_in_another_string_type_are_another_name() -> None:
    attribute = x509.NameAttribute(NameOID.COMMON_NAME, "Root", _ASN1Type.PrintableString)
    found = parse_certificate(build_pem(issuer=x509.Name([attribute])))
    assert found.subject == found.issuer
    assert not found.is_self_signed


@pytest.mark.parametrize(
    ("key", "key_type"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "ecdsa-p384"),
        (ec.generate_private_key(ec.SECP256K1()), "ecdsa-secp256k1"),
        (rsa.generate_private_key(65537, 2048), "rsa-2048"),
    ],
)
def test_key_types(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, key_type: str) -> None:
    assert parse_certificate(build_pem(key=key)).key_type == key_type


@pytest.mark.parametrize(
    ("key", "key_type"),
    [
        (ed448.Ed448PrivateKey.generate(), "ed448"),
        (x25519.X25519PrivateKey.generate(), "unknown"),
    ],
)
def test_keys_that_sign_nothing_for_meshes_are_told_apart(key: Any, key_type: str) -> None:
    pem = build_pem(key=key, signer=ec.generate_private_key(ec.SECP256R1()))
    assert parse_certificate(pem).key_type == key_type


def test_ed25519_names_no_hash() -> None:
    found = parse_certificate(build_pem(key=ed25519.Ed25519PrivateKey.generate()))
    assert (found.key_type, found.signature_hash) == ("ed25519", None)
    assert found.is_self_signed


SERIAL = b"\x02\x02\x0a\xbc"  # 0xABC in DER


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@pytest.mark.parametrize("serial", [b"\x02\x02\x8a\xbc", b"\x02\x02\x00\x00", b"\x02\x02\xff\xff"])
def test_serial_number_that_is_not_positive_is_refused(serial: bytes) -> None:
    """Go refuses it; the parser warns of it, which no filter has to make an error of."""
    der = decode(ROOT)
    assert der.count(SERIAL) == 1
    with pytest.raises(UnreadableCertificateError, match="damaged or not X\\.509"):
        parse_certificate(encode(der.replace(SERIAL, serial)))


def test_reading_leaves_the_filters_of_warnings_alone() -> None:
    """All threads share them: what one puts back would undo what another has set."""
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(parse_certificate, [ROOT] * 400))
    assert set(found) == {parse_certificate(ROOT)}
    assert warnings.filters == before


def test_private_key_is_refused_and_not_shown() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    for encryption in (
        serialization.NoEncryption(),
        serialization.BestAvailableEncryption(b"secret"),
    ):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ).decode()
        with pytest.raises(UnreadableCertificateError, match="private key") as caught:
            parse_certificate(pem + ROOT)
        assert pem[40:60] not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no certificate"),
        ("hello", "no certificate"),
        ("-----BEGIN CERTIFICATE-----", "not complete"),
        (ROOT + "-----BEGIN CERTIFICATE-----\nAAAA\n", "not complete"),
        (ROOT.replace("END CERTIFICATE", "END CERT"), "not complete"),
        (ROOT.replace("CERTIFICATE-", "CERTIFICATE REQUEST-"), "CERTIFICATE REQUEST"),
        (encode(b""), "damaged"),
        (encode(b"\x30\x03abc"), "damaged"),
        (encode(decode(ROOT) + b"\x00"), "damaged"),
        (encode(decode(ROOT)[:-1]), "damaged"),
        (ROOT.replace("MII", "M!I", 1), "damaged"),
        (encode(decode(ROOT).replace(b"\x02\x02\x0a\xbc", b"\x02\x02\xfa\xbc", 1)), "damaged"),
        (ROOT + ROOT, "2 certificates"),
    ],
)
def test_unreadable_text_says_why(text: str, message: str) -> None:
    with pytest.raises(UnreadableCertificateError, match=message) as caught:
        parse_certificate(text)
    assert "-----" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_damaged_certificate_is_counted() -> None:
    with pytest.raises(UnreadableCertificateError, match="Certificate 2 "):
        parse_certificates(ROOT + encode(b"x"))


@given(st.binary(max_size=4), st.integers(min_value=0, max_value=400))
def test_damage_is_never_another_error(junk: bytes, position: int) -> None:
    der = decode(ROOT)
    broken = der[:position] + junk + der[position + len(junk) :]
    try:
        parse_certificate(encode(broken))
    except UnreadableCertificateError:
        return


@given(st.text(alphabet="-BEGIN CRTFA=\n", max_size=80))
def test_garbage_is_never_another_error(text: str) -> None:
    with pytest.raises(UnreadableCertificateError):
        parse_certificates(text)


def test_hostile_text_takes_linear_time() -> None:
    with pytest.raises(UnreadableCertificateError):
        parse_certificates("-----BEGIN A-----" * 60_000)
