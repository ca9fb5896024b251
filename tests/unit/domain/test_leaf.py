"""What a leaf is for."""

from __future__ import annotations

from roottrust.domain.leaf import LeafNames, find_leaf_names
from tests.unit.domain.chains import INTERMEDIATE, build_leaf


def test_names_and_identities_are_read() -> None:
    leaf = build_leaf(INTERMEDIATE, dns=("a.svc", "b.svc"), uris=("spiffe://td/ns/a/sa/b",))
    assert find_leaf_names(leaf.certificate) == LeafNames(
        dns_names=("a.svc", "b.svc"), uris=("spiffe://td/ns/a/sa/b",)
    )


def test_a_certificate_without_names_is_for_nobody() -> None:
    assert find_leaf_names(INTERMEDIATE.certificate) == LeafNames()
