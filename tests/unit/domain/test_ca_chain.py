from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from roottrust.domain.ca_chain import build_files
from roottrust.domain.ca_files import NAMES
from roottrust.domain.ca_key import load_key, render_key
from roottrust.domain.certificate import UnreadableCertificateError
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from tests.unit.domain.authorities import RSA_KEY, Authority, make_files, make_root, new_key

ROOT, OTHER = make_root(), make_root("Other")
UPPER = ROOT.issue("Upper", path_length=1)
ISSUED = ROOT.issue()


def find_fault(issued: Authority, *roots: Authority, **options: object) -> InvalidSpecError:
    with pytest.raises(InvalidSpecError) as caught:
        make_files(issued, *roots, **options)  # type: ignore[arg-type]
    return caught.value


def test_the_files_are_the_intermediate_its_key_and_the_pinned_root() -> None:
    files = make_files(ISSUED, ROOT)
    assert (files.certificate, files.chain, files.trust_bundle) == (
        ISSUED.pem,
        ISSUED.pem,
        ROOT.pem,
    )
    assert files.key == render_key(ISSUED.key)
    assert tuple(name for name, _ in files.list_contents()) == NAMES


def test_nothing_of_the_key_shows() -> None:
    files = make_files(ISSUED, ROOT)
    lines = files.key.get_secret_value().splitlines()[1:-1]
    assert not any(line in text for line in lines for text in (repr(files), str(files)))


def test_certificates_become_canonical_and_the_trust_bundle_stays_byte_by_byte() -> None:
    bundle = f"# ours\n{ROOT.pem}\n\n"
    files = build_files(
        certificate="CN=x\r\n" + ISSUED.pem.replace("\n", "\r\n").strip(),
        key=render_key(ISSUED.key),
        trust_bundle=bundle,
        cross_certificates=None,
    )
    assert (files.certificate, files.chain) == (ISSUED.pem, ISSUED.pem)
    assert files.trust_bundle == bundle


@pytest.mark.parametrize("offered", [[UPPER.pem, ROOT.pem], [ROOT.pem + UPPER.pem]])
def test_what_vault_shows_above_is_used_on_the_way_to_the_root_and_never_the_root(
    offered: list[str],
) -> None:
    issued = UPPER.issue()
    files = make_files(issued, ROOT, offered=offered)
    assert files.chain == issued.pem + UPPER.pem


def test_what_is_issued_together_with_its_chain_is_read_in_its_order() -> None:
    issued = UPPER.issue()
    files = build_files(
        certificate=issued.pem + UPPER.pem,
        key=render_key(issued.key),
        trust_bundle=ROOT.pem,
        cross_certificates=None,
    )
    assert (files.certificate, files.chain) == (issued.pem, issued.pem + UPPER.pem)


def test_what_leads_nowhere_is_left_out() -> None:
    files = make_files(ISSUED, ROOT, offered=[UPPER.pem, OTHER.issue("Upper").pem, OTHER.pem])
    assert files.chain == ISSUED.pem


def test_cross_certificate_leads_to_the_root_that_is_pinned() -> None:
    issued, crossed = OTHER.issue(), ROOT.cross_sign(OTHER, path_length=1)
    files = make_files(issued, ROOT, cross_certificates=crossed)
    assert files.chain == issued.pem + crossed


def test_cross_certificate_stays_in_the_chain_once_both_roots_are_pinned() -> None:
    issued, crossed = OTHER.issue(), ROOT.cross_sign(OTHER, path_length=1)
    for roots in ((ROOT, OTHER), (OTHER, ROOT), (OTHER,)):
        files = make_files(issued, *roots, cross_certificates=crossed)
        assert files.chain == issued.pem + crossed


def test_cross_certificate_of_another_issuer_is_left_out() -> None:
    crossed = ROOT.cross_sign(OTHER, path_length=1)
    assert make_files(ISSUED, ROOT, cross_certificates=crossed).chain == ISSUED.pem


