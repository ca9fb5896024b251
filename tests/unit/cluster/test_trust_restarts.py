from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.api.restart_request import RestartRequest
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.cluster.mesh_directives import MeshDirectives
from roottrust.cluster.trust_restarts import (
    ASKED_SECONDS,
    POLL_SECONDS,
    STEP_SECONDS,
    RestartProgress,
    TrustRestarts,
)
from roottrust.domain.mesh_bounce import PROXY_GROUPS_MAX, MeshRestart, RestartCause
from roottrust.domain.moment import show_time
from roottrust.domain.observed_step import ObservedStep
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.restart_directive import build_directive
from roottrust.domain.restart_hash import build_issuance_hash
from roottrust.domain.served_namespaces import ServedNamespaces
from roottrust.domain.trust_restart import WorkloadTrust
from roottrust.kube.kind import DEPLOYMENTS, PODS, SUBJECT_ACCESS_REVIEWS, ResourceKind
from tests.unit.cluster.fakes import MESH, PLACE, add_version, build_store, put
from tests.unit.domain.istiods import build_istiod
from tests.unit.domain.observations import OTHER, ROOT, build_trust
from tests.unit.domain.test_mesh_bounce import build_proxy

SINCE = datetime(2030, 1, 1, 12, tzinfo=UTC)
HERE, ELSEWHERE = (ROOT.roots[0].fingerprint,), (OTHER.roots[0].fingerprint,)
DONE = WorkloadTrust(restarted_for=HERE)
FOR_ROOTS = MeshRestart(trust_hash=ROOT.text_fingerprint, cause=RestartCause.ROOTS)
ISSUANCE = {"restarts_on_issuance": True, "generation": 2, "is_generation_served": True}
NAMES = tuple(f"n-{number:03}" for number in range(PROXY_GROUPS_MAX + 1))

Object = dict[str, Any]


class FakeServer:
    """An API server whose watch brings at once what a hub, if there is one, writes."""

    def __init__(self, *namespaces: str) -> None:
        self.pods = tuple(build_proxy(each, "app") for each in namespaces)
        self.store = build_store([(DEPLOYMENTS, build_istiod())])
        self.names: list[str] = []
        self.allowed = True
        self.has_hub = True
        self.told: RestartRequest | None = None
        self.now = SINCE
        client: Any = self
        self.restarts = TrustRestarts(
            MeshDirectives(client, self.store, place=PLACE),
            istiods=IstiodNamespaces(client, self.store),
            now=lambda: self.now,
        )

    async def list_metadata(self, kind: ResourceKind, **_: Any) -> tuple[Object, ...]:
        assert kind == PODS
        return self.pods

    async def create(self, kind: ResourceKind, manifest: Object, **_: Any) -> Object:
        del manifest
        assert kind == SUBJECT_ACCESS_REVIEWS
        return {"status": {"allowed": self.allowed}}

    def write(self, request: RestartRequest) -> None:
        """Write what is asked for, as the hub does."""
        found = build_directive(MESH, request, mesh={})
        created = {"creationTimestamp": show_time(self.now)}
        metadata = {**found["metadata"], **created, "namespace": PLACE.home}
        self.names.append(metadata["name"])
        put(self.store, DIRECTIVES, {**found, "metadata": metadata})

    def finish(self, name: str) -> None:
        found = self.store.get(DIRECTIVES, namespace="gloo-mesh", name=name)
        assert found is not None
        put(self.store, DIRECTIVES, add_version({**found, "status": {"state": "FINISHED"}}))

    async def advance(
        self,
        trust: ObservedTrust,
        restarted_for: tuple[str, ...] = ELSEWHERE,
        *,
        generation: int | None = None,
        evidence: RotationEvidence | None = None,
    ) -> RestartProgress:
        """Look, once more when a step is not too young any more, and when the hub has written."""
        known = WorkloadTrust(restarted_for=restarted_for, generation=generation)
        progress = await self.look(trust, known, evidence)
        if progress.pause == STEP_SECONDS:
            self.now += timedelta(seconds=STEP_SECONDS)
            progress = await self.look(trust, known, evidence)
        if self.has_hub and progress.request is not None:
            self.write(progress.request)
            progress = await self.look(trust, known, evidence)
        return progress

    async def look(
        self,
        trust: ObservedTrust,
        known: WorkloadTrust,
        evidence: RotationEvidence | None = None,
    ) -> RestartProgress:
        """Look once, and keep what is asked for, as the status of a Mesh does."""
        progress = await self.restarts.advance(trust, known, evidence, told=self.told)
        self.told = progress.request
        return progress


