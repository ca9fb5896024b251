"""Bringing a policy's IssuedCertificates to what it asks for, after Vault is as it asks for."""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.issuance import AgentOptions, CertificateKey, build_key
from roottrust.domain.issuance_plan import (
    CertificateAction,
    IssuanceRequest,
    list_made,
    list_selected,
    plan_issuance,
)
from roottrust.domain.issuance_report import IssuanceReport, report_issuance
from roottrust.domain.issuance_status import build_certificate_status
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.runtime.fence import FencedError
from roottrust.runtime.logs import bind_context

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IssuanceWork:
    """What came of it; `failure` asks for a retry."""

    report: IssuanceReport
    failure: RootTrustError | None


def observe_issuance(
    clusters: ClusterRegistry,
    *,
    claimant: Claimant,
    target: VaultTarget,
    options: AgentOptions,
    plan: Plan | None,
    known_root: str | None,
) -> IssuanceRequest:
    """Return what clusters have, as watches have brought it: nothing is asked for."""
    found = dict(clusters.find_owned(claimant.policy.full_name))
    reports = {}
    for cluster, mesh in list_selected(target):
        objects, key = clusters.get_objects(cluster.cluster), build_key(cluster, mesh)
        certificate = objects.find_certificate(mesh.namespace, mesh.name) if objects else None
        report = objects.find_report(mesh) if objects else None
        if certificate is not None:
            found[key] = certificate
        if report is not None:
            reports[key] = report
    return IssuanceRequest(
        claimant=claimant,
        target=target,
        options=options,
        plan=plan,
        found=found,
        complete=_find_complete(clusters, found),
        known_root=known_root,
        reports=reports,
    )


async def work_on_issuance(
    clusters: ClusterRegistry, request: IssuanceRequest, *, writes: bool, now: datetime
) -> IssuanceWork:
    """Make what is missing in clusters and tell how it stands there; a failure hinders no other."""
    plan, failures = plan_issuance(request), dict[CertificateKey, RootTrustError]()
    for action in plan.actions if writes else ():
        try:
            await _apply(clusters, action)
        except RootTrustError as error:
            failures[action.key] = error
    report = report_issuance(request, plan, failures, is_observed_only=not writes, now=now)
    if writes:
        changed = {action.key for action in plan.actions}
        await _tell(clusters, request, report, failures, changed=changed, now=now)
    return IssuanceWork(report=report, failure=next(iter(failures.values()), None))


async def _tell(
    clusters: ClusterRegistry,
    request: IssuanceRequest,
    report: IssuanceReport,
    failures: dict[CertificateKey, RootTrustError],
    *,
    changed: Container[CertificateKey],
    now: datetime,
) -> None:
    """Write the status of IssuedCertificates; of those just changed once the watch brings them."""
    for mesh in report.meshes:
        found, objects = request.found.get(mesh.key), clusters.get_objects(mesh.key.cluster)
        if mesh.issuance is None or found is None or objects is None or mesh.key in changed:
            continue
        status = build_certificate_status(found, mesh.issuance, now=now)
        try:
            if status is not None:
                await objects.report(found, status)
        except RootTrustError as error:
            failures[mesh.key] = error


async def remove_certificates(
    clusters: ClusterRegistry, claimant: Claimant
) -> dict[CertificateKey, RootTrustError]:
    """Remove all that was made for a policy; return what could not be, and why."""
    failures = {}
    for action in list_made(clusters.find_owned(claimant.policy.full_name), claimant):
        try:
            await _apply(clusters, action)
        except FencedError:
            raise  # nothing of this is ours to tell any more
        except RootTrustError as error:
            failures[action.key] = error
    return failures


async def _apply(clusters: ClusterRegistry, action: CertificateAction) -> None:
    """Make one write; raises RootTrustError."""
    objects = clusters.get_objects(action.key.cluster)
    if objects is None:
        raise DependencyMissingError(
            f"The cluster {action.key.cluster} is not known any more.",
            reason=Reason.NO_CLUSTER_SELECTED,
        )
    await objects.apply(action)
    with bind_context(cluster=action.key.cluster):
        logger.info("%s", action)


def _find_complete(
    clusters: ClusterRegistry, found: Mapping[CertificateKey, Manifest]
) -> frozenset[str]:
    names = {key.cluster for key in found}
    known = {name: clusters.get_objects(name) for name in names}
    return frozenset(name for name, objects in known.items() if objects and objects.is_complete)
