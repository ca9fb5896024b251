"""What a leaf is for."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from roottrust.domain.leaf import LeafNames, find_leaf_names, read_public_key
from tests.unit.domain.chains import INTERMEDIATE, build_leaf


def test_names_and_identities_are_read() -> None:
    leaf = build_leaf(INTERMEDIATE, dns=("a.svc", "b.svc"), uris=("spiffe://td/ns/a/sa/b",))
    assert find_leaf_names(leaf.certificate) == LeafNames(
        dns_names=("a.svc", "b.svc"), uris=("spiffe://td/ns/a/sa/b",)
    )


def test_a_certificate_without_names_is_for_nobody() -> None:
    assert find_leaf_names(INTERMEDIATE.certificate) == LeafNames()


def test_the_public_key_is_that_of_the_private_one() -> None:
    expected = INTERMEDIATE.key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert read_public_key(INTERMEDIATE.certificate) == expected
