from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.token_keys import TokenKeys, UnreadableKeysError, parse_token_keys

ISSUER = "https://kubernetes.default.svc.cluster.local"
DISCOVERY = {"issuer": ISSUER, "jwks_uri": "https://elsewhere.example/keys"}

RSA_KEY = rsa.generate_private_key(65537, 2048).public_key()
WEAK_KEY = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - too weak on purpose


def encode(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def build_rsa(key: rsa.RSAPublicKey = RSA_KEY, **changes: Any) -> dict[str, Any]:
    numbers = key.public_numbers()
    found = {"kty": "RSA", "n": encode(numbers.n), "e": encode(numbers.e)}
    return {**found, "use": "sig", "alg": "RS256", "kid": "rsa-1", **changes}


def build_ec(curve: ec.EllipticCurve, name: str, alg: str, **changes: Any) -> dict[str, Any]:
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    found = {"kty": "EC", "crv": name, "x": encode(numbers.x), "y": encode(numbers.y)}
    return {**found, "use": "sig", "alg": alg, "kid": f"ec-{name}", **changes}


P256 = build_ec(ec.SECP256R1(), "P-256", "ES256")


def parse(*keys: Any, **discovery: Any) -> TokenKeys:
    return parse_token_keys({**DISCOVERY, **discovery}, {"keys": list(keys)})


def find_trouble(*keys: Any, **discovery: Any) -> str:
    with pytest.raises(UnreadableKeysError) as caught:
        parse(*keys, **discovery)
    return str(caught.value)


def test_an_rsa_key_becomes_pem() -> None:
    keys = parse(build_rsa())
    (pem,) = keys.public_keys
    assert load_pem_public_key(pem.encode()) == RSA_KEY
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert pem == pem.strip()
    assert (keys.issuer, keys.algorithms, keys.key_ids) == (ISSUER, ("RS256",), {"rsa-1"})


@pytest.mark.parametrize(
    ("curve", "name", "alg"),
    [
        (ec.SECP256R1(), "P-256", "ES256"),
        (ec.SECP384R1(), "P-384", "ES384"),
        (ec.SECP521R1(), "P-521", "ES512"),
    ],
)
def test_an_ec_key_becomes_pem(curve: ec.EllipticCurve, name: str, alg: str) -> None:
    keys = parse(build_ec(curve, name, alg))
    key = load_pem_public_key(keys.public_keys[0].encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == curve.name
    assert keys.algorithms == (alg,)


def test_the_order_of_keys_does_not_count() -> None:
    assert parse(build_rsa(), P256) == parse(P256, build_rsa())
    assert len(parse(build_rsa(), P256).public_keys) == 2


def test_keys_need_not_say_what_they_are_for() -> None:
    bare = {name: text for name, text in build_rsa().items() if name not in {"use", "alg", "kid"}}
    assert parse(bare).public_keys == parse(build_rsa()).public_keys


def test_keys_for_encryption_are_left_out() -> None:
    assert parse(build_rsa(), {**P256, "use": "enc"}) == parse(build_rsa())


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({}, "of a type that Vault cannot use"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, "of a type that Vault cannot use"),
        ({**P256, "crv": "secp256k1"}, "of a type that Vault cannot use"),
        ({**P256, "crv": ["P-256"]}, "of a type that Vault cannot use"),
        ({**P256, "y": P256["x"]}, "an EC key that is none"),
        ({**P256, "x": None}, "without x"),
        ({**P256, "x": "A" * 3000}, "without x"),
        ({**P256, "x": "é"}, "whose x is no number"),
        ({**P256, "x": "A"}, "whose x is no number"),
        ({**P256, "alg": "ES384"}, "another algorithm than ES256"),
        (build_rsa(alg="none"), "another algorithm than RS256"),
        (build_rsa(WEAK_KEY), "an RSA key of 1024 bits"),
        (build_rsa(e=encode(4)), "an RSA key that is none"),
        (build_rsa(n=encode(1 << 9000)), "an RSA key of 9001 bits"),
    ],
)
def test_one_key_that_vault_cannot_use_makes_all_unreadable(
    key: dict[str, Any], words: str
) -> None:
    assert words in find_trouble(build_rsa(), key)


def test_a_cluster_without_keys_is_told() -> None:
    assert find_trouble() == "it publishes no key for signatures"
    assert "no key for signatures" in find_trouble({**P256, "use": "enc"})
    assert "17 keys, more than 16" in find_trouble(*[P256] * 17)
    assert "no list of keys" in find_trouble("key")


@pytest.mark.parametrize("issuer", [None, "", 1, "a b", "a\nb", "https://é.example", "i" * 1025])
def test_an_issuer_that_cannot_be_one_is_told(issuer: object) -> None:
    assert find_trouble(P256, issuer=issuer) == "it publishes no issuer of tokens"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = ("kty", "crv", "n", "e", "x", "y", "use", "alg", "kid")
ODD = st.dictionaries(
    st.sampled_from(NAMES), JSON | st.sampled_from(("RSA", "EC", "P-256", "AQAB"))
)


@given(keys=st.lists(ODD | st.just(P256) | JSON, max_size=3), issuer=JSON | st.just(ISSUER))
def test_whatever_a_cluster_publishes_is_read_or_refused(keys: list[Any], issuer: Any) -> None:
    try:
        found = parse_token_keys({"issuer": issuer}, {"keys": keys})
    except UnreadableKeysError:
        return
    assert found.public_keys
    assert found.issuer == issuer


def test_a_key_of_another_kind_is_never_taken_for_one_of_these() -> None:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    key = {**P256, "x": encode(int.from_bytes(raw, "big"))}
    assert "an EC key that is none" in find_trouble(key)
