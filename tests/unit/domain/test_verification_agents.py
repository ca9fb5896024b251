"""Whether each istiod was given an intermediate under the pinned root."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.issued_certificate import Instance
from roottrust.domain.verification import Finding, Outcome
from roottrust.domain.verification_agents import judge_agents
from tests.unit.domain.certificates import NOW
from tests.unit.domain.chains import INTERMEDIATE, OTHER_ROOT, ROOT, build_leaf, issue
from tests.unit.domain.verified import MESH, POD, build_instance, build_spec

FOREIGN = issue("roottrust istiod CA cluster1", OTHER_ROOT)
LEAF = build_leaf(ROOT)
NONSENSE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SOON = NOW + timedelta(hours=1)


def judge(
    *instances: Instance, pods: tuple[str, ...] | None = (POD,), **spec: Any
) -> tuple[Finding, ...]:
    return judge_agents(MESH, build_spec(**spec), instances, pods=pods, now=NOW)


def test_an_agent_whose_bundle_is_loaded_is_right() -> None:
    (finding,) = judge(build_instance(nextRenewal=SOON))
    assert finding.outcome is Outcome.OK
    assert finding.subject == POD
    assert finding.told.endswith("until 2031-01-01 00:00Z")
    assert finding.facts["fingerprint"] == INTERMEDIATE.certificate.fingerprint
    assert finding.warnings == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"fingerprint": "0" * 64},
            "The fingerprint that the agent reports is not that of its chain.",
        ),
        ({"notAfter": SOON}, "The end that the agent reports is not that of its chain."),
        (
            {"trustBundleFingerprint": "0" * 64},
            "istiod was given another root-cert.pem than the pinned one.",
        ),
        (
            {"trustBundleFingerprint": None},
            "istiod was given another root-cert.pem than the pinned one.",
        ),
        ({"loadedByIstiod": False}, "istiod was not seen to serve what its agent gave it."),
        ({"loadedByIstiod": None}, "istiod was not seen to serve what its agent gave it."),
        ({"chain": None}, "istiod has no intermediate that its agent reports."),
        (
            {"chain": None, "error": "Vault is sealed."},
            "istiod has no intermediate that its agent reports: Vault is sealed.",
        ),
        ({"error": "Vault is sealed."}, "Its last try failed: Vault is sealed."),
        (
            {"chain": FOREIGN.pem},
            (
                "The intermediate is not trusted under the pinned root: it ends at "
                "'CN=roottrust istiod CA cluster1', issued by 'CN=Root B', which is not the root."
            ),
        ),
        ({"chain": LEAF.pem}, "istiod was given a certificate that is no CA's, so it cannot sign."),
        ({"chain": NONSENSE}, "istiod has no intermediate that its agent reports."),
    ],
)
def test_what_an_agent_reports_wrongly_is_told(changes: dict[str, Any], message: str) -> None:
    (finding,) = judge(build_instance(**changes))
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == message
    assert f"kubectl logs -n istio-system {POD}" in finding.next_step


def test_an_intermediate_of_an_older_generation_is_told() -> None:
    (finding,) = judge(build_instance(), intermediateGeneration=2)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == "The intermediate is of generation 1, and 2 is asked for."


def test_an_expired_intermediate_is_told() -> None:
    after = INTERMEDIATE.certificate.not_after + timedelta(seconds=1)
    (finding,) = judge_agents(MESH, build_spec(), (build_instance(),), pods=(POD,), now=after)
    assert finding.outcome is Outcome.DIFFERENT
    assert "expired at 2031-01-01T00:00:00Z" in finding.message


def test_a_replica_without_an_agent_is_told() -> None:
    right, silent = judge(build_instance(), pods=(POD, "istiod-other"))
    assert right.outcome is Outcome.OK
    assert (silent.outcome, silent.subject) == (Outcome.DIFFERENT, "istiod-other")
    assert "roottrust istiod-patch" in silent.next_step


def test_a_report_of_a_pod_that_is_gone_is_no_fault() -> None:
    (finding,) = judge(build_instance(), build_instance(pod="istiod-old"))
    assert finding.outcome is Outcome.OK
    assert finding.warnings == (
        "istiod-old reported before and is gone: the operator removes such entries.",
    )


def test_where_pods_cannot_be_listed_reports_alone_are_judged() -> None:
    (finding,) = judge(build_instance(), pods=None)
    assert finding.outcome is Outcome.OK


@pytest.mark.parametrize("pods", [(), None])
def test_an_istiod_without_replicas_is_no_good(pods: tuple[str, ...] | None) -> None:
    (finding,) = judge(pods=pods)
    assert finding.outcome is Outcome.DIFFERENT
    assert finding.message == "The Deployment istio-system/istiod has no pods, so nobody signs."


def test_a_renewal_that_is_overdue_is_a_warning() -> None:
    (finding,) = judge(build_instance(nextRenewal=NOW - timedelta(hours=1)))
    assert finding.outcome is Outcome.OK
    assert "overdue since 2029-12-31T23:00:00Z" in finding.warnings[0]
