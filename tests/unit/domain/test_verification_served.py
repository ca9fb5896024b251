"""Whether the chain that istiod serves leads up to the pinned root."""

from __future__ import annotations

from roottrust.domain.errors import TransientError
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.verification import Check, Finding, Outcome
from roottrust.domain.verification_served import judge_no_pods, judge_served_chain
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import (
    INTERMEDIATE,
    ISTIOD_ROOT,
    OTHER_ROOT,
    ROOT,
    Issued,
    build_leaf,
    issue,
)
from tests.unit.domain.verified import MESH, POD

ERROR = TransientError("It cannot be reached.", reason=Reason.ISTIOD_UNREACHABLE)
LEAF = build_leaf(INTERMEDIATE, dns=(MESH.host, "istio-pilot.istio-system.svc"))


def judge(*chain: Issued, reported: str | None = None) -> Finding:
    text = "".join(each.pem for each in chain)
    return judge_served_chain(MESH, POD, text, reported=reported, now=NOW)


def test_a_chain_under_the_pinned_root_is_right() -> None:
    finding = judge(LEAF, INTERMEDIATE, ROOT)
    assert finding.outcome is Outcome.OK
    assert finding.told.startswith("under CN=roottrust istiod CA cluster1, SHA-256 ")
    assert finding.facts["intermediate"] == INTERMEDIATE.certificate.fingerprint


def test_an_intermediate_of_a_foreign_ca_is_named() -> None:
    foreign = issue("foreign CA", OTHER_ROOT)
    finding = judge(build_leaf(foreign, dns=(MESH.host,)), foreign)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.told.startswith("under CN=foreign CA")
    assert "it ends at 'CN=foreign CA', issued by 'CN=Root B'" in finding.message


def test_a_self_signed_istiod_is_called_that_whether_it_serves_its_root_or_not() -> None:
    leaf = build_leaf(ISTIOD_ROOT, dns=(MESH.host,))
    for finding in (judge(leaf), judge(leaf, ISTIOD_ROOT)):
        assert finding.outcome is Outcome.DIFFERENT
        assert finding.told == "self-signed, under O=cluster.local"
        assert "istio-ca-secret" in finding.next_step


def test_a_certificate_for_another_name_is_told() -> None:
    finding = judge(build_leaf(INTERMEDIATE, dns=("other.svc",)), INTERMEDIATE)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == (
        "The certificate that istiod serves is not for istiod.istio-system.svc."
    )


def test_another_intermediate_than_the_reported_one_is_told() -> None:
    served = INTERMEDIATE.certificate.fingerprint
    assert judge(LEAF, INTERMEDIATE, reported=served).outcome is Outcome.OK
    finding = judge(LEAF, INTERMEDIATE, reported="0" * 64)
    assert finding.outcome is Outcome.DIFFERENT
    assert "another intermediate than its agent reports (0000000000000000…)" in finding.message


def test_what_is_no_chain_is_told() -> None:
    finding = judge()
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.told == "serves no certificates"


def test_an_istiod_that_cannot_be_reached_is_unknown() -> None:
    finding = judge_served_chain(MESH, POD, Unread(error=ERROR), reported=None, now=NOW)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, ERROR.message)
    assert "--skip served" in finding.next_step


def test_without_pods_it_is_unknown_and_why() -> None:
    denied = judge_no_pods(Check.SERVED_CHAIN, MESH, ERROR)
    assert (denied.outcome, denied.message) == (Outcome.UNKNOWN, ERROR.message)
    nobody = judge_no_pods(Check.WORKLOAD_CERTIFICATE, MESH, None)
    assert nobody.outcome is Outcome.UNKNOWN
    assert nobody.message == "The Deployment istiod has no running pods to ask."
