"""Bringing a policy's IssuedCertificates to what it asks for, after Vault is as it asks for."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

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
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.runtime.fence import FencedError
from roottrust.runtime.logs import bind_context

logger = logging.getLogger(__name__)

Item = TypeVar("Item")


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
    if writes:
        failures |= await _apply_all(clusters, plan.actions, away=_list_away(request))
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
    away = _list_away(request)

    async def tell(mesh: MeshReport) -> None:
        found, objects = request.found.get(mesh.key), clusters.get_objects(mesh.key.cluster)
        if mesh.issuance is None or found is None or objects is None or mesh.key in changed:
            return
        status = build_certificate_status(found, mesh.issuance, now=now)
        try:
            if status is not None:
                await objects.report(found, status)
        except RootTrustError as error:
            failures[mesh.key] = error

    told = (each for each in report.meshes if each.key.cluster not in away)
    await _work_by_cluster(told, get_cluster=lambda each: each.key.cluster, work=tell)


async def remove_certificates(
    clusters: ClusterRegistry, claimant: Claimant
) -> dict[CertificateKey, RootTrustError]:
    """Remove all that was made for a policy; return what could not be, and why."""
    made = list_made(clusters.find_owned(claimant.policy.full_name), claimant)
    failures = await _apply_all(clusters, made, away=frozenset())
    for error in failures.values():
        if isinstance(error, FencedError):
            raise error  # nothing of this is ours to tell any more
    return failures


def _list_away(request: IssuanceRequest) -> frozenset[str]:
    """Return the clusters in trouble: what is to be done there is done once they are back."""
    return frozenset(each.cluster for each in request.target.clusters if each.trouble is not None)


async def _apply_all(
    clusters: ClusterRegistry, actions: Iterable[CertificateAction], *, away: Container[str]
) -> dict[CertificateKey, RootTrustError]:
    """Make writes; return those that failed, and why. No cluster waits for another one."""
    failures: dict[CertificateKey, RootTrustError] = {}

    async def apply(action: CertificateAction) -> None:
        try:
            await _apply(clusters, action)
        except RootTrustError as error:
            failures[action.key] = error

    wanted = (each for each in actions if each.key.cluster not in away)
    await _work_by_cluster(wanted, get_cluster=lambda each: each.key.cluster, work=apply)
    return failures


async def _work_by_cluster(
    items: Iterable[Item],
    *,
    get_cluster: Callable[[Item], str],
    work: Callable[[Item], Awaitable[None]],
) -> None:
    """Do work on items: those of one cluster one by one, all clusters at once."""
    grouped: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[get_cluster(item)].append(item)

    async def work_in_turn(group: list[Item]) -> None:
        for item in group:
            await work(item)

    await asyncio.gather(*(work_in_turn(each) for each in grouped.values()))


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