def build(*namespaces: str, **changes: Any) -> ObservedTrust:
    served = ServedNamespaces(names=namespaces)
    return build_trust(**{"restarts_pods": True, "served": served, **changes})


async def test_changed_roots_are_answered_once() -> None:
    server = FakeServer("bookinfo")
    assert await server.advance(build("bookinfo")) == RestartProgress(known=DONE, written=FOR_ROOTS)
    assert server.names == [f"istiod-istio-system-cluster1-{ROOT.text_fingerprint[:12]}-1"]
    assert await server.advance(build("bookinfo"), HERE) == RestartProgress(known=DONE)
    assert len(server.names) == 1


async def test_without_a_hub_the_same_is_asked_for_until_there_is_one() -> None:
    server = FakeServer("bookinfo")
    server.has_hub = False
    known = WorkloadTrust(restarted_for=ELSEWHERE)
    asked = await server.advance(build("bookinfo"))
    assert (asked.known, asked.written, asked.pause) == (known, None, POLL_SECONDS)
    assert asked.request is not None
    assert [each.namespace for each in asked.request.pods_to_bounce] == ["istio-system", "bookinfo"]
    server.pods += (build_proxy("late", "app"),)
    again = await server.advance(build("bookinfo", "late"))
    assert again == replace(asked, pause=ASKED_SECONDS), "what came since is new"
    off = await server.advance(build("bookinfo", restarts_pods=False))
    assert off == RestartProgress(known=known)
    server.has_hub = True
    assert await server.advance(build("bookinfo")) == RestartProgress(known=DONE, written=FOR_ROOTS)


async def test_a_crash_before_the_status_was_written_asks_for_nothing_more() -> None:
    server = FakeServer("bookinfo")
    assert (await server.advance(build("bookinfo"))).known == DONE
    server.told = None
    assert (await server.advance(build("bookinfo"))).known == DONE
    assert len(server.names) == 1


@pytest.mark.parametrize(
    ("changes", "restarted_for"),
    [
        ({"restarts_pods": False}, ELSEWHERE),
        ({"published": OTHER}, ELSEWHERE),
        ({"pinned": None}, ELSEWHERE),
        ({}, HERE),
    ],
)
async def test_nothing_is_asked_for_without_need(
    changes: dict[str, Any], restarted_for: tuple[str, ...]
) -> None:
    server = FakeServer("bookinfo")
    progress = await server.advance(build("bookinfo", **changes), restarted_for)
    assert progress == RestartProgress(known=WorkloadTrust(restarted_for=restarted_for))
    assert server.names == []


async def test_at_first_sight_nothing_is_restarted() -> None:
    server = FakeServer("bookinfo")
    assert await server.advance(build("bookinfo"), ()) == RestartProgress(known=DONE)
    assert server.names == []


async def test_what_only_calls_itself_istiod_has_nothing_restarted() -> None:
    server = FakeServer("bookinfo")
    server.allowed = False
    assert (await server.advance(build("bookinfo"))).known.restarted_for == ELSEWHERE
    assert server.names == []


async def test_a_second_part_follows_when_the_first_is_finished() -> None:
    server = FakeServer(*NAMES)
    waits = RestartProgress(known=WorkloadTrust(restarted_for=ELSEWHERE), pause=POLL_SECONDS)
    for _ in range(2):
        assert await server.advance(build(*NAMES)) == waits
    assert len(server.names) == 1
    server.finish(server.names[0])
    assert await server.advance(build(*NAMES)) == RestartProgress(known=DONE, written=FOR_ROOTS)
    assert [each[-2:] for each in server.names] == ["-1", "-2"]


async def test_roots_that_change_back_are_restarted_for_again() -> None:
    server = FakeServer("bookinfo")
    first = build("bookinfo", published=replace(ROOT, written_at=SINCE))
    assert (await server.advance(first)).known == DONE
    server.finish(server.names[0])
    server.now += timedelta(hours=1)
    back = build("bookinfo", published=replace(ROOT, written_at=server.now))
    progress = await server.advance(back)
    assert (progress.known, progress.written is not None) == (DONE, True)
    assert [each[-2:] for each in server.names] == ["-1", "-2"]
    assert read_groups(server, server.names[1]) == ["istio-system", "bookinfo"]
    assert (await server.advance(back)).written is not None, "the directive is known"
    assert len(server.names) == 2


async def test_a_restart_in_parts_is_not_for_a_generation_that_came_meanwhile() -> None:
    server = FakeServer(*NAMES)
    early = build(*NAMES, **{**ISSUANCE, "is_generation_served": False})
    await server.advance(early, generation=1)
    server.finish(server.names[0])
    done = await server.advance(build(*NAMES, **ISSUANCE), generation=1)
    assert (done.known.restarted_for, done.known.generation) == (HERE, 1)