def test_root_among_cross_certificates_is_left_out() -> None:
    assert make_files(ISSUED, ROOT, cross_certificates=ROOT.pem).chain == ISSUED.pem


def test_intermediates_that_signed_each_other_end_the_search() -> None:
    one, two = make_root("One"), make_root("Two")
    circle = [two.cross_sign(one), one.cross_sign(two)]
    fault = find_fault(one.issue(), ROOT, offered=circle)
    assert fault.reason is Reason.CHAIN_INCOMPLETE


def test_foreign_root_is_named_even_where_vault_calls_it_the_issuing_ca() -> None:
    fault = find_fault(OTHER.issue(), ROOT, offered=[OTHER.pem])
    assert fault.reason is Reason.FOREIGN_ROOT
    assert "leads to the root 'CN=Other'" in fault.message
    assert "caPath" in fault.message


def test_pinned_root_of_the_same_name_but_another_key_is_told() -> None:
    fault = find_fault(make_root().issue(), ROOT)
    assert fault.reason is Reason.FOREIGN_ROOT
    assert "did not sign it" in fault.message


def test_name_in_other_bytes_is_another_name_as_for_istiod() -> None:
    printable = x509.NameAttribute(NameOID.COMMON_NAME, "Root", _ASN1Type.PrintableString)
    key = new_key()
    subject = ISSUED.certificate.subject
    reencoded = Authority(ROOT.certify(key, subject, issuer=x509.Name([printable])), key)
    fault = find_fault(reencoded, ROOT)
    assert fault.reason is Reason.FOREIGN_ROOT
    assert "encoded in other bytes" in fault.message


def test_issuer_that_nobody_showed_is_named() -> None:
    fault = find_fault(UPPER.issue(), ROOT)
    assert fault.reason is Reason.CHAIN_INCOMPLETE
    assert "'CN=Upper'" in fault.message


def test_contradicting_key_ids_are_no_way_to_the_root() -> None:
    stranger = replace(ROOT, key=new_key())
    issued = stranger.issue(signer=ROOT.key)
    assert find_fault(issued, ROOT).reason is Reason.FOREIGN_ROOT


def test_self_signed_answer_is_no_intermediate() -> None:
    fault = find_fault(OTHER, ROOT)
    assert fault.reason is Reason.FOREIGN_ROOT
    assert "is a root, no intermediate" in fault.message


def test_intermediate_that_is_pinned_is_no_root() -> None:
    fault = find_fault(UPPER.issue(), UPPER)
    assert fault.reason is Reason.INVALID_TRUST_BUNDLE
    assert "self-signed" in fault.message


def test_certificate_for_another_key_is_refused() -> None:
    fault = find_fault(replace(ISSUED, key=new_key()), ROOT)
    assert fault.reason is Reason.KEY_MISMATCH


@pytest.mark.parametrize("certificate", ["", "<html>", ISSUED.pem[:100]])
def test_answer_of_vault_that_is_no_certificate_is_unreadable(certificate: str) -> None:
    with pytest.raises(UnreadableCertificateError):
        build_files(
            certificate=certificate,
            key=render_key(ISSUED.key),
            trust_bundle=ROOT.pem,
            cross_certificates=None,
        )


@pytest.mark.parametrize(("bundle", "crossed"), [("", None), (ROOT.pem, "x")])
def test_field_that_is_unreadable_is_named(bundle: str, crossed: str | None) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        build_files(
            certificate=ISSUED.pem,
            key=render_key(ISSUED.key),
            trust_bundle=bundle,
            cross_certificates=crossed,
        )
    assert caught.value.reason is Reason.INVALID_TRUST_BUNDLE
    assert ("crossCertificates" if crossed else "trustBundle") in caught.value.message


def test_rsa_intermediate_under_an_ecdsa_root() -> None:
    issued = ROOT.issue(key=RSA_KEY)
    files = make_files(issued, ROOT)
    assert render_key(load_key(files.key)) == render_key(RSA_KEY)
