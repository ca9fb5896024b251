from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.management import MIN_ROOT_DAYS
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.reasons import Reason
from roottrust.domain.root_check import (
    TtlDecision,
    compute_ttl_days,
    find_root_fault,
    find_root_warnings,
)
from roottrust.domain.root_remedy import Remedy
from tests.unit.domain.certificates import NOW, build_pem, build_usage

ROOT = parse_certificate(build_pem(usage=build_usage(key_cert_sign=True, crl_sign=True)))
DAY = timedelta(days=1)
REMEDY = Remedy(replace="take another", renew="take another in time", key="add its key")


def find_message(root: Certificate, *, now: datetime = NOW, has_key: bool = True) -> str:
    fault = find_root_fault(root, now=now, has_key=has_key, remedy=REMEDY)
    assert fault is not None
    assert fault.reason == Reason.ROOT_NOT_USABLE
    assert fault.message.endswith(".")
    return fault.message


def test_sound_root_has_no_fault() -> None:
    assert find_root_fault(ROOT, now=NOW, has_key=True, remedy=REMEDY) is None
    assert find_root_warnings(ROOT, now=NOW, remedy=REMEDY) == ()


def test_root_of_the_guide_is_used_with_a_warning() -> None:
    root = parse_certificate(build_pem())
    assert find_root_fault(root, now=NOW, has_key=True, remedy=REMEDY) is None
    (warning,) = find_root_warnings(root, now=NOW, remedy=REMEDY)
    assert "no key usage" in warning


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"is_ca": False}, "is not a CA's"),
        ({"is_self_signed": False}, "not signed with its own key"),
        ({"is_self_signed": False, "issuer": "CN=Upper"}, "intermediate issued by 'CN=Upper'"),
        ({"path_length": 0}, "path length 0"),
        ({"key_usages": frozenset({"crl_sign"})}, "keyCertSign"),
        ({"key_usages": frozenset()}, "keyCertSign"),
        ({"key_type": "rsa-1024"}, "rsa-1024"),
        ({"key_type": "ecdsa-secp256k1"}, "secp256k1"),
        ({"key_type": "unknown"}, "unknown"),
    ],
)
def test_faults(change: dict[str, Any], message: str) -> None:
    assert message in find_message(replace(ROOT, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"path_length": 1},
        {"key_type": "rsa-2048"},
        {"key_type": "rsa-4096"},
        {"key_type": "ecdsa-p384"},
        {"key_type": "ed25519"},
        {"key_usages": frozenset({"key_cert_sign"})},
    ],
)
def test_no_faults(change: dict[str, Any]) -> None:
    assert find_root_fault(replace(ROOT, **change), now=NOW, has_key=True, remedy=REMEDY) is None


def test_validity_is_from_its_first_moment_to_before_its_last() -> None:
    assert "valid only from 2030-01-01T00:00:00Z" in find_message(ROOT, now=NOW - DAY)
    assert find_root_fault(ROOT, now=ROOT.not_after - DAY, has_key=True, remedy=REMEDY) is None
    assert "expired at 2039-12-30T00:00:00Z" in find_message(ROOT, now=ROOT.not_after)


def test_root_without_key_cannot_sign() -> None:
    assert "private key" in find_message(ROOT, has_key=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key_usages": None}, "no key usage"),
        ({"key_usages": frozenset({"key_cert_sign"})}, "cRLSign"),
        ({"signature_hash": "sha1"}, "sha1"),
        ({"key_type": "ed25519"}, "Ed25519"),
        ({"not_after": NOW + 90 * DAY}, "expires at 2030-04-01T00:00:00Z"),
        ({"subject": "", "issuer": ""}, "empty subject"),
    ],
)
def test_warnings(change: dict[str, Any], message: str) -> None:
    (warning,) = find_root_warnings(replace(ROOT, **change), now=NOW, remedy=REMEDY)
    assert message in warning


def compute(
    remaining: timedelta, *, wanted: int = 365, mount_max_seconds: int | None = None
) -> TtlDecision:
    return compute_ttl_days(
        wanted_days=wanted,
        root_not_after=NOW + remaining,
        now=NOW,
        mount_max_seconds=mount_max_seconds,
    )


@pytest.mark.parametrize(
    ("remaining", "mount_days", "days", "limited_by"),
    [
        (3650 * DAY, None, 365, None),
        (3650 * DAY, 365, 365, None),
        (3650 * DAY, 32, 32, "mount"),
        (366 * DAY, None, 365, None),
        (366 * DAY - timedelta(seconds=1), None, 364, "root"),
        (365 * DAY, 400, 364, "root"),
        (364 * DAY, 400, 357, "root"),
        (365 * DAY, 30, 30, "mount"),
        (64 * DAY, None, 63, "root"),
        (63 * DAY, None, 62, "root"),
        (2 * DAY, None, 1, "root"),
        (1 * DAY, None, 0, "root"),
        (-5 * DAY, None, -6, "root"),
    ],
)
def test_ttl(
    remaining: timedelta, mount_days: int | None, days: int, limited_by: str | None
) -> None:
    seconds = None if mount_days is None else mount_days * 86400 + 86399
    decision = compute(remaining, mount_max_seconds=seconds)
    assert (decision.days, decision.limited_by) == (days, limited_by)
    assert decision.is_possible == (days > 0)


@given(
    seconds=st.integers(min_value=-(10**6), max_value=10**9),
    wanted=st.integers(min_value=1, max_value=4000),
    mount=st.none() | st.integers(min_value=0, max_value=10**15),
)
def test_ttl_is_within_every_limit(seconds: int, wanted: int, mount: int | None) -> None:
    remaining = timedelta(seconds=seconds)
    decision = compute(remaining, wanted=wanted, mount_max_seconds=mount)
    assert decision.days <= wanted
    assert mount is None or decision.days * 86400 <= mount
    if decision.is_possible:
        assert decision.days * DAY <= remaining - DAY
    assert (decision.limited_by is None) == (decision.days == wanted)


@given(
    days=st.integers(min_value=1, max_value=4000), wanted=st.integers(min_value=1, max_value=4000)
)
def test_ttl_never_rises_as_the_end_comes_near(days: int, wanted: int) -> None:
    today = compute(days * DAY, wanted=wanted)
    tomorrow = compute((days - 1) * DAY, wanted=wanted)
    assert tomorrow.days <= today.days


def test_ttl_changes_once_a_week_until_nine_weeks_are_left() -> None:
    values = [compute(days * DAY).days for days in range(365, 64, -1)]
    assert len(set(values)) == len(values) // 7 + 1


def test_shortest_root_that_may_be_generated_signs_and_a_shorter_one_never_would() -> None:
    just_made = timedelta(seconds=1)
    assert compute(MIN_ROOT_DAYS * DAY - just_made).is_possible
    assert not compute((MIN_ROOT_DAYS - 1) * DAY - just_made).is_possible