async def test_a_new_generation_is_answered_once_and_without_istiod() -> None:
    server, trust = FakeServer("bookinfo"), build("bookinfo", **ISSUANCE)
    progress = await server.advance(trust, HERE, generation=1)
    assert progress.known == WorkloadTrust(restarted_for=HERE, generation=2)
    assert progress.written == MeshRestart(
        trust_hash=build_issuance_hash(ROOT.text_fingerprint, 2), cause=RestartCause.ISSUANCE
    )
    (name,) = server.names
    found = server.store.get(DIRECTIVES, namespace="gloo-mesh", name=name)
    assert found is not None
    (group,) = found["spec"]["podsToBounce"]
    assert group["namespace"] == "bookinfo"
    assert group["labels"] == {"security.istio.io/tlsMode": "istio"}
    assert "rootCertSync" not in group
    assert await server.advance(trust, HERE, generation=2) == RestartProgress(known=progress.known)
    assert server.names == [name]


async def test_an_issuance_of_a_mesh_without_proxies_restarts_nothing() -> None:
    server = FakeServer()
    progress = await server.advance(build("bookinfo", **ISSUANCE), HERE, generation=1)
    assert progress == RestartProgress(known=WorkloadTrust(restarted_for=HERE, generation=2))
    assert server.names == []


async def test_an_issuance_waits_for_restarts_that_changed_roots_began() -> None:
    server = FakeServer("bookinfo")
    early = build("bookinfo", **{**ISSUANCE, "is_generation_served": False})
    known = (await server.advance(early, generation=1)).known
    assert known == WorkloadTrust(restarted_for=HERE, generation=1)
    served = build("bookinfo", **ISSUANCE)
    waits = RestartProgress(known=known, pause=POLL_SECONDS)
    assert await server.advance(served, HERE, generation=1) == waits
    server.finish(server.names[0])
    assert (await server.advance(served, HERE, generation=1)).known.generation == 2
    assert len(server.names) == 2


async def test_one_restart_is_for_changed_roots_and_the_generation_that_all_serve() -> None:
    server = FakeServer("bookinfo")
    known = (await server.advance(build("bookinfo", **ISSUANCE), generation=1)).known
    assert known == WorkloadTrust(restarted_for=HERE, generation=2)
    assert len(server.names) == 1


async def test_what_was_written_before_a_crash_is_not_taken_for_more() -> None:
    server = FakeServer("bookinfo")
    early = build("bookinfo", **{**ISSUANCE, "is_generation_served": False})
    await server.advance(early, generation=1)
    server.finish(server.names[0])
    after = await server.advance(build("bookinfo", **ISSUANCE), generation=1)
    assert after.known == WorkloadTrust(restarted_for=HERE, generation=1)


STEP = ObservedStep(name="g2-abc", serving=frozenset({"istiod-1"}))
EVIDENCE = RotationEvidence(step="g2-abc", since=SINCE, total=2)
REQUESTED = EVIDENCE.model_copy(update={"restarts_requested": (RestartScope.WORKLOADS,)})


def build_old_proxy(namespace: str, created_at: str) -> Object:
    pod = build_proxy(namespace, "app")
    return {"metadata": {**pod["metadata"], "creationTimestamp": created_at}}


def read_groups(server: FakeServer, name: str) -> list[str]:
    found = server.store.get(DIRECTIVES, namespace="gloo-mesh", name=name)
    assert found is not None
    return [each["namespace"] for each in found["spec"]["podsToBounce"]]


async def test_a_step_restarts_what_is_older_once() -> None:
    server = FakeServer()
    server.pods = (
        build_old_proxy("bookinfo", "2030-01-01T12:00:00Z"),
        build_old_proxy("shop", "2030-01-01T12:00:01Z"),
    )
    trust = build("bookinfo", "shop", step=STEP)
    progress = await server.advance(trust, evidence=EVIDENCE)
    assert progress.evidence == REQUESTED
    assert progress.written is not None
    assert progress.known.restarted_for == ELSEWHERE
    (name,) = server.names
    assert read_groups(server, name) == ["bookinfo"]
    found = server.store.get(DIRECTIVES, namespace="gloo-mesh", name=name) or {}
    assert found["spec"]["createdBefore"] == "2030-01-01T12:00:01Z"

    put(server.store, DIRECTIVES, {**found, "metadata": {**found["metadata"], "name": "other"}})
    again = await server.advance(trust, evidence=REQUESTED)
    assert (again.evidence, again.written, server.names) == (REQUESTED, None, [name])


