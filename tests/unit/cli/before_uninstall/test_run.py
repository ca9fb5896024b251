"""What is done before the operator is uninstalled, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.cli.before_uninstall.run import Departure, prepare_with_retries
from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import POLICIES
from roottrust.kube.kind import DEPLOYMENTS, PODS, ResourceKind

MISSING = DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)


@dataclass
class Cluster:
    """A hub with two pods, and policies by name: their finalizers; each look takes a second."""

    ready: int | None = 2
    finalizers: dict[str, list[str]] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    removes_at: float = 10.0  # when the hub has done with policies that are being deleted
    ends_at: float = 3.0  # when pods have ended after they were told to
    stopped_at: float | None = None
    conflicts: int = 0
    moment: float = 0.0
    told: list[str] = field(default_factory=list)
    let_go_at: dict[str, float] = field(default_factory=dict)

    async def get(self, kind: ResourceKind, *, name: str, namespace: str) -> Any:
        assert (kind, name, namespace) == (DEPLOYMENTS, "roottrust-hub", "gloo-mesh")
        return None if self.ready is None else {"status": {"readyReplicas": self.ready}}

    async def list(self, kind: ResourceKind, **where: str) -> tuple[Any, ...]:
        self.moment += 1
        if kind == PODS:
            assert where["namespace"] == "gloo-mesh"
            assert self.stopped_at is not None
            return () if self.moment >= self.stopped_at + self.ends_at else ({},)
        if self.moment >= self.removes_at and self.stopped_at is None:
            for name in self.leaving:
                self.finalizers.pop(name, None)
        return tuple(map(self._build, self.finalizers))

    async def patch_json(
        self, kind: ResourceKind, operations: Any, *, namespace: str, name: str, field_manager: str
    ) -> None:
        assert field_manager == "roottrust-before-uninstall"
        if kind == DEPLOYMENTS:
            assert operations == [{"op": "replace", "path": "/spec/replicas", "value": 0}]
            self.stopped_at = self.stopped_at or self.moment
            return
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("It was edited.", reason=Reason.CONFLICT)
        assert (kind, namespace) == (POLICIES, "team")
        if name not in self.finalizers:
            raise MISSING
        self.finalizers[name].remove(FINALIZER)
        self.let_go_at[name] = self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += seconds

    async def prepare(self, *, patience: float = 150) -> None:
        anything: Any = self
        departure = Departure(
            client=anything,
            namespace="gloo-mesh",
            patience_seconds=patience,
            tell=self.told.append,
            sleep=self.sleep,
            now=lambda: self.moment,
        )
        await prepare_with_retries(departure)

    def _build(self, name: str) -> dict[str, Any]:
        metadata = {"namespace": "team", "name": name, "uid": "u", "resourceVersion": "1"}
        if name in self.leaving:
            metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
        return {"metadata": {**metadata, "finalizers": self.finalizers[name]}}


async def test_without_such_policies_the_hub_is_stopped_and_nothing_else_is_done() -> None:
    cluster = Cluster(finalizers={"of-others": ["theirs"], "plain": []})
    await cluster.prepare()
    assert cluster.stopped_at is not None
    assert cluster.finalizers == {"of-others": ["theirs"], "plain": []}
    assert cluster.told == ["The operator is stopped."]


async def test_policies_are_let_go_only_after_the_last_pod_has_ended() -> None:
    """A hub that runs puts its finalizer on again."""
    cluster = Cluster(finalizers={"a": ["theirs", FINALIZER], "b": [FINALIZER]})
    await cluster.prepare()
    assert cluster.stopped_at is not None
    assert min(cluster.let_go_at.values()) >= cluster.stopped_at + cluster.ends_at
    assert cluster.finalizers == {"a": ["theirs"], "b": []}
    assert cluster.told[0] == "The operator is stopped."
    assert [each.split(" has ")[0] for each in cluster.told[1:]] == [
        "RootTrustPolicy team/a",
        "RootTrustPolicy team/b",
    ]


async def test_the_hub_finishes_deletions_before_it_is_stopped() -> None:
    cluster = Cluster(finalizers={"gone": [FINALIZER], "kept": [FINALIZER]}, leaving={"gone"})
    await cluster.prepare()
    assert cluster.stopped_at is not None
    assert cluster.stopped_at >= cluster.removes_at
    assert set(cluster.let_go_at) == {"kept"}
    assert cluster.told[0] == "Waiting up to 150 s for the deletion of team/gone."


async def test_a_deletion_that_does_not_end_is_not_waited_for_for_ever() -> None:
    cluster = Cluster(finalizers={"stuck": [FINALIZER]}, leaving={"stuck"}, removes_at=1000)
    await cluster.prepare(patience=20)
    assert cluster.stopped_at is not None
    assert 20 <= cluster.stopped_at < 30
    assert set(cluster.let_go_at) == {"stuck"}


@pytest.mark.parametrize("ready", [None, 0])
async def test_a_hub_that_does_not_run_is_not_waited_for(ready: int | None) -> None:
    cluster = Cluster(
        ready=ready, finalizers={"stuck": [FINALIZER]}, leaving={"stuck"}, removes_at=1000
    )
    await cluster.prepare()
    assert cluster.moment < 20
    assert set(cluster.let_go_at) == {"stuck"}


async def test_a_pod_that_does_not_end_is_told_and_not_waited_for_for_ever() -> None:
    cluster = Cluster(finalizers={"a": [FINALIZER]}, ends_at=1000)
    await cluster.prepare()
    assert cluster.told[0].startswith("Some pod of the operator does not end")
    assert set(cluster.let_go_at) == {"a"}


async def test_an_edit_at_the_same_moment_is_no_failure() -> None:
    cluster = Cluster(finalizers={"a": [FINALIZER]}, conflicts=2)
    await cluster.prepare()
    assert cluster.finalizers == {"a": []}
    cluster = Cluster(finalizers={"a": [FINALIZER]}, conflicts=3)
    with pytest.raises(ConflictError):
        await cluster.prepare()
