"""Whether istiod gives workloads certificates that are trusted under the pinned root."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.subject_key import encode_key
from roottrust.domain.target import Account
from roottrust.domain.verification import Finding, Outcome, VerifiedMesh
from roottrust.domain.verification_workload import WorkloadAnswer, judge_workload_certificate
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import INTERMEDIATE, OTHER_ROOT, ROOT, Issued, build_leaf, issue
from tests.unit.domain.verified import MESH, POD

ACCOUNT = Account(namespace="gloo-mesh", name="roottrust-verify")
IDENTITY = "spiffe://cluster.local/ns/gloo-mesh/sa/roottrust-verify"
LEAF = build_leaf(INTERMEDIATE, uris=(IDENTITY,))


def judge(
    *chain: Issued,
    roots: str = ROOT.pem,
    mesh: VerifiedMesh = MESH,
    key: Issued | None = None,
) -> Finding:
    answer = WorkloadAnswer(
        parts=(*(each.pem for each in chain), roots),
        public_key=encode_key((key or chain[0]).certificate) or b"",
    )
    return judge_workload_certificate(mesh, POD, ACCOUNT, answer, now=NOW)


def test_a_certificate_under_the_pinned_root_is_told_by_its_identity() -> None:
    finding = judge(LEAF, INTERMEDIATE)
    assert finding.outcome is Outcome.OK
    assert finding.told == IDENTITY
    assert finding.facts["spiffeId"] == IDENTITY


def test_a_foreign_chain_is_told() -> None:
    foreign = issue("foreign CA", OTHER_ROOT)
    finding = judge(build_leaf(foreign, uris=(IDENTITY,)), foreign)
    assert finding.outcome is Outcome.DIFFERENT
    assert "is not trusted under the pinned root: it ends at 'CN=foreign CA'" in finding.message


@pytest.mark.parametrize(
    ("uris", "message"),
    [
        ((), "has no single SPIFFE id (it has none)"),
        ((IDENTITY, IDENTITY), f"has no single SPIFFE id (it has {IDENTITY} {IDENTITY})"),
        (("https://a.example",), "has no single SPIFFE id (it has https://a.example)"),
        (
            ("spiffe://cluster.local/ns/a/sa/b",),
            f"is for spiffe://cluster.local/ns/a/sa/b, and {IDENTITY} asked for it",
        ),
        (
            ("spiffe://other/ns/gloo-mesh/sa/roottrust-verify",),
            f"is for spiffe://other/ns/gloo-mesh/sa/roottrust-verify, and {IDENTITY} asked for it",
        ),
    ],
)
def test_another_identity_is_told(uris: tuple[str, ...], message: str) -> None:
    finding = judge(build_leaf(INTERMEDIATE, uris=uris), INTERMEDIATE)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == f"The workload's certificate {message}."


def test_where_the_trust_domain_is_not_known_any_will_do_and_that_is_told() -> None:
    leaf = build_leaf(INTERMEDIATE, uris=("spiffe://other/ns/gloo-mesh/sa/roottrust-verify",))
    finding = judge(leaf, INTERMEDIATE, mesh=replace(MESH, trust_domain=None))
    assert finding.outcome is Outcome.OK
    assert "any trust domain" in finding.warnings[0]
    assert judge(LEAF, INTERMEDIATE).warnings == ()


def test_a_certificate_for_another_key_is_told() -> None:
    finding = judge(LEAF, INTERMEDIATE, key=ROOT)
    assert finding.message == "istiod certified another key than the one that it was asked for."


def test_a_certificate_that_outlives_its_intermediate_is_told() -> None:
    short = issue("short", ROOT, not_after=NOW + timedelta(hours=1))
    finding = judge(build_leaf(short, uris=(IDENTITY,)), short)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == "The workload's certificate outlives its intermediate 'CN=short'."


def test_another_root_that_workloads_are_told_to_trust_is_told() -> None:
    finding = judge(LEAF, INTERMEDIATE, roots=ROOT.pem + OTHER_ROOT.pem)
    assert finding.outcome is Outcome.DIFFERENT
    assert "to trust another root (CN=Root A" in finding.message


@pytest.mark.parametrize("parts", [(), (ROOT.pem,), ("a", "b"), (LEAF.pem, "b")])
def test_what_is_no_chain_is_told(parts: tuple[str, ...]) -> None:
    answer = WorkloadAnswer(parts=parts, public_key=b"")
    finding = judge_workload_certificate(MESH, POD, ACCOUNT, answer, now=NOW)
    assert (finding.outcome, finding.told) == (Outcome.DIFFERENT, "answers no chain")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DependencyMissingError("No.", reason=Reason.ISTIOD_UNTRUSTED), Outcome.DIFFERENT),
        (DependencyMissingError("No.", reason=Reason.ISTIOD_REFUSED), Outcome.DIFFERENT),
        (DependencyMissingError("No.", reason=Reason.API_REFUSED), Outcome.UNKNOWN),
        (
            AccessDeniedError("No.", reason=Reason.ACCESS_DENIED, path="p", capability="c"),
            Outcome.UNKNOWN,
        ),
    ],
)
def test_what_any_workload_would_meet_is_a_fault_and_the_rest_is_unknown(
    error: RootTrustError, outcome: Outcome
) -> None:
    finding = judge_workload_certificate(MESH, POD, ACCOUNT, Unread(error=error), now=NOW)
    assert (finding.outcome, finding.message) == (outcome, "No.")
