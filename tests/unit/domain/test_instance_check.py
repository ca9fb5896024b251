from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.api.issued_certificate import Instance
from roottrust.domain.certificate import Certificate
from roottrust.domain.instance_check import (
    CheckedInstance,
    InstanceState,
    check_instance,
    check_instances,
)
from tests.unit.domain.agent_entries import (
    FORGED,
    INTERMEDIATE,
    LATER,
    NAME,
    OF_A_SECOND_GENERATION,
    PINNED,
    SECOND,
    build_instance,
    build_intermediate,
    instances,
    moments,
)
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import PRIVATE_KEY, ROOT


def check(instance: Instance, *, now: datetime = LATER) -> CheckedInstance:
    return check_instance(instance, PINNED, now=now)


def test_what_the_certificate_proves_is_believed() -> None:
    checked = check(build_instance())
    assert (checked.state, checked.clause) == (InstanceState.SERVING, "")
    assert checked.not_after == INTERMEDIATE.not_after


def test_the_certificate_alone_is_enough_and_its_serial_may_have_colons() -> None:
    bare = build_instance(fingerprint=None, serial="1a:2b", issuer_fingerprint=None)
    assert check(bare).state is InstanceState.SERVING
    untold = build_instance(serial=None, not_before=None, not_after=None)
    assert check(untold).state is InstanceState.SERVING


def test_a_chain_may_go_on_behind_the_intermediate() -> None:
    crossed = build_instance(chain=INTERMEDIATE.pem + SECOND.pem)
    assert check(crossed).state is InstanceState.SERVING


@pytest.mark.parametrize("certificate", FORGED.values(), ids=FORGED.keys())
def test_what_no_agent_could_have_is_a_lie(certificate: Certificate) -> None:
    checked = check(build_instance(certificate))
    assert checked.state is InstanceState.FALSE
    assert checked.clause
    assert checked.not_after is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"serial": "ff"}, "another serial"),
        ({"fingerprint": "e" * 64}, "another fingerprint"),
        ({"issuer_fingerprint": "e" * 64}, "another issuer"),
        ({"not_before": NOW - timedelta(days=1)}, "another begin"),
        ({"not_after": INTERMEDIATE.not_after + timedelta(days=1)}, "another end"),
        ({"intermediate_generation": 2}, "a generation that nobody asked for"),
        ({"chain": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}, "no certif"),
    ],
)
def test_what_the_certificate_says_otherwise_is_a_lie(told: dict[str, Any], words: str) -> None:
    checked = check(build_instance(**told))
    assert checked.state is InstanceState.FALSE
    assert words in checked.clause


def test_the_subject_may_have_an_organization_beside_the_name() -> None:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")
    name = x509.NameAttribute(NameOID.COMMON_NAME, NAME)
    certificate = build_intermediate(subject=x509.Name([organization, name]))
    assert check(build_instance(certificate)).state is InstanceState.SERVING


def test_two_pods_with_one_certificate_are_believed_neither() -> None:
    """Chains are public, and a key never leaves its pod: one of them took it from status."""
    mine, copied, other = check_instances(
        (build_instance(), build_instance(pod="thief"), build_instance(SECOND, pod="other")),
        PINNED,
        now=LATER,
    )
    assert mine.state is copied.state is InstanceState.FALSE
    assert mine.clause == "istiod-5d9c7b6f4-abcde and thief show one and the same certificate"
    assert other.state is InstanceState.SERVING


@pytest.mark.parametrize(
    ("told", "state", "clause"),
    [
        ({"chain": None}, InstanceState.WAITING, ""),
        ({"chain": None, "error": "Vault x is sealed."}, InstanceState.FAILED, "Vault x is sealed"),
        ({"error": "Vault x is sealed."}, InstanceState.FAILING, "Vault x is sealed"),
        ({"loaded_by_istiod": False}, InstanceState.UNLOADED, ""),
        ({"loaded_by_istiod": None}, InstanceState.UNLOADED, ""),
        (
            {"trust_bundle_fingerprint": "e" * 64},
            InstanceState.OUTDATED,
            "another trust bundle",
        ),
    ],
)
def test_what_is_true_is_told_as_it_is(
    told: dict[str, Any], state: InstanceState, clause: str
) -> None:
    checked = check(build_instance(**told))
    assert (checked.state, checked.clause) == (state, clause)


def test_one_of_an_earlier_generation_is_outdated() -> None:
    checked = check_instance(build_instance(), OF_A_SECOND_GENERATION, now=LATER)
    assert checked.state is InstanceState.OUTDATED
    assert checked.clause == "an intermediate of generation 1"


def test_it_ends_and_before_that_its_renewal_is_overdue() -> None:
    end = INTERMEDIATE.not_after
    assert check(build_instance(), now=end).state is InstanceState.EXPIRED
    # A third of its life is for renewal; half of that has passed in vain.
    overdue_at = end - (end - INTERMEDIATE.not_before) / 6
    assert check(build_instance(), now=overdue_at).state is InstanceState.OVERDUE
    before = check(build_instance(), now=overdue_at - timedelta(seconds=1))
    assert (before.state, before.overdue_at) == (InstanceState.SERVING, overdue_at)


def test_no_secret_gets_from_an_agent_s_words_into_ours() -> None:
    checked = check(build_instance(error=f"see {PRIVATE_KEY}\nand more"))
    assert PRIVATE_KEY.splitlines()[1] not in checked.clause
    assert "\n" not in checked.clause


@settings(max_examples=150, deadline=None)
@given(found=st.lists(instances(), max_size=4), now=moments())
def test_liars_never_count(found: list[Instance], now: datetime) -> None:
    believed = check_instances(found, PINNED, now=now)
    for instance, checked in zip(found, believed, strict=True):
        assert checked.pod == instance.pod
        if not checked.state.has_certificate:
            continue
        certificate = checked.certificate
        assert certificate in {INTERMEDIATE, SECOND}
        assert instance.chain is not None
        assert instance.chain.startswith(certificate.pem)
        assert instance.fingerprint in {None, certificate.fingerprint}
        assert now < certificate.not_after
        assert sum(each.certificate == certificate for each in believed) == 1


@settings(max_examples=100, deadline=None)
@given(found=instances(), now=moments())
def test_a_replica_that_serves_was_given_what_is_pinned(found: Instance, now: datetime) -> None:
    checked = check(found, now=now)
    if checked.state.is_serving:
        assert found.loaded_by_istiod
        assert found.intermediate_generation == PINNED.generation
        assert found.trust_bundle_fingerprint == PINNED.bundle_fingerprint
        assert checked.certificate is not None
        assert checked.certificate.issuer == ROOT.subject
