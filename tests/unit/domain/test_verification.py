"""What all findings come to, and that nothing which others wrote makes a judgement fail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.domain.target import Account
from roottrust.domain.verification import (
    Finding,
    Outcome,
    Result,
    is_made_by_istiod,
    judge_all,
)
from roottrust.domain.verification_agents import judge_agents
from roottrust.domain.verification_namespaces import PublishedRoots, judge_namespaces
from roottrust.domain.verification_root import judge_pinned, judge_vault_root
from roottrust.domain.verification_served import judge_served_chain
from roottrust.domain.verification_workload import WorkloadAnswer, judge_workload_certificate
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import (
    INTERMEDIATE,
    ISTIOD_ROOT,
    OTHER_ROOT,
    ROOT,
    build_leaf,
)
from tests.unit.domain.test_verification_root import build_vault_root
from tests.unit.domain.verified import MESH, PINNED, POD, build_instance, build_spec

OK, DIFFERENT, UNKNOWN, SKIPPED = Outcome
LEAF = build_leaf(INTERMEDIATE, dns=(MESH.host,), uris=("spiffe://a/ns/b/sa/c",))

PEMS = st.sampled_from(
    [each.pem for each in (ROOT, OTHER_ROOT, INTERMEDIATE, ISTIOD_ROOT, LEAF)]
    + ["", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "\0", "-----BEGIN"]
)
TEXTS = st.lists(PEMS | st.text(max_size=20), max_size=4).map("".join)
TIMES = st.integers(-4000, 4000).map(lambda days: NOW + timedelta(days=days))
NAMES = st.text(max_size=8)
EXAMPLES = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ([OK, OK], Result.VERIFIED),
        ([OK, SKIPPED], Result.VERIFIED),
        ([OK, UNKNOWN], Result.INCOMPLETE),
        ([UNKNOWN, DIFFERENT, OK], Result.DIFFERENCES),
        ([SKIPPED], Result.INCOMPLETE),
        ([], Result.INCOMPLETE),
    ],
)
def test_only_what_was_checked_is_verified_and_a_difference_goes_first(
    outcomes: list[Outcome], result: Result
) -> None:
    assert judge_all(outcomes) is result


def test_a_root_of_istiods_own_is_known_by_its_subject() -> None:
    assert is_made_by_istiod(ISTIOD_ROOT.certificate, "cluster.local")
    assert is_made_by_istiod(ISTIOD_ROOT.certificate, None)
    assert not is_made_by_istiod(ISTIOD_ROOT.certificate, "mesh.example")
    assert not is_made_by_istiod(ROOT.certificate, "cluster.local")


@EXAMPLES
@given(text=TEXTS, cross=TEXTS, now=TIMES)
def test_no_pinned_root_makes_a_judgement_fail(text: str, cross: str, now: object) -> None:
    pinned, finding = judge_pinned(text, given=(ROOT.certificate,), now=now)  # type: ignore[arg-type]
    check(finding)
    if pinned is not None:
        observed = build_vault_root()
        check(judge_vault_root(pinned, cross, observed, subject="v", now=now))  # type: ignore[arg-type]


@EXAMPLES
@given(texts=st.dictionaries(NAMES, st.none() | TEXTS, max_size=4), names=st.lists(NAMES))
def test_no_config_map_makes_a_judgement_fail(
    texts: dict[str, str | None], names: list[str]
) -> None:
    check(judge_namespaces(MESH, PublishedRoots(namespaces=tuple(names), texts=texts)))


@EXAMPLES
@given(text=TEXTS, now=TIMES, reported=st.none() | NAMES)
def test_no_served_chain_makes_a_judgement_fail(
    text: str, now: object, reported: str | None
) -> None:
    check(judge_served_chain(MESH, POD, text, reported=reported, now=now))  # type: ignore[arg-type]


@EXAMPLES
@given(parts=st.lists(TEXTS, max_size=4), key=st.binary(max_size=8), now=TIMES)
def test_no_answer_of_istiod_makes_a_judgement_fail(
    parts: list[str], key: bytes, now: object
) -> None:
    answer = WorkloadAnswer(parts=tuple(parts), public_key=key)
    account = Account(namespace="b", name="c")
    check(judge_workload_certificate(MESH, POD, account, answer, now=now))  # type: ignore[arg-type]


@EXAMPLES
@given(chain=PEMS.filter(lambda pem: "MIIB\n" in pem or pem.count("\n") > 4), now=TIMES)
def test_no_report_of_an_agent_makes_a_judgement_fail(chain: str, now: object) -> None:
    instance = build_instance(chain=chain, fingerprint=None, notAfter=None)
    for finding in judge_agents(MESH, build_spec(), (instance,), pods=None, now=now):  # type: ignore[arg-type]
        check(finding)


def check(finding: Finding) -> None:
    """What is not as it should be says what is wrong, and what is wrong what to do."""
    assert finding.told
    if finding.outcome is DIFFERENT:
        assert finding.message.endswith(".")
        assert finding.next_step
    assert finding.outcome is not UNKNOWN or finding.message
    assert PINNED.text not in finding.message
