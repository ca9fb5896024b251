"""Bringing a policy's IssuedCertificates to what it asks for, after Vault is as it asks for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.issuance import AgentOptions, CertificateKey, build_key
from roottrust.domain.issuance_plan import (
    CertificateAction,
    IssuancePlan,
    IssuanceRequest,
    list_made,
    list_selected,
    plan_issuance,
)
from roottrust.domain.issuance_report import IssuanceReport, report_issuance
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_objects import Manifest
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.runtime.fence import FencedError
from roottrust.runtime.logs import bind_context

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class IssuanceWork:
    """The plan, and what its writes have met."""

    request: IssuanceRequest
    plan: IssuancePlan
    is_observed_only: bool = False
    failures: dict[CertificateKey, RootTrustError] = field(default_factory=dict)

    @property
    def report(self) -> IssuanceReport:
        """What is told of it."""
        return report_issuance(
            self.plan, self.failures.values(), is_observed_only=self.is_observed_only
        )

    @property
    def failure(self) -> RootTrustError | None:
        """What asks for a retry."""
        return next(iter(self.failures.values()), None)


def observe_issuance(
    clusters: ClusterRegistry,
    *,
    claimant: Claimant,
    target: VaultTarget,
    options: AgentOptions,
    plan: Plan | None,
) -> IssuanceRequest:
    """Return what clusters have, as watches have brought it: nothing is asked for."""
    found = dict(clusters.find_owned(claimant.policy.full_name))
    for cluster, mesh in list_selected(target):
        objects = clusters.get_objects(cluster.cluster)
        manifest = objects.find_certificate(mesh.namespace, mesh.name) if objects else None
        if manifest is not None:
            found[build_key(cluster, mesh)] = manifest
    return IssuanceRequest(
        claimant=claimant,
        target=target,
        options=options,
        plan=plan,
        found=found,
        complete=_find_complete(clusters, found),
    )


async def work_on_issuance(
    clusters: ClusterRegistry, request: IssuanceRequest, *, writes: bool
) -> IssuanceWork:
    """Make what is missing in clusters; one that fails hinders no other."""
    plan = plan_issuance(request)
    work = IssuanceWork(request=request, plan=plan, is_observed_only=not writes)
    for action in work.plan.actions if writes else ():
        try:
            await _apply(clusters, action)
        except RootTrustError as error:
            work.failures[action.key] = error
    return work


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
