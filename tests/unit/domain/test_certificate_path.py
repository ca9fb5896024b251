"""Who issued whom, where there are no key ids that would tell it at once."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.certificate_path import find_path, is_issued_by
from tests.unit.domain.authorities import make_root, new_key
from tests.unit.domain.certificates import build_name, build_pem

KEY = new_key()
ROOT = parse_certificate(build_pem(key=KEY))


def issue(**options: object) -> str:
    defaults = {"subject": build_name("int"), "issuer": build_name("Root"), "signer": KEY}
    return build_pem(**{**defaults, **options})  # type: ignore[arg-type]


def test_name_and_signature_make_an_issuer() -> None:
    assert is_issued_by(parse_certificate(issue()), ROOT)


def test_the_right_name_with_another_signature_does_not() -> None:
    assert not is_issued_by(parse_certificate(issue(signer=new_key())), ROOT)


def test_the_right_signature_with_the_name_in_other_bytes_does_not() -> None:
    """Vault's cross-sign writes so, OpenSSL accepts it, and istiod does not."""
    printable = x509.NameAttribute(NameOID.COMMON_NAME, "Root", _ASN1Type.PrintableString)
    assert not is_issued_by(parse_certificate(issue(issuer=x509.Name([printable]))), ROOT)


def test_key_id_of_one_side_alone_contradicts_nothing() -> None:
    with_key_id = make_root(key=KEY)
    assert is_issued_by(parse_certificate(issue()), parse_certificate(with_key_id.pem))
    issued = parse_certificate(with_key_id.issue().pem)
    assert is_issued_by(issued, ROOT)


def test_the_shortest_path_is_taken() -> None:
    middle = make_root(key=KEY).issue("Middle", path_length=1)
    leaf = parse_certificate(middle.issue().pem)
    crossed = parse_certificate(middle.cross_sign(middle))
    between = [crossed, parse_certificate(middle.pem)]
    path = find_path(leaf, between=between, root=ROOT)
    assert path == (parse_certificate(middle.pem),)


def test_no_root_is_a_step_to_another() -> None:
    other = make_root("Other")
    crossed = parse_certificate(make_root(key=KEY).cross_sign(other))
    leaf = parse_certificate(other.issue().pem)
    assert find_path(leaf, between=[parse_certificate(other.pem)], root=ROOT) is None
    assert find_path(leaf, between=[crossed], root=ROOT) == (crossed,)
