"""Which keys that Vault made are in the hands of their agents: their intermediates prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from roottrust.domain.issuance import read_agent_options
from roottrust.domain.issuance_plan import IssuancePlan
from roottrust.domain.mesh_report import report_meshes
from roottrust.domain.ownership import Claimant
from roottrust.domain.subject_key import list_key_ids
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.issuance_work import observe_issuance
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_reader import Demand


class ConfirmedKeys:
    """Looks at what agents have reported, as watches have brought it; asks nobody."""

    def __init__(self, *, hub: str, clusters: ClusterRegistry, now: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clusters = clusters
        self._now = now

    def find(self, policy: PolicyObject, demand: Demand, *, cluster: str) -> frozenset[str]:
        """Return the key identifiers of all intermediates in a cluster that were checked."""
        target = demand.claim.target
        selected = tuple(each for each in target.clusters if each.cluster == cluster)
        request = observe_issuance(
            self._clusters,
            claimant=Claimant(hub=self._hub, policy=policy.identity, adopts=False),
            target=replace(target, clusters=selected),
            options=read_agent_options(demand.spec, ca_pem=None),
            plan=None,
            known_roots=policy.find_known_roots(target),
        )
        reports = report_meshes(request, IssuancePlan(), faults={}, now=self._now())
        return frozenset(
            key_id
            for report in reports
            for instance in (report.issuance.instances if report.issuance else ())
            if instance.certificate is not None
            for key_id in list_key_ids(instance.certificate)
        )
