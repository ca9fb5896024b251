"""Whether a root can be signed by another one, and whether what comes of it serves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.certificate_path import find_path
from roottrust.domain.rotation.cross import can_cross_sign, check_cross
from tests.unit.domain.authorities import DAY, RSA_KEY, Authority, make_root, new_key
from tests.unit.domain.certificates import NOW, build_name, build_usage

PREVIOUS = make_root("Previous", key=RSA_KEY)
FOLLOWING = make_root("Following", end=NOW + 4000 * DAY)


def read(authority: Authority) -> Certificate:
    return parse_certificate(authority.pem)


def find_problem(
    cross: str, *, previous: Authority = PREVIOUS, following: Authority = FOLLOWING
) -> str | None:
    return check_cross(cross, read(previous), read(following), now=NOW)


@pytest.mark.parametrize(("length", "can"), [(None, True), (2, True), (1, False), (0, False)])
def test_a_root_needs_room_for_two_cas_below_it(length: int | None, can: bool) -> None:
    assert can_cross_sign(read(make_root(path_length=length)), read(FOLLOWING)) is can


def test_a_root_has_to_be_allowed_to_sign_certificates() -> None:
    usage = build_usage(key_cert_sign=False, crl_sign=True)
    assert not can_cross_sign(read(make_root(usage=usage)))
    assert can_cross_sign(read(make_root(usage=None)))


def test_a_root_cannot_cross_sign_its_namesake() -> None:
    namesake = make_root("Previous")
    assert not can_cross_sign(read(PREVIOUS), read(namesake))
    # As Vault makes it: with the key id of the root that it is of, not of the one that signs.
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(namesake.key.public_key())
    wrong = _sign_with_key_id(PREVIOUS, namesake, key_id)
    problem = find_problem(wrong, following=namesake)
    assert problem is not None
    assert "the same name as the one in use" in problem
    assert "rotation.strategy" in problem


def _sign_with_key_id(
    previous: Authority, following: Authority, key_id: x509.AuthorityKeyIdentifier
) -> str:
    builder = x509.CertificateBuilder(
        issuer_name=previous.certificate.subject,
        subject_name=following.certificate.subject,
        public_key=following.certificate.public_key(),
        serial_number=following.certificate.serial_number,
        not_valid_before=following.certificate.not_valid_before_utc,
        not_valid_after=following.certificate.not_valid_after_utc,
        extensions=[*following.certificate.extensions],
    ).add_extension(key_id, critical=False)
    signed = builder.sign(previous.key, hashes.SHA256())
    return Authority(signed, following.key).pem


def test_a_cross_certificate_leads_from_an_intermediate_to_the_root_before() -> None:
    cross = PREVIOUS.cross_sign(FOLLOWING, end=NOW + 4000 * DAY)
    assert find_problem(cross) is None
    intermediate = parse_certificate(FOLLOWING.issue().pem)
    path = find_path(intermediate, between=[parse_certificate(cross)], root=read(PREVIOUS))
    assert path == (parse_certificate(cross),)


def build_odd_name(type_: x509.name._ASN1Type) -> x509.Name:
    text = x509.NameAttribute(NameOID.COMMON_NAME, "Following", _type=type_)
    return x509.Name([text])


def test_the_same_name_in_other_bytes_is_another_name() -> None:
    utf8 = make_root(subject=build_odd_name(x509.name._ASN1Type.UTF8String))
    printable = build_odd_name(x509.name._ASN1Type.PrintableString)
    signed = PREVIOUS.certify(utf8.key, printable)
    problem = find_problem(Authority(signed, utf8.key).pem, following=utf8)
    assert problem is not None
    assert "in the very same bytes" in problem


def test_what_does_not_serve_is_told() -> None:
    name = FOLLOWING.certificate.subject

    def sign(key: object = FOLLOWING.key, **options: object) -> str:
        return Authority(PREVIOUS.certify(key, name, **options), FOLLOWING.key).pem  # type: ignore[arg-type]

    other = make_root("Other")
    problems = {
        "no certificate": "cannot be read",
        PREVIOUS.pem + FOLLOWING.pem: "cannot be read",
        sign(new_key()): "another key",
        FOLLOWING.pem: "not signed by the root in use",
        sign(issuer=build_name("Else")): "not signed by the root in use",
        sign(signer=other.key): "not signed by the root in use",
        sign(is_ca=False): "may not stand above intermediates",
        sign(path_length=0): "may not stand above intermediates",
        sign(usage=build_usage(key_cert_sign=False, crl_sign=True)): "may not stand above",
        sign(end=NOW - timedelta(seconds=1)): "is valid only from",
        sign(begin=NOW + timedelta(seconds=1)): "is valid only from",
        _drop_key_id(): "another subject key id",
    }
    for pem, words in problems.items():
        assert words in str(find_problem(pem)), pem


def _drop_key_id() -> str:
    other = x509.SubjectKeyIdentifier(b"other")
    builder = x509.CertificateBuilder(
        issuer_name=PREVIOUS.certificate.subject,
        subject_name=FOLLOWING.certificate.subject,
        public_key=FOLLOWING.certificate.public_key(),
        serial_number=1,
        not_valid_before=NOW - DAY,
        not_valid_after=NOW + DAY,
    )
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    builder = builder.add_extension(constraints, critical=True).add_extension(other, critical=False)
    return Authority(builder.sign(PREVIOUS.key, hashes.SHA256()), FOLLOWING.key).pem


@pytest.mark.parametrize("length", [None, 1, 2])
def test_room_for_an_intermediate_is_enough(length: int | None) -> None:
    assert find_problem(PREVIOUS.cross_sign(FOLLOWING, path_length=length)) is None
