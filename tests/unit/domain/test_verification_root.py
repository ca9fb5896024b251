"""Whether the pinned root is sound, is the given one, and is Vault's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import TransientError
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.verification import Finding, Outcome, Pinned
from roottrust.domain.verification_root import VaultRoot, judge_pinned, judge_vault_root
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import INTERMEDIATE, OTHER_ROOT, ROOT, Issued, issue
from tests.unit.domain.verified import PINNED


def build_vault_root(issuer: Issued | None = ROOT, **changes: Any) -> VaultRoot:
    given: dict[str, Any] = {"path": "pki/issuer/1", **changes}
    return VaultRoot(issuer=issuer.certificate if issuer else None, **given)


def judge(
    observed: VaultRoot | Unread, cross: str | None = None, *, pinned: Pinned = PINNED
) -> Finding:
    return judge_vault_root(pinned, cross, observed, subject="vault.example:8200", now=NOW)


def pin(text: str, given: tuple[Certificate, ...] | None = None) -> Finding:
    return judge_pinned(text, given=given, now=NOW)[1]


def test_a_sound_root_is_told_with_its_end() -> None:
    pinned, finding = judge_pinned(ROOT.pem, given=None, now=NOW)
    assert pinned == PINNED
    assert finding.outcome is Outcome.OK
    assert finding.told.startswith("CN=Root A, SHA-256 ")
    assert finding.told.endswith(", until 2039-12-30 00:00Z")
    assert finding.warnings == ()


def test_a_root_that_ends_soon_is_a_warning() -> None:
    soon = issue("soon", not_after=NOW + timedelta(days=80))
    finding = pin(soon.pem)
    assert finding.outcome is Outcome.OK
    assert len(finding.warnings) == 1
    assert finding.warnings[0].endswith("rotate the root.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no certificate", "The pinned root cannot be read: It holds no certificate in PEM form."),
        (
            INTERMEDIATE.pem,
            "The pinned 'CN=roottrust istiod CA cluster1' is not self-signed, so it is no root.",
        ),
        (
            issue("old", not_after=NOW - timedelta(hours=1)).pem,
            "The pinned root cannot be used: 'CN=old' expired at 2029-12-31T23:00:00Z.",
        ),
        (
            issue("leaf", is_ca=False).pem,
            "The pinned root cannot be used: 'CN=leaf' is no CA.",
        ),
        (
            ROOT.pem + issue("leaf", is_ca=False).pem,
            "The pinned root cannot be used: 'CN=leaf' is no CA.",
        ),
    ],
)
def test_what_can_be_no_root_is_told(text: str, message: str) -> None:
    finding = pin(text)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == message


def test_the_pinned_root_is_compared_with_one_that_a_person_keeps() -> None:
    both = (OTHER_ROOT.certificate, ROOT.certificate)
    assert pin(ROOT.pem, (ROOT.certificate,)).outcome is Outcome.OK
    assert pin(ROOT.pem + OTHER_ROOT.pem, both).outcome is Outcome.OK
    for text, given in ((ROOT.pem, (OTHER_ROOT.certificate,)), (ROOT.pem, both)):
        finding = pin(text, given)
        assert finding.outcome is Outcome.DIFFERENT
        assert "CN=Root B" in finding.message


def test_vault_has_the_pinned_root() -> None:
    finding = judge(build_vault_root())
    assert finding.outcome is Outcome.OK
    assert finding.facts["fingerprint"] == ROOT.certificate.fingerprint


def test_another_root_in_vault_is_told() -> None:
    finding = judge(build_vault_root(OTHER_ROOT))
    assert finding.outcome is Outcome.DIFFERENT
    assert "pki/issuer/1 in Vault is another root" in finding.message


def test_a_root_that_is_gone_is_told_with_what_took_its_place() -> None:
    finding = judge(build_vault_root(None, default=OTHER_ROOT.certificate))
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message.startswith("Vault has no issuer pki/issuer/1: ")
    assert "Its mount has CN=Root B" in finding.message
    assert "Its mount" not in judge(build_vault_root(None)).message


def test_a_root_that_a_pinned_one_vouches_for_is_right_while_it_is_rotated() -> None:
    crossed = issue("Root B", ROOT, key=OTHER_ROOT.key)
    finding = judge(build_vault_root(OTHER_ROOT), crossed.pem)
    assert finding.outcome is Outcome.OK
    assert finding.told.endswith("cross-signed")
    for other in (issue("Root B", ROOT).pem, issue("Root B", issue("C")).pem, "none"):
        assert judge(build_vault_root(OTHER_ROOT), other).outcome is Outcome.DIFFERENT


def test_what_came_by_plain_http_is_no_proof() -> None:
    finding = judge(build_vault_root(is_plain=True))
    assert finding.outcome is Outcome.OK
    assert "plain HTTP" in finding.warnings[0]


def test_a_vault_that_is_away_leaves_it_unknown() -> None:
    error = TransientError("Vault v cannot be reached: refused.", reason=Reason.UNREACHABLE)
    finding = judge(Unread(error=error))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message == error.message
    assert "--skip vault" in finding.next_step
