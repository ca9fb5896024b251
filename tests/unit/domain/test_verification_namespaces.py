"""Whether every namespace has the pinned root."""

from __future__ import annotations

from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.verification import Finding, Outcome
from roottrust.domain.verification_namespaces import PublishedRoots, judge_namespaces
from tests.unit.domain.chains import ISTIOD_ROOT, OTHER_ROOT, ROOT
from tests.unit.domain.verified import MESH


def judge(*missing: str, **texts: str | None) -> Finding:
    observed = PublishedRoots(namespaces=(*texts, *missing), texts=texts)
    return judge_namespaces(MESH, observed)


def test_the_pinned_root_in_every_namespace_is_right() -> None:
    finding = judge(a=ROOT.pem, b=ROOT.pem)
    assert finding.outcome is Outcome.OK
    assert finding.told == "2 of 2 namespaces have the pinned root"
    assert finding.facts == {"inSync": 2, "total": 2}


def test_the_same_certificate_in_other_lines_is_the_same_root() -> None:
    assert judge(a=f"# Root A\n{ROOT.pem}\n").outcome is Outcome.OK


def test_more_roots_than_the_pinned_one_are_another_bundle() -> None:
    assert judge(a=ROOT.pem + OTHER_ROOT.pem).outcome is Outcome.DIFFERENT


def test_namespaces_with_another_root_are_named_by_that_root() -> None:
    finding = judge(a=ROOT.pem, b=OTHER_ROOT.pem, c=OTHER_ROOT.pem, d="nonsense", e=None)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.told == "1 of 5 namespaces have the pinned root"
    assert finding.names == ("b", "c", "d", "e")
    assert "Namespaces b, c have another root (CN=Root B, SHA-256 " in finding.message
    assert "Namespace d has something else than certificates (It holds no" in finding.message
    assert "Namespace e has no root-cert.pem in its ConfigMap." in finding.message


def test_a_root_that_istiod_made_itself_is_called_that() -> None:
    finding = judge(a=ISTIOD_ROOT.pem)
    assert "Namespace a has a root that istiod made itself (O=cluster.local" in finding.message
    assert "istio-ca-secret" in finding.next_step


def test_namespaces_that_lack_it_are_named_and_the_way_to_leave_them_out() -> None:
    finding = judge("b", a=ROOT.pem)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == "Namespace b has no ConfigMap istio-ca-root-cert."
    assert "--exclude-namespace" in finding.next_step


def test_of_many_namespaces_the_first_are_named_and_programs_have_all() -> None:
    names = tuple(f"n{number}" for number in range(8))
    finding = judge(*names)
    assert "Namespaces n0, n1, n2, n3, n4 and 3 more have no" in finding.message
    assert finding.names == names


def test_what_may_not_be_read_is_unknown() -> None:
    error = AccessDeniedError(
        "Denied.", reason=Reason.ACCESS_DENIED, path="/api", capability="list"
    )
    finding = judge_namespaces(MESH, Unread(error=error))
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, "Denied.")
    assert judge().outcome is Outcome.UNKNOWN
