"""A hub with everything around it in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_report import PolicyReporter
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import HUB, build_facts
from tests.unit.hub.fakes import (
    FakeEvents,
    FakeHomes,
    FakeKube,
    FakeRegistry,
    FakeServer,
    FakeServers,
    build_manifest,
    fake,
)

KINDS = (POLICIES, MESHES, ISSUED_CERTIFICATES)


@dataclass
class Bench:
    """One hub and its surroundings; what it tells comes back to it as a watch would bring it."""

    kube: FakeKube = field(default_factory=FakeKube)
    events: FakeEvents = field(default_factory=FakeEvents)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    servers: FakeServers = field(
        default_factory=lambda: FakeServers(server=FakeServer(facts=build_facts()))
    )
    metrics: Metrics = field(default_factory=Metrics)
    store: ObjectStore = field(default_factory=lambda: ObjectStore(KINDS))
    now: datetime = NOW
    version: int = 1
    reports: list[tuple[PolicyObject, IssuanceReport]] = field(default_factory=list)
    others: FakeHomes | None = None

    def __post_init__(self) -> None:
        self.registry.now = lambda: self.now
        self.restart()

    def restart(self) -> None:
        """Have a new process, which knows nothing but what is stored elsewhere."""
        homes = self.homes = PolicyHomes(fake(self.kube), self.store, others=self.others)
        self.reporter = PolicyReporter(
            homes, events=fake(self.events), metrics=self.metrics, now=lambda: self.now
        )
        self.controller = PolicyController(
            hub=HUB,
            client=fake(self.kube),
            homes=homes,
            clusters=self.registry,
            servers=fake(self.servers),
            reporter=self.reporter,
            now=lambda: self.now,
            on_report=lambda policy, report: self.reports.append((policy, report)),
        )

    @property
    def server(self) -> FakeServer:
        return self.servers.server

    @property
    def key(self) -> ObjectKey:
        return build_key(POLICIES, build_manifest())

    @property
    def status(self) -> RootTrustPolicyStatus:
        """The status that the policy has now."""
        found = self.store.get_by_key(self.key)
        assert found is not None
        return RootTrustPolicyStatus.model_validate(found["status"])

    def put(self, manifest: dict[str, Any] | None = None) -> None:
        """Have a policy watched."""
        manifest = manifest or build_manifest()
        self.version += 1
        metadata = {**manifest["metadata"], "resourceVersion": str(self.version)}
        self.store.apply_event(POLICIES, "MODIFIED", {**manifest, "metadata": metadata})

    def edit(self, **changes: Any) -> None:
        """Change fields of the policy, as a person does."""
        found = self.store.get_by_key(self.key)
        assert found is not None
        metadata = {**found["metadata"], **changes.pop("metadata", {})}
        self.put({**found, "metadata": metadata, **changes})

    async def reconcile(self) -> None:
        """Reconcile once, an hour later, and take back the status that was written."""
        self.now += timedelta(hours=1)
        written = len(self.kube.applied)
        try:
            await self.controller.reconcile(self.key)
        finally:
            for manifest in self.kube.applied[written:]:
                self.edit(status=manifest["status"])
            if self.kube.finalizers is not None:
                self.edit(metadata={"finalizers": list(self.kube.finalizers)})

    def read_condition(self, kind: str) -> tuple[str, str]:
        """Return status and reason of a condition."""
        (found,) = (each for each in self.status.conditions if each.type == kind)
        return found.status, found.reason

    def edit_role(self, **changes: Any) -> None:
        """Change the role in Vault by hand."""
        known = self.server.facts.clusters["cluster1"]
        role = {**getattr(known, "role", {}), **changes}
        clusters = {"cluster1": replace(known, role=role)}
        self.server.facts = replace(self.server.facts, clusters=clusters)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.put()
    return bench
