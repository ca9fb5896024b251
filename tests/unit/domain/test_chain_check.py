"""Whether a chain leads up to a pinned root, by the rules of Go's crypto/x509."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from roottrust.domain.chain_check import find_chain_fault
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import (
    INTERMEDIATE,
    OTHER_ROOT,
    ROOT,
    SIGNS_NOTHING,
    Issued,
    build_leaf,
    issue,
)

LEAF = build_leaf(INTERMEDIATE)


def find_fault(*chain: Issued, roots: tuple[Issued, ...] = (ROOT,)) -> str | None:
    certificates = tuple(each.certificate for each in chain)
    return find_chain_fault(certificates, tuple(each.certificate for each in roots), now=NOW)


def test_a_chain_up_to_a_pinned_root_is_trusted() -> None:
    assert find_fault(LEAF, INTERMEDIATE) is None
    assert find_fault(INTERMEDIATE) is None
    assert find_fault(ROOT) is None
    assert find_fault(LEAF, INTERMEDIATE, roots=(OTHER_ROOT, ROOT)) is None


def test_the_root_may_be_served_too_and_the_order_above_the_leaf_is_free() -> None:
    assert find_fault(LEAF, INTERMEDIATE, ROOT) is None
    assert find_fault(LEAF, ROOT, INTERMEDIATE) is None


def test_a_root_that_is_served_proves_nothing() -> None:
    foreign = issue("foreign", OTHER_ROOT)
    fault = find_fault(build_leaf(foreign), foreign, OTHER_ROOT)
    assert fault is not None
    assert fault.startswith("it ends at 'CN=Root B' (SHA-256 ")
    assert fault.endswith("which is another root")


def test_a_missing_intermediate_is_told_by_its_issuer() -> None:
    assert find_fault(LEAF) == (
        "it ends at a certificate without a subject, issued by "
        "'CN=roottrust istiod CA cluster1', which is not the root"
    )


def test_a_root_of_the_same_name_with_another_key_is_told_apart() -> None:
    twin = issue("Root A")
    fault = find_fault(issue("int", twin))
    assert fault is not None
    assert "another key signed it" in fault


def test_the_bytes_of_names_count_not_their_words() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    printable = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "Root A", _type=_ASN1Type.PrintableString)]
    )
    below = issue("int", Issued(ROOT.certificate, printable, ROOT.key), key=key)
    assert below.certificate.issuer == ROOT.certificate.subject
    assert find_fault(below) is not None


@pytest.mark.parametrize(
    ("upper", "fault"),
    [
        (issue("int", ROOT, not_after=NOW - timedelta(hours=1)), "'CN=int' expired at 2029-12-31T"),
        (
            issue("int", ROOT, not_before=NOW + timedelta(hours=1)),
            "'CN=int' is valid only from 2030-01-01T01:00:00Z",
        ),
        (issue("int", ROOT, is_ca=False), "'CN=int' is no CA"),
        (issue("int", ROOT, usage=SIGNS_NOTHING), "'CN=int' must not sign certificates"),
    ],
)
def test_every_certificate_on_the_way_has_to_be_sound(upper: Issued, fault: str) -> None:
    found = find_fault(build_leaf(upper), upper)
    assert found is not None
    assert found.startswith(fault)


def test_an_expired_root_is_trusted_by_nobody() -> None:
    old = issue("old", not_after=NOW - timedelta(seconds=1))
    assert find_fault(issue("int", old), roots=(old,)) == "'CN=old' expired at 2029-12-31T23:59:59Z"


def test_the_path_length_counts_the_cas_below() -> None:
    lower = issue("lower", INTERMEDIATE)
    assert find_fault(build_leaf(lower), lower, INTERMEDIATE) == (
        "'CN=roottrust istiod CA cluster1' allows 0 CAs below it, and there are 1"
    )


def test_of_two_ways_a_sound_one_will_do() -> None:
    """While a root is rotated, the new one is served beside what the old one signed of it."""
    crossed = issue("Root B", ROOT, key=OTHER_ROOT.key)
    expired = issue("Root B", ROOT, key=OTHER_ROOT.key, not_after=NOW - timedelta(hours=1))
    under_new = issue("int", OTHER_ROOT)
    leaf = build_leaf(under_new)
    assert find_fault(leaf, under_new, crossed) is None
    assert find_fault(leaf, under_new, expired, crossed) is None
    assert find_fault(leaf, under_new, roots=(ROOT, OTHER_ROOT)) is None
    assert find_fault(leaf, under_new, expired) == "'CN=Root B' expired at 2029-12-31T23:00:00Z"


def test_nothing_and_too_much_are_no_chain() -> None:
    assert find_fault() == "there is no certificate"
    assert find_fault(*[LEAF] * 7) == "its chain has 7 certificates, which nobody verifies"


def test_certificates_that_sign_each_other_end_somewhere() -> None:
    """Whoever serves them could else keep a verification busy for ever."""
    key = ec.generate_private_key(ec.SECP256R1())
    ring = [issue("ring", key=key) for _ in range(6)]
    assert find_fault(*ring) is not None
