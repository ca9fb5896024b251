from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from roottrust.api.choices import KeyType
from roottrust.domain.ca_key import (
    UnreadableKeyError,
    build_request,
    load_key,
    make_key,
    render_key,
)


@pytest.mark.parametrize(
    ("key_type", "label", "size"),
    [
        (KeyType.ECDSA_P256, "EC", 256),
        (KeyType.ECDSA_P384, "EC", 384),
        (KeyType.RSA_2048, "RSA", 2048),
    ],
)
def test_key_is_written_as_istiod_reads_it(key_type: KeyType, label: str, size: int) -> None:
    key = make_key(key_type)
    text = render_key(key).get_secret_value()
    assert text.startswith(f"-----BEGIN {label} PRIVATE KEY-----\n")
    assert key.key_size == size
    assert load_key(SecretStr(text)).public_key() == key.public_key()


def test_parameters_before_a_key_are_left_out() -> None:
    words = ["openssl", "ecparam", "-name", "prime256v1", "-genkey"]
    made = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "EC PARAMETERS" in made
    assert "EC PARAMETERS" not in render_key(load_key(SecretStr(made))).get_secret_value()


@pytest.mark.parametrize("text", ["", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_told_without_being_shown(text: str) -> None:
    with pytest.raises(UnreadableKeyError) as caught:
        load_key(SecretStr(text))
    assert not text or text not in str(caught.value)


def test_kind_of_key_that_envoy_may_not_know_is_refused() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(UnreadableKeyError, match="neither an ECDSA nor an RSA key"):
        load_key(SecretStr(pem))


def test_request_is_signed_by_the_key() -> None:
    key = make_key(KeyType.ECDSA_P256)
    request = x509.load_pem_x509_csr(build_request(key, common_name="int").encode())
    assert request.is_signature_valid
    assert request.public_key() == key.public_key()
    assert request.subject.rfc4514_string() == "CN=int"
