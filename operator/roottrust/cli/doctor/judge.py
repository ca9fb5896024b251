"""All checks in the order in which a person would go: a fault often explains those below it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from roottrust.cli.doctor.checks.access import check_access
from roottrust.cli.doctor.checks.clocks import check_clocks
from roottrust.cli.doctor.checks.clusters import check_clusters
from roottrust.cli.doctor.checks.configuration import check_configuration
from roottrust.cli.doctor.checks.crds import check_crds
from roottrust.cli.doctor.checks.foreign_ca import check_foreign_ca
from roottrust.cli.doctor.checks.guide import check_guide
from roottrust.cli.doctor.checks.istiods import check_istiods
from roottrust.cli.doctor.checks.login import check_login
from roottrust.cli.doctor.checks.meshes import check_meshes
from roottrust.cli.doctor.checks.operator import check_operator
from roottrust.cli.doctor.checks.policies import check_policies
from roottrust.cli.doctor.checks.registrations import check_registrations
from roottrust.cli.doctor.checks.vault import check_vault
from roottrust.cli.doctor.facts import Facts
from roottrust.cli.doctor.finding import Check, Finding
from roottrust.cli.doctor.report import DoctorReport, count_findings, find_result

_CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    check_access,
    check_crds,
    check_operator,
    check_configuration,
    check_vault,
    check_login,
    check_clocks,
    check_policies,
    check_clusters,
    check_registrations,
    check_meshes,
    check_istiods,
    check_guide,
    check_foreign_ca,
)


def judge(facts: Facts, *, skips: Collection[Check] = ()) -> DoctorReport:
    """Return everything that was found."""
    found = [finding for check in _CHECKS for finding in check(facts)]
    findings = tuple(each for each in found if each.check not in skips)
    return DoctorReport(
        read_at=facts.read_at,
        version=facts.version,
        server=facts.server,
        result=find_result(findings),
        summary=count_findings(findings),
        skipped=tuple(each for each in Check if each in skips),
        findings=findings,
    )
