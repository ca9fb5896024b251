from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr

from roottrust.api.choices import KeyType
from roottrust.domain.ca_key import (
    UnreadableKeyError,
    build_request,
    load_key,
    make_key,
    render_key,
)
from tests.unit.domain.authorities import RSA_KEY, new_key

EC_KEY = new_key()
PKCS8, TRADITIONAL = (
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
)
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


def dump(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    form: serialization.PrivateFormat = PKCS8,
    password: bytes | None = None,
) -> str:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def find_message(pem: str) -> str:
    with pytest.raises(UnreadableKeyError) as caught:
        load_key(SecretStr(pem))
    return str(caught.value)


@pytest.mark.parametrize(
    ("key_type", "curve"), [(KeyType.ECDSA_P256, "secp256r1"), (KeyType.ECDSA_P384, "secp384r1")]
)
def test_ecdsa_keys_are_of_the_curve_that_is_asked_for(key_type: KeyType, curve: str) -> None:
    key = make_key(key_type)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == curve


@pytest.mark.parametrize(
    ("key_type", "bits"),
    [(KeyType.RSA_2048, 2048), (KeyType.RSA_3072, 3072), (KeyType.RSA_4096, 4096)],
)
def test_rsa_keys_are_of_the_size_that_is_asked_for(
    key_type: KeyType, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def generate(*, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
        asked.append(key_size)
        return RSA_KEY

    monkeypatch.setattr(rsa, "generate_private_key", generate)
    make_key(key_type)
    assert asked == [bits]


@pytest.mark.parametrize(
    "pem",
    [
        dump(EC_KEY),
        dump(EC_KEY, TRADITIONAL),
        PARAMETERS + dump(EC_KEY, TRADITIONAL),
        dump(EC_KEY, TRADITIONAL).strip(),
        dump(EC_KEY).replace("\n", "\r\n"),
    ],
    ids=["pkcs8", "sec1", "parameters", "no-newline", "windows"],
)
def test_every_form_in_which_vault_gives_an_ec_key_is_read(pem: str) -> None:
    assert render_key(load_key(SecretStr(pem))) == render_key(EC_KEY)


@pytest.mark.parametrize("form", [PKCS8, TRADITIONAL])
def test_every_form_in_which_vault_gives_an_rsa_key_is_read(
    form: serialization.PrivateFormat,
) -> None:
    assert render_key(load_key(SecretStr(dump(RSA_KEY, form)))) == render_key(RSA_KEY)


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ec", "rsa"])
def test_a_key_is_written_as_one_pkcs8_block(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    text = render_key(key).get_secret_value()
    assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert text.endswith("\n-----END PRIVATE KEY-----\n")
    assert text.count("-----BEGIN") == 1


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "0 private keys"),
        ("hello", "0 private keys"),
        (dump(EC_KEY)[:90], "0 private keys"),
        (PARAMETERS, "0 private keys"),
        (dump(EC_KEY) + dump(RSA_KEY), "2 private keys"),
        (dump(EC_KEY, password=b"secret"), "without a password"),
        (dump(RSA_KEY, TRADITIONAL, password=b"secret"), "without a password"),
        (dump(EC_KEY).replace("MIG", "MIH", 1), "damaged"),
        (dump(EC_KEY).replace("M", "\udc80", 1), "damaged"),
        (dump(ed25519.Ed25519PrivateKey.generate()), "a kind that Envoy refuses"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_without_any_part_of_it(pem: str, words: str) -> None:
    message = find_message(pem)
    assert words in message
    lines = [line for line in pem.splitlines() if line and not line.startswith("-----")]
    assert not any(line in message for line in lines if line != "hello")


def test_a_request_has_the_name_and_proves_the_key() -> None:
    request = x509.load_pem_x509_csr(
        build_request(RSA_KEY, common_name="int-c1", organization="Example Inc").encode()
    )
    assert request.subject.rfc4514_string() == "CN=int-c1,O=Example Inc"
    assert request.is_signature_valid
    assert request.public_key() == RSA_KEY.public_key()


def test_a_request_without_organization_has_a_common_name_alone() -> None:
    request = x509.load_pem_x509_csr(build_request(EC_KEY, common_name="int-c1").encode())
    assert request.subject.rfc4514_string() == "CN=int-c1"
