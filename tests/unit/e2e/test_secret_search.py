"""The search for secrets finds them in whatever form they are written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.secret_search import build_needles

KEY = ec.generate_private_key(ec.SECP256R1())
SECRET = KEY.private_numbers().private_value.to_bytes(32, "big")
NEEDLES = build_needles(SECRET)


def encode(encoding: Encoding, form: PrivateFormat) -> bytes:
    return KEY.private_bytes(encoding, form, NoEncryption())


PEMS = [
    encode(Encoding.PEM, PrivateFormat.PKCS8),
    encode(Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
]
DERS = [
    encode(Encoding.DER, PrivateFormat.PKCS8),
    encode(Encoding.DER, PrivateFormat.TraditionalOpenSSL),
]
FORMS: list[Callable[[bytes], bytes]] = [
    bytes,
    lambda text: base64.b64encode(text),
    lambda text: base64.b64encode(b"x" + text),
    lambda text: base64.b64encode(b"xy" + text),
    lambda text: (
        json.dumps({"message": text.decode("latin-1")}).encode()
        if text.isascii()
        else text.hex().encode()
    ),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [*PEMS, *DERS, SECRET])
def test_a_key_is_found_in_every_form(text: bytes, form: Callable[[bytes], bytes]) -> None:
    content = b"before" + form(text) + b"after"
    assert any(needle in content for needle in NEEDLES)


def test_another_key_is_not_taken_for_it() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for form in FORMS:
        assert not any(needle in form(pem) for needle in NEEDLES)
