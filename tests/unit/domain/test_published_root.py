from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.published_root import (
    RootStanding,
    compare_with_published,
    is_istiods_own,
    shares_root,
)
from tests.unit.domain.certificates import build_name, build_pem


def build_organization(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])


OURS, PASSIVE, FOREIGN = (build_pem(subject=build_name(name)) for name in ("A", "B", "C"))
ISTIODS = build_pem(subject=build_organization("cluster.local"))


@pytest.mark.parametrize(
    ("published", "pinned", "standing"),
    [
        (None, OURS, RootStanding.FIRST),
        ("not a certificate", OURS, RootStanding.FIRST),
        (OURS, OURS, RootStanding.KNOWN),
        (OURS.replace("\n", "\r\n"), OURS, RootStanding.KNOWN),
        (PASSIVE, OURS + PASSIVE, RootStanding.KNOWN),  # widened
        (OURS + PASSIVE, OURS, RootStanding.KNOWN),  # narrowed
        (ISTIODS, OURS, RootStanding.REPLACES_ISTIODS_OWN),
        (ISTIODS, OURS + ISTIODS, RootStanding.KNOWN),
        (FOREIGN, OURS + PASSIVE, RootStanding.FOREIGN),
        (ISTIODS + FOREIGN, OURS, RootStanding.FOREIGN),
    ],
)
def test_standing(published: str | None, pinned: str, standing: RootStanding) -> None:
    assert compare_with_published(published, pinned=pinned).standing is standing


def test_published_root_is_named() -> None:
    fingerprint = parse_certificate(FOREIGN).fingerprint
    found = compare_with_published(FOREIGN, pinned=OURS)
    assert found.published == f"CN=C ({fingerprint[:12]})"
    assert compare_with_published(None, pinned=OURS).published == ""


@pytest.mark.parametrize(
    "subject", [build_name("cluster.local"), build_organization("a,b"), x509.Name([])]
)
def test_other_roots_are_not_taken_for_istiods_own(subject: x509.Name) -> None:
    pem = build_pem(subject=subject)
    assert not is_istiods_own(parse_certificate(pem))


def test_root_of_another_signer_is_not_istiods_own() -> None:
    pem = build_pem(subject=build_organization("cluster.local"), issuer=build_name("A"))
    assert not is_istiods_own(parse_certificate(pem))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (OURS, OURS, True),
        (OURS, PASSIVE + OURS, True),
        (OURS, PASSIVE, False),
        (OURS, "", False),
        ("garbage", "garbage", False),
    ],
)
def test_bundles_share_a_root(one: str, other: str, shared: bool) -> None:
    assert shares_root(one, other) is shared
