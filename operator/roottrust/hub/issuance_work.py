"""Bringing a policy's IssuedCertificates to what it asks for, after Vault is as it asks for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from roottrust.domain.action import Verb
from roottrust.domain.errors import RootTrustError, TransientError
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
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import DirectiveAction, plan_directives
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_registry import ClusterRegistry, build_unregistered
from roottrust.hub.cluster_work import ClusterWork
from roottrust.runtime.fence import FencedError
from roottrust.runtime.log_context import bind_context

logger = logging.getLogger(__name__)

# Of one cluster in one pass.
REMOVALS_MAX = 20


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
    known_roots: frozenset[str],
) -> IssuanceRequest:
    """Return what clusters have, as watches have brought it: nothing is asked for."""
    found = _find_owned(clusters, claimant)
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
        known_roots=known_roots,
        reports=reports,
    )


async def work_on_issuance(
    clusters: ClusterRegistry,
    request: IssuanceRequest,
    *,
    work: ClusterWork,
    writes: bool,
    now: datetime,
) -> IssuanceWork:
    """Make what is missing in clusters, have restarted there what is due, and tell how it stands.

    A failure hinders no other. Of what is not done yet at the end nothing is said: it counts once
    the watch brings it.
    """
    plan, failures = plan_issuance(request), dict[CertificateKey, RootTrustError]()
    unwritten = dict[str, str]()
    if writes:
        away = _list_away(request)
        wanted = [each for each in plan.actions if each.key.cluster not in away]
        policy = request.claimant.policy
        found, _ = await _apply_all(clusters, _bound_removals(wanted), policy=policy, work=work)
        failures = _drop_unasked(found, request)
        due = [each for each in plan_directives(request, plan) if each.key.cluster not in away]
        unwritten = await _create_all(clusters, due, policy=policy, work=work)
    report = report_issuance(request, plan, failures, is_observed_only=not writes, now=now)
    report = replace(report, not_restarted=unwritten)
    if writes:
        changed = {action.key for action in plan.actions}
        failures |= await _tell(clusters, request, report, work=work, changed=changed, now=now)
    return IssuanceWork(report=report, failure=next(iter(failures.values()), None))


async def _tell(
    clusters: ClusterRegistry,
    request: IssuanceRequest,
    report: IssuanceReport,
    *,
    work: ClusterWork,
    changed: Container[CertificateKey],
    now: datetime,
) -> dict[CertificateKey, RootTrustError]:
    """Write the status of IssuedCertificates; of those just changed once the watch brings them."""
    away, failures = _list_away(request), dict[CertificateKey, RootTrustError]()

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
    await work.do(request.claimant.policy, told, get_cluster=_get_cluster, work=tell)
    return dict(failures)


async def remove_certificates(
    clusters: ClusterRegistry, claimant: Claimant, *, work: ClusterWork
) -> dict[CertificateKey, RootTrustError]:
    """Remove all that was made for a policy; return what could not be, and why."""
    made = list_made(_find_owned(clusters, claimant), claimant)
    failures, left = await _apply_all(clusters, made, policy=claimant.policy, work=work)
    for error in failures.values():
        if isinstance(error, FencedError):
            raise error  # nothing of this is ours to tell any more
    return failures | {each.key: _build_slow(each.key.cluster) for each in left}


def _find_owned(clusters: ClusterRegistry, claimant: Claimant) -> dict[CertificateKey, Manifest]:
    """Return what has a policy's mark; for one of a workload cluster nothing is done elsewhere."""
    found = clusters.find_owned(claimant.policy.full_name)
    home = claimant.policy.cluster
    return {key: each for key, each in found.items() if not home or key.cluster == home}


def _list_away(request: IssuanceRequest) -> frozenset[str]:
    """Return the clusters in trouble: what is to be done there is done once they are back."""
    return frozenset(each.cluster for each in request.target.clusters if each.trouble is not None)


def _bound_removals(actions: Iterable[CertificateAction]) -> Iterator[CertificateAction]:
    """Leave some removals for the next pass, which the others bring about.

    A cluster may forge as many as it likes of what has to be removed there.
    """
    counts: Counter[str] = Counter()
    for action in actions:
        counts[action.key.cluster] += action.verb is Verb.DELETE
        if action.verb is not Verb.DELETE or counts[action.key.cluster] <= REMOVALS_MAX:
            yield action


def _drop_unasked(
    failures: dict[CertificateKey, RootTrustError], request: IssuanceRequest
) -> dict[CertificateKey, RootTrustError]:
    """Return the failures that are the policy's business.

    In clusters that it does not select it only clears up; who is in charge there must not be able
    to have it fail.
    """
    selected = {each.cluster for each in request.target.clusters}
    for key, error in failures.items():
        if key.cluster not in selected:
            about = {"cluster": key.cluster, "mesh": key.name, "reason": error.reason}
            logger.info("%s is left in %s: %s", key, key.cluster, error.message, extra=about)
    return {key: error for key, error in failures.items() if key.cluster in selected}


async def _apply_all(
    clusters: ClusterRegistry,
    actions: Iterable[CertificateAction],
    *,
    policy: PolicyIdentity,
    work: ClusterWork,
) -> tuple[dict[CertificateKey, RootTrustError], tuple[CertificateAction, ...]]:
    """Make writes; return those that failed, and why, and those that are not done yet."""
    failures: dict[CertificateKey, RootTrustError] = {}

    async def apply(action: CertificateAction) -> None:
        try:
            await _apply(clusters, action)
        except RootTrustError as error:
            failures[action.key] = error

    left = await work.do(policy, actions, get_cluster=_get_cluster, work=apply)
    return dict(failures), left


async def _create_all(
    clusters: ClusterRegistry,
    due: Iterable[DirectiveAction],
    *,
    policy: PolicyIdentity,
    work: ClusterWork,
) -> dict[str, str]:
    """Make directives; return why some could not be made, by cluster.

    That is no failure of the policy: in a cluster that refuses them all else goes on.
    """
    failures: dict[str, str] = {}

    async def create(action: DirectiveAction) -> None:
        cluster = action.key.cluster
        objects = clusters.get_objects(cluster)
        try:
            if objects is None:
                raise build_unregistered(cluster)
            with bind_context(cluster=cluster, mesh=action.key.name):
                await objects.create(action)
        except RootTrustError as error:
            failures[cluster] = error.message

    await work.do(policy, due, get_cluster=_get_cluster, work=create)
    return dict(failures)


def _get_cluster(item: CertificateAction | DirectiveAction | MeshReport) -> str:
    return item.key.cluster


def _build_slow(cluster: str) -> TransientError:
    return TransientError(
        f"Cluster {cluster} is slow: what is left to be removed there follows.",
        reason=Reason.CLUSTER_UNREACHABLE,
    )


async def _apply(clusters: ClusterRegistry, action: CertificateAction) -> None:
    """Make one write; raises RootTrustError."""
    objects = clusters.get_objects(action.key.cluster)
    if objects is None:
        raise build_unregistered(action.key.cluster)
    await objects.apply(action)
    with bind_context(cluster=action.key.cluster, mesh=action.key.name):
        logger.info("%s", action)


def _find_complete(
    clusters: ClusterRegistry, found: Mapping[CertificateKey, Manifest]
) -> frozenset[str]:
    names = {key.cluster for key in found}
    known = {name: clusters.get_objects(name) for name in names}
    return frozenset(name for name, objects in known.items() if objects and objects.is_complete)