async def test_nothing_is_restarted_in_the_very_second_since_which_a_step_is_proven() -> None:
    """A pod of that second counts as older: it would be waited for as long as its leaf lives."""
    server = FakeServer("bookinfo")
    trust, known = build("bookinfo", step=STEP), WorkloadTrust(restarted_for=ELSEWHERE)
    for passed in (0.0, 1.9):
        server.now = SINCE + timedelta(seconds=passed)
        early = await server.look(trust, known, EVIDENCE)
        assert (early.evidence, early.written, early.pause) == (EVIDENCE, None, STEP_SECONDS)
    assert server.names == []
    server.now = SINCE + timedelta(seconds=2)
    asked = (await server.look(trust, known, EVIDENCE)).request
    assert asked is not None
    server.write(asked)
    assert (await server.look(trust, known, EVIDENCE)).evidence == REQUESTED
    other = EVIDENCE.model_copy(update={"since": SINCE + timedelta(minutes=1)})
    late = await server.look(trust, known, other)
    assert late.pause == STEP_SECONDS, "it is another step"
    server.now -= timedelta(hours=1)
    assert (await server.look(trust, known, other)).pause == STEP_SECONDS


async def test_a_step_with_many_groups_leaves_none_out_though_pods_go_meanwhile() -> None:
    old = "2029-01-01T00:00:00Z"
    server, names = FakeServer(), tuple(f"n-{number:03}" for number in range(PROXY_GROUPS_MAX + 2))
    server.pods = tuple(build_old_proxy(each, old) for each in names)
    trust = build(*names, step=STEP)
    progress = await server.advance(trust, evidence=EVIDENCE)
    assert (progress.evidence, progress.written, progress.pause) == (EVIDENCE, None, POLL_SECONDS)
    assert (await server.advance(trust, evidence=EVIDENCE)).evidence == EVIDENCE
    server.finish(server.names[0])
    server.pods = server.pods[PROXY_GROUPS_MAX:]
    assert (await server.advance(trust, evidence=EVIDENCE)).evidence == REQUESTED
    assert read_groups(server, server.names[1]) == list(names[PROXY_GROUPS_MAX:])


async def test_a_step_restarts_a_deaf_istiod_alone() -> None:
    server = FakeServer("bookinfo")
    held = ObservedStep(name="g2-abc", holding=frozenset({"istiod-1"}))
    waits = RotationEvidence(step="g2-abc")
    trust = build("bookinfo", step=held, published=OTHER)
    progress = await server.advance(trust, evidence=waits)
    assert progress.evidence is not None
    assert progress.evidence.restarts_requested == (RestartScope.ISTIOD,)
    (name,) = server.names
    assert read_groups(server, name) == ["istio-system"]
    await server.advance(trust, evidence=progress.evidence)
    assert server.names == [name]


async def test_the_end_of_a_rotation_restarts_a_stale_istiod_alone_and_once() -> None:
    """Also where the Mesh has lost what was asked for: the directive is there."""
    server = FakeServer("bookinfo")
    pods = frozenset({"istiod-1"})
    stale = ObservedStep(name="g2-abc", serving=pods, stale=pods)
    trust = build("bookinfo", step=stale, restarts_istiod_alone=True)
    progress = await server.advance(trust, evidence=EVIDENCE)
    assert progress.evidence is not None
    assert progress.evidence.restarts_requested == (RestartScope.ISTIOD,)
    assert progress.written is not None
    (name,) = server.names
    assert read_groups(server, name) == ["istio-system"]
    await server.advance(trust, evidence=progress.evidence)
    server.finish(name)
    await server.advance(trust, evidence=EVIDENCE)
    assert server.names == [name]


async def test_nothing_of_a_rotation_restarts_more_than_its_steps_ask_for() -> None:
    server = FakeServer("bookinfo")
    proven = EVIDENCE.model_copy(update={"total": 0})
    in_step = build("bookinfo", step=STEP, **ISSUANCE)
    known = (await server.advance(in_step, generation=1, evidence=proven)).known
    assert known.restarted_for == HERE
    after = await server.advance(build("bookinfo"), known.restarted_for)
    assert (after.written, server.names) == (None, [])


async def test_what_only_calls_itself_istiod_has_nothing_restarted_in_a_rotation() -> None:
    server = FakeServer("bookinfo")
    server.allowed = False
    progress = await server.advance(build("bookinfo", step=STEP), evidence=EVIDENCE)
    assert (progress.evidence, server.names) == (EVIDENCE, [])
