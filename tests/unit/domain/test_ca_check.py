"""Each thing that istiod, Envoy or their peers refuse: found before it is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from roottrust.domain import trial_leaf
from roottrust.domain.ca_check import check_files
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import PrivateKey, render_key
from roottrust.domain.finding import Finding, Severity
from roottrust.domain.reasons import Reason
from tests.unit.domain.authorities import (
    COMMON_NAME,
    DAY,
    RSA_KEY,
    Authority,
    make_files,
    make_root,
    new_key,
)
from tests.unit.domain.certificates import NOW, build_name, build_usage

ROOT = make_root()
ISSUED = ROOT.issue()
FILES = make_files(ISSUED, ROOT)
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def check(files: CaFiles, **changes: Any) -> tuple[Finding, ...]:
    return check_files(files, **{"now": NOW, "common_name": COMMON_NAME, **changes}).found


def find_one(files: CaFiles, **changes: Any) -> Finding:
    (found,) = check(files, **changes)
    assert found.message.endswith(".")
    return found


def find_fault(files: CaFiles, **changes: Any) -> tuple[Reason, str]:
    found = find_one(files, **changes)
    assert found.severity is Severity.FATAL
    return found.reason, found.message


def find_warning(files: CaFiles, **changes: Any) -> tuple[Reason, str]:
    found = find_one(files, **changes)
    assert found.severity is Severity.WARNING
    return found.reason, found.message


def assemble(issued: Authority, *roots: Authority, chain: str | None = None) -> CaFiles:
    """Return files as nobody but a broken writer would put them together."""
    return CaFiles(
        certificate=issued.pem,
        key=render_key(issued.key),
        chain=issued.pem if chain is None else chain,
        trust_bundle="".join(root.pem for root in roots),
    )


@pytest.mark.parametrize(
    "key",
    [new_key(), ec.generate_private_key(ec.SECP384R1()), RSA_KEY],
    ids=["p256", "p384", "rsa"],
)
def test_sound_files_have_no_findings(key: PrivateKey) -> None:
    found = check_files(make_files(ROOT.issue(key=key), ROOT), now=NOW, common_name=COMMON_NAME)
    assert (found.found, found.faults, found.warnings) == ((), (), ())
    assert found.issuer == ROOT.certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    "root",
    [
        make_root(usage=None),
        make_root(subject=build_name("")),
        make_root(path_length=1),
        make_root(key=RSA_KEY),
    ],
    ids=["no-usage", "no-subject", "path-length", "rsa"],
)
def test_root_of_the_guides_openssl_is_sound(root: Authority) -> None:
    assert check(make_files(root.issue(), root)) == ()


def test_chain_over_another_intermediate_is_sound() -> None:
    root = make_root(path_length=2)
    upper = root.issue("Upper", path_length=1)
    assert check(make_files(upper.issue(), root, offered=[upper.pem])) == ()


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"certificate": "xyzzy"}, Reason.INVALID_INTERMEDIATE, "ca-cert.pem cannot be read"),
        ({"certificate": 2 * ISSUED.pem}, Reason.INVALID_INTERMEDIATE, "2 certificates"),
        ({"chain": ""}, Reason.INVALID_INTERMEDIATE, "cert-chain.pem cannot be read"),
        ({"trust_bundle": "xyzzy"}, Reason.INVALID_TRUST_BUNDLE, "root-cert.pem cannot be read"),
        ({"key": SecretStr("xyzzy")}, Reason.INVALID_KEY, "ca-key.pem cannot be read"),
    ],
)
def test_file_that_is_unreadable_is_named_and_not_shown(
    change: dict[str, Any], reason: Reason, words: str
) -> None:
    found, message = find_fault(replace(FILES, **change))
    assert found is reason
    assert words in message
    assert "xyzzy" not in message


@given(st.tuples(st.text(), st.text(), st.text(), st.text()))
def test_no_text_raises(texts: tuple[str, str, str, str]) -> None:
    certificate, key, chain, bundle = texts
    files = CaFiles(certificate=certificate, key=SecretStr(key), chain=chain, trust_bundle=bundle)
    assert check(files)[0].severity is Severity.FATAL


def test_ec_parameters_before_the_key_are_fatal_to_istiod() -> None:
    key = SecretStr(PARAMETERS + FILES.key.get_secret_value())
    reason, message = find_fault(replace(FILES, key=key))
    assert reason is Reason.INVALID_KEY
    assert "does not begin with the private key" in message


def test_key_of_another_is_found() -> None:
    reason, message = find_fault(replace(FILES, key=render_key(new_key())))
    assert reason is Reason.KEY_MISMATCH
    assert "ca-key.pem" in message


def test_common_name_is_the_wanted_one() -> None:
    reason, message = find_fault(FILES, common_name="another")
    assert reason is Reason.WRONG_COMMON_NAME
    assert "'another'" in message
    assert check(FILES, common_name=None) == ()


@pytest.mark.parametrize(
    ("options", "reason", "words"),
    [
        ({"usage": build_usage(key_cert_sign=False, crl_sign=True)}, "UsageForbidden", "CertSign"),
        ({"usage": None}, "UsageForbidden", "no key usage"),
        ({"extensions": [x509.ExtendedKeyUsage([CLIENT])]}, "UsageForbidden", "serverAuth"),
        ({"extensions": [x509.ExtendedKeyUsage([SERVER])]}, "UsageForbidden", "clientAuth"),
        (
            {"extensions": [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])]},
            "UsageForbidden",
            "serverAuth and clientAuth",
        ),
        ({"is_ca": False, "path_length": None}, "NotACA", "CA:TRUE"),
    ],
)
def test_intermediate_that_may_not_sign_workloads(
    options: dict[str, Any], reason: str, words: str
) -> None:
    found, message = find_fault(make_files(ROOT.issue(**options), ROOT))
    assert found == reason
    assert words in message


@pytest.mark.parametrize("usages", [[SERVER, CLIENT], [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]])
def test_extended_usage_that_allows_workloads_is_sound(
    usages: list[x509.ObjectIdentifier],
) -> None:
    issued = ROOT.issue(extensions=[x509.ExtendedKeyUsage(usages)])
    assert check(make_files(issued, ROOT)) == ()


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        (rsa.generate_private_key(public_exponent=65_537, key_size=1024), Severity.FATAL),  # noqa: S505
        (ec.generate_private_key(ec.SECP256K1()), Severity.FATAL),
        (ec.generate_private_key(ec.SECP521R1()), Severity.WARNING),
    ],
    ids=["rsa-1024", "secp256k1", "p521"],
)
def test_weak_and_unsupported_keys(key: PrivateKey, severity: Severity) -> None:
    found = find_one(make_files(ROOT.issue(key=key), ROOT))
    assert (found.severity, found.reason) == (severity, Reason.INVALID_KEY)
    assert "keyType" in found.message


def test_intermediate_that_may_make_further_cas_is_warned_of() -> None:
    reason, message = find_warning(make_files(ROOT.issue(path_length=None), ROOT))
    assert reason is Reason.PATH_LENGTH_OPEN
    assert "max_path_length" in message


def test_chain_that_begins_with_another_is_found() -> None:
    reason, message = find_fault(assemble(ISSUED, ROOT, chain=ROOT.issue().pem + ISSUED.pem))
    assert reason is Reason.CHAIN_MISORDERED
    assert "begins with" in message


def test_root_in_the_chain_is_found() -> None:
    reason, message = find_fault(assemble(ISSUED, ROOT, chain=ISSUED.pem + ROOT.pem))
    assert reason is Reason.ROOT_IN_CHAIN
    assert "CRL" in message


def test_intermediate_of_another_root_is_found() -> None:
    reason, message = find_fault(assemble(make_root("Other").issue(), ROOT))
    assert reason is Reason.CHAIN_INCOMPLETE
    assert "'CN=Other'" in message


def test_root_that_is_no_root_is_found() -> None:
    upper = ROOT.issue("Upper", path_length=1)
    reason, message = find_fault(assemble(upper.issue(), upper))
    assert reason is Reason.INVALID_TRUST_BUNDLE
    assert "self-signed" in message


@pytest.mark.parametrize(("path_length", "is_enough"), [(0, False), (1, False), (2, True)])
def test_every_ca_above_needs_room_for_all_below(path_length: int, is_enough: bool) -> None:
    root = make_root(path_length=path_length)
    upper = root.issue("Upper", path_length=1)
    files = make_files(upper.issue(), root, offered=[upper.pem])
    if is_enough:
        assert check(files) == ()
        return
    reason, message = find_fault(files)
    assert reason is Reason.PATH_TOO_LONG
    assert f"allows {path_length} CAs below it and has 2" in message


def test_path_length_of_what_stands_between_counts_too() -> None:
    upper = ROOT.issue("Upper", path_length=0)
    reason, message = find_fault(make_files(upper.issue(), ROOT, offered=[upper.pem]))
    assert reason is Reason.PATH_TOO_LONG
    assert "'CN=Upper'" in message


def test_root_that_may_not_sign_is_found() -> None:
    root = make_root(usage=build_usage(key_cert_sign=False, crl_sign=True))
    assert find_fault(make_files(root.issue(), root))[0] is Reason.USAGE_FORBIDDEN


def test_one_path_to_a_good_root_is_enough() -> None:
    old, new = make_root("A", path_length=1), make_root("B")
    crossed = old.cross_sign(new, path_length=1)
    files = make_files(new.issue(), old, new, cross_certificates=crossed)
    reason, message = find_warning(files)
    assert reason is Reason.PATH_TOO_LONG
    assert "'CN=A'" in message


@pytest.mark.parametrize("pinned", ["A", "AB", "BA"])
def test_cross_certificate_leads_to_each_root(pinned: str) -> None:
    roots = {"A": make_root("A", path_length=2), "B": make_root("B")}
    crossed = roots["A"].cross_sign(roots["B"], path_length=1)
    bundle = [roots[name] for name in pinned]
    assert check(make_files(roots["B"].issue(), *bundle, cross_certificates=crossed)) == ()


def test_clock_that_is_behind_is_told_with_how_far() -> None:
    reason, message = find_fault(FILES, now=NOW - timedelta(minutes=3))
    assert reason is Reason.NOT_YET_VALID
    assert "2 min 30 s ahead of the clock here (2029-12-31T23:57:00Z)" in message
    assert "set the clocks" in message


def test_intermediate_is_valid_from_its_first_moment_to_before_its_last() -> None:
    end = NOW + 365 * DAY
    assert check(FILES, now=NOW - timedelta(seconds=30)) == ()
    assert check(FILES, now=end - DAY) == ()
    assert find_fault(FILES, now=end)[0] is Reason.EXPIRED


def test_expired_intermediate_is_told_with_since_when() -> None:
    reason, message = find_fault(FILES, now=NOW + 366 * DAY + timedelta(hours=2))
    assert reason is Reason.EXPIRED
    assert "1 d 2 h ago" in message


def test_expired_root_is_told() -> None:
    root = make_root(end=NOW - DAY)
    found = check(make_files(root.issue(), root))
    assert [each.reason for each in found if each.severity is Severity.FATAL] == [Reason.EXPIRED]
    assert "'CN=Root'" in found[0].message


def test_expired_root_among_others_is_a_warning() -> None:
    other = make_root("Old", end=NOW - DAY)
    reason, message = find_warning(assemble(ISSUED, other, ROOT))
    assert reason is Reason.EXPIRED
    assert "'CN=Old'" in message


def test_root_that_ends_before_the_intermediate_is_warned_of() -> None:
    root = make_root(end=NOW + 10 * DAY)
    reason, message = find_warning(make_files(root.issue(), root))
    assert reason is Reason.OUTLIVES_ISSUER
    assert "of no use after 2030-01-11T00:00:00Z" in message


def test_issuer_that_ends_before_the_intermediate_is_warned_of() -> None:
    upper = ROOT.issue("Upper", path_length=1, end=NOW + 10 * DAY)
    reason, message = find_warning(make_files(upper.issue(), ROOT, offered=[upper.pem]))
    assert reason is Reason.OUTLIVES_ISSUER
    assert "'CN=Upper'" in message


def test_too_little_life_for_workloads_is_warned_of() -> None:
    reason, message = find_warning(FILES, now=NOW + 364 * DAY + timedelta(minutes=1))
    assert reason is Reason.ENDS_TOO_SOON
    assert "23 h 59 min" in message


def test_too_little_life_of_the_root_is_warned_of() -> None:
    root = make_root(end=NOW + timedelta(hours=5))
    found = check(make_files(root.issue(), root))
    assert [each.reason for each in found] == [Reason.OUTLIVES_ISSUER, Reason.ENDS_TOO_SOON]


def test_what_is_fatal_comes_first() -> None:
    files = make_files(ROOT.issue("another", path_length=None), ROOT)
    assert [each.severity for each in check(files)] == [Severity.FATAL, Severity.WARNING]


def test_leaf_on_trial_that_does_not_verify_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the other checks overlook."""
    monkeypatch.setattr(trial_leaf, "find_path", lambda *_, **__: None)
    assert find_fault(FILES)[0] is Reason.TRIAL_LEAF_REJECTED


def test_leaf_on_trial_is_signed_as_istiod_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    signed: list[x509.Certificate] = []
    find_path = trial_leaf.find_path

    def spy(leaf: Any, **options: Any) -> Any:
        signed.append(x509.load_pem_x509_certificate(leaf.pem.encode()))
        return find_path(leaf, **options)

    monkeypatch.setattr(trial_leaf, "find_path", spy)
    assert check(FILES, now=NOW + 364 * DAY + timedelta(hours=1))
    (leaf,) = signed
    leaf.verify_directly_issued_by(ISSUED.certificate)
    assert leaf.not_valid_after_utc == ISSUED.certificate.not_valid_after_utc
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    (uri,) = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    assert names.critical
    assert uri.startswith("spiffe://")
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {SERVER, CLIENT}
