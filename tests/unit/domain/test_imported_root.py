"""The two files of an import: what is taken, and what is said of those that cannot be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from pydantic import SecretBytes

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.imported_root import ImportedRoot, read_imported_root
from roottrust.domain.reasons import Reason
from tests.unit.domain.certificates import PrivateKey, build_name, build_pem

SECRET = "gloo-mesh/root-ca"
KEY = ec.generate_private_key(ec.SECP256R1())
CERTIFICATE = build_pem(key=KEY)
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL


def dump(
    key: PrivateKey | ed448.Ed448PrivateKey | dsa.DSAPrivateKey,
    form: serialization.PrivateFormat = PKCS8,
    *,
    password: bytes | None = None,
) -> str:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def read(certificate: str | bytes = CERTIFICATE, key: str | bytes | None = None) -> ImportedRoot:
    files = [
        SecretBytes(each.encode() if isinstance(each, str) else each)
        for each in (certificate, dump(KEY) if key is None else key)
    ]
    return read_imported_root(*files, secret=SECRET)


def find_message(certificate: str | bytes = CERTIFICATE, key: str | bytes | None = None) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        read(certificate, key)
    error = caught.value
    assert error.reason == Reason.INVALID_ROOT_SECRET
    assert SECRET in error.message
    assert error.message.endswith(".")
    assert error.__cause__ is None
    assert error.__suppress_context__
    return error.message


def test_root_of_the_guide_s_own_command_is_read(tmp_path: Path) -> None:
    words = "req -new -newkey rsa:4096 -x509 -sha256 -days 3650 -nodes -out c -keyout k -subj /"
    subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    found = read((tmp_path / "c").read_bytes(), (tmp_path / "k").read_bytes())
    assert found.certificate.key_type == "rsa-4096"
    assert found.certificate.is_ca


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["p256", "p384", "rsa", "ed25519"],
)
def test_key_and_certificate_are_given_together(key: PrivateKey) -> None:
    pem = build_pem(key=key)
    found = read(pem, dump(key))
    assert found.certificate == parse_certificate(pem)
    bundle = found.bundle.get_secret_value()
    assert bundle == dump(key) + found.certificate.pem
    assert x509.load_pem_x509_certificate(found.certificate.pem.encode()).public_key()


def test_key_of_an_older_openssl_is_read_with_its_parameters() -> None:
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert read(key=parameters + dump(KEY, TRADITIONAL)).certificate.subject == "CN=Root"


def test_line_ends_of_windows_and_text_around_do_not_matter() -> None:
    certificate = f"subject=Root\r\n{CERTIFICATE}\n\x00 trailing".replace("\n", "\r\n")
    key = f"Bag Attributes\n{dump(KEY)}\ntrailing".replace("\n", "\r\n")
    found = read(certificate, key)
    assert found == read()
    assert "\r" not in found.bundle.get_secret_value()


def test_nothing_of_the_key_shows() -> None:
    found = read()
    lines = dump(KEY).splitlines()[1:-1]
    assert not any(line in text for line in lines for text in (repr(found), str(found)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not in PEM form"),
        (b"hello", "not in PEM form"),
        (b"\xff\xfe\x00", "not in PEM form"),
        (70_000 * b"x", "too large"),
    ],
)
def test_what_is_no_pem_is_told_of_either_file(content: bytes, words: str) -> None:
    certificate = find_message(certificate=content)
    assert certificate.startswith(f"root-cert.pem in Secret {SECRET} cannot be imported: ")
    assert words in certificate
    key = find_message(key=content)
    assert key.startswith(f"root-key.pem in Secret {SECRET} cannot be imported: ")
    assert words in key


def test_der_is_told_with_what_converts_it() -> None:
    der = x509.load_pem_x509_certificate(CERTIFICATE.encode())
    message = find_message(certificate=der.public_bytes(serialization.Encoding.DER))
    assert "`openssl x509 -inform DER -out root-cert.pem`" in message
    key = KEY.private_bytes(serialization.Encoding.DER, PKCS8, serialization.NoEncryption())
    assert "`openssl pkey -inform DER -out root-key.pem`" in find_message(key=key)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (CERTIFICATE[:200], "not complete"),
        (CERTIFICATE.replace("MII", "MIJ", 1), "damaged"),
        (CERTIFICATE + dump(KEY), "holds a private key"),
        (CERTIFICATE.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "TRUSTED CERTIFICATE"),
    ],
)
def test_a_certificate_that_is_none_is_told(certificate: str, words: str) -> None:
    assert words in find_message(certificate=certificate)


def test_of_several_certificates_the_root_is_named() -> None:
    upper, name = ec.generate_private_key(ec.SECP256R1()), build_name("Upper")
    middle = build_pem(subject=build_name("Middle"), issuer=name, signer=upper)
    leaf = build_pem(subject=build_name("Leaf"), issuer=name, signer=upper, is_ca=False)
    message = find_message(certificate=leaf + middle + CERTIFICATE)
    assert "it holds 3 certificates (1: 'CN=Leaf', a leaf; 2: 'CN=Middle', issued by " in message
    assert "'CN=Upper'; 3: 'CN=Root', a root): keep number 3 alone." in message
    assert "keep the root alone." in find_message(certificate=leaf + middle)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (CERTIFICATE, "no private key"),
        (dump(KEY)[:100], "no private key that is complete"),
        (dump(KEY) + dump(KEY), "2 private keys"),
        (dump(KEY, password=b"secret"), "`openssl pkey -in root-key.pem`"),
        (dump(KEY, TRADITIONAL, password=b"secret"), "the key is encrypted"),
        (dump(KEY).replace("MIG", "MIH", 1), "damaged"),
        (dump(ed448.Ed448PrivateKey.generate()), "a kind that Vault cannot import"),
        (dump(dsa.generate_private_key(2048)), "a kind that Vault cannot import"),
        (dump(ec.generate_private_key(ec.SECP256R1())), "not that of the certificate 'CN=Root'"),
    ],
    ids=["none", "half", "two", "pkcs8", "traditional", "damaged", "ed448", "dsa", "mismatched"],
)
def test_a_key_that_cannot_be_used_is_told_without_any_part_of_it(key: str, words: str) -> None:
    message = find_message(key=key)
    assert words in message
    lines = [line for line in key.splitlines() if line and not line.startswith("-----")]
    assert not any(line in message for line in lines)
