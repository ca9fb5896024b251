"""Each thing that istiod refuses, or should: found before it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import SecretStr

from roottrust.domain.ca_check import check_files
from roottrust.domain.ca_files import CaFiles
from tests.unit.domain.certificates import NOW, build_usage
from tests.unit.domain.intermediates import Signer, build_folder, build_root

DAY = timedelta(days=1)
ROOT = build_root()


def find_faults(files: CaFiles) -> tuple[str, ...]:
    return check_files(files, now=NOW).faults


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_sound_folder_has_no_faults(key: ec.EllipticCurvePrivateKey) -> None:
    root = build_root(path_length=1)
    findings = check_files(
        build_folder(Signer("int", issuer=root, path_length=0, key=key), root), now=NOW
    )
    assert (findings.faults, findings.warnings) == ((), ())
    assert findings.issuer == root.fingerprint


def test_root_without_key_usage_is_sound() -> None:
    # The guide's openssl makes it so.
    root = build_root(usage=None)
    assert find_faults(build_folder(Signer("int", issuer=root), root)) == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"is_ca": False}, "not a CA"),
        ({"usage": None}, "key usage"),
        ({"usage": build_usage(key_cert_sign=False, crl_sign=True)}, "key usage"),
        ({"extended": [ExtendedKeyUsageOID.CLIENT_AUTH]}, "serve nobody"),
        ({"begins": NOW + DAY}, "set the clocks of Vault and of this node right"),
        ({"begins": NOW - 2 * DAY, "life": DAY}, "has expired"),
    ],
)
def test_intermediate_that_istiod_cannot_use(changes: dict[str, object], fault: str) -> None:
    intermediate = Signer("int", issuer=ROOT, **changes)  # type: ignore[arg-type]
    (found,) = find_faults(build_folder(intermediate, ROOT))
    assert fault in found


def test_extended_usage_that_serves_is_sound() -> None:
    for usage in (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE):
        intermediate = Signer("int", issuer=ROOT, extended=[usage])
        assert find_faults(build_folder(intermediate, ROOT)) == ()


def test_key_of_another_is_found() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    faults = find_faults(build_folder(Signer("int", issuer=ROOT), ROOT, key=other))
    assert faults == ("The key does not belong to the intermediate.",)


@pytest.mark.parametrize(
    ("field", "fault"),
    [("key", "key of the intermediate"), ("certificate", "cannot be read"), ("chain", "be read")],
)
def test_garbage_is_told_without_being_shown(field: str, fault: str) -> None:
    sound = build_folder(Signer("int", issuer=ROOT), ROOT)
    texts = {name: getattr(sound, name) for name in ("certificate", "chain", "trust_bundle")}
    garbage = {"key": sound.key, **texts, field: "xyzzy"}
    garbage["key"] = SecretStr("xyzzy") if field == "key" else sound.key
    (found,) = find_faults(CaFiles(**garbage))
    assert fault in found
    assert "xyzzy" not in found


def test_intermediate_of_another_root_is_found() -> None:
    (fault,) = find_faults(build_folder(Signer("int", issuer=build_root("Root")), ROOT))
    assert "does not chain to the pinned trust bundle" in fault


def test_chain_begins_with_the_intermediate_and_holds_no_root() -> None:
    intermediate, other = (Signer("int", issuer=ROOT) for _ in range(2))
    (fault,) = find_faults(build_folder(intermediate, ROOT, chain=other.pem))
    assert "does not begin" in fault
    chain = intermediate.pem + ROOT.pem
    (fault,) = find_faults(build_folder(intermediate, ROOT, chain=chain))
    assert "holds a root" in fault


def test_cross_certificate_leads_to_the_old_root() -> None:
    old, new = build_root("A", path_length=2), build_root("B")
    crossed = Signer("B", issuer=old, key=new.key)
    intermediate = Signer("int", issuer=new)
    files = build_folder(intermediate, old, chain=intermediate.pem + crossed.pem)
    findings = check_files(files, now=NOW)
    assert findings.faults == ()
    assert findings.issuer == crossed.fingerprint


@pytest.mark.parametrize(
    ("root", "fault"),
    [
        (build_root(path_length=0), "path length of CN=Root leaves no room"),
        (build_root(is_ca=False), "CN=Root in the trust bundle is not a CA"),
        (build_root(begins=NOW - 2 * DAY, life=DAY), "change the root"),
        (build_root("Sub", issuer=ROOT), "not self-signed"),
    ],
)
def test_root_that_cannot_be_one(root: Signer, fault: str) -> None:
    faults = find_faults(build_folder(Signer("int", issuer=root), root))
    assert any(fault in each for each in faults), faults


def test_one_root_that_has_expired_among_others_is_no_fault() -> None:
    expired = build_root("Old", begins=NOW - 2 * DAY, life=DAY)
    intermediate = Signer("int", issuer=ROOT)
    files = build_folder(intermediate, ROOT, trust_bundle=expired.pem + ROOT.pem)
    assert find_faults(files) == ()


def test_leaf_that_would_outlive_the_intermediate_is_warned_of() -> None:
    intermediate = Signer("int", issuer=ROOT, begins=NOW, life=timedelta(hours=2))
    (warning,) = check_files(build_folder(intermediate, ROOT), now=NOW).warnings
    assert "2030-01-01T02:00:00" in warning


def test_root_that_ends_first_is_warned_of() -> None:
    root = build_root(begins=NOW, life=10 * DAY)
    intermediate = Signer("int", issuer=root, begins=NOW, life=20 * DAY)
    (warning,) = check_files(build_folder(intermediate, root), now=NOW).warnings
    assert "before the intermediate" in warning
