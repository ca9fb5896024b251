"""What the hub does for policies of workload clusters, and what it does not do for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import TransientError
from roottrust.domain.mark import parse_mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import POLICIES
from roottrust.hub.remote_policy_work import RemotePolicyWork
from roottrust.runtime.store import ObjectKey
from tests.unit.domain.deletions import build_deletion_facts
from tests.unit.domain.issuances import KEY, build_certificate
from tests.unit.domain.samples import OURS, build_known, build_manifest_spec, build_mount
from tests.unit.domain.test_remote_policy import GRANTED
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeHomes, build_manifest, fake

REMOTE = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="guide", cluster="cluster1")
REMOTE_POLICY = PolicyIdentity(namespace="gloo-mesh", name="guide", uid="uid-1", cluster="cluster1")
AWAY = TransientError("It does not answer.", reason=Reason.CLUSTER_UNREACHABLE)


class RemoteBench(Bench):
    """A hub with policies in cluster1, which is a registered one here."""

    def restart(self) -> None:
        self.others = FakeHomes()
        terms = next(iter(self.servers.terms.values()))
        granted = {terms.address: replace(terms, remote_grants=GRANTED.remote_grants)}
        self.servers.terms = granted
        super().restart()

    def put_remote(self, cluster: str = "cluster1", **changes: Any) -> None:
        spec = changes.pop("spec", None) or build_manifest_spec()
        self.others.put(cluster, build_manifest(spec=spec, **changes))

    @property
    def told(self) -> RootTrustPolicyStatus:
        return RootTrustPolicyStatus.model_validate(self.others.kube.applied[-1]["status"])

    def read_told(self, kind: str) -> tuple[str, str]:
        (found,) = (each for each in self.told.conditions if each.type == kind)
        return found.status, found.reason


@pytest.fixture
def remote() -> Iterator[RemoteBench]:
    bench = RemoteBench()
    bench.put_remote()
    yield bench
    assert bench.kube.applied == []
    assert bench.events.posted == []
    assert "roottrust_policy_condition_state{" not in bench.metrics.render().decode()


async def test_it_is_reconciled_and_told_where_it_lies(remote: RemoteBench) -> None:
    await remote.controller.reconcile(REMOTE)
    assert remote.read_told("Ready") == ("True", "WaitingForMesh")
    marks = re.findall("roottrust hub=.*? origin=[a-z]+", str(remote.server.facts))
    assert {"cluster1:gloo-mesh/guide"} == {_name_owner(mark) for mark in marks}


async def test_it_knows_no_cluster_but_its_own(remote: RemoteBench) -> None:
    remote.registry.clusters = (build_known("other"), build_known("cluster1"))
    await remote.controller.reconcile(REMOTE)
    assert remote.read_told("Ready")[0] == "True"
    remote.put_remote(spec=build_manifest_spec(applyToMeshes=[{"istio": {"namespace": "x"}}]))
    remote.registry.clusters = (build_known("other"),)
    with pytest.raises(Exception, match="known are none"):
        await remote.controller.reconcile(REMOTE)


async def test_no_configuration_makes_it_the_owner_of_a_root(remote: RemoteBench) -> None:
    (terms,) = remote.servers.terms.values()
    owners = {"pki": "cluster1:gloo-mesh/guide"}
    remote.servers.terms = {terms.address: replace(terms, root_owners=owners)}
    policy = remote.homes.read(REMOTE)
    assert policy is not None
    assert not (await remote.controller.acceptor.accept(policy)).demand.claim.is_named_owner


async def test_a_cluster_that_does_not_take_its_status_is_tried_again(remote: RemoteBench) -> None:
    remote.others.failure = AWAY
    with pytest.raises(TransientError):
        await remote.controller.reconcile(REMOTE)


async def test_a_policy_of_its_name_beside_the_hub_goes_before_it(remote: RemoteBench) -> None:
    remote.put()
    with pytest.raises(Exception, match="older policy gloo-mesh/guide"):
        await remote.controller.reconcile(REMOTE)
    assert remote.read_told("Accepted") == ("False", "SelectedByOlderPolicy")


async def test_certificates_of_other_clusters_are_not_its_own(remote: RemoteBench) -> None:
    """Another cluster forges its mark on them, which has nobody remove anything there."""
    remote.registry.clusters = (build_known("cluster1"), build_known("other"))
    forged = build_certificate(replace(OURS, policy=REMOTE_POLICY).render())
    elsewhere = replace(KEY, cluster="other")
    remote.registry.found = {elsewhere: forged, KEY: forged}
    await remote.controller.reconcile(REMOTE)
    assert elsewhere in remote.registry.found
    assert KEY not in remote.registry.found  # its mesh is not selected any more


async def test_its_finalizer_is_put_on_where_it_lies(remote: RemoteBench) -> None:
    remote.put_remote(spec=build_manifest_spec(management={"deletionPolicy": "Delete"}))
    await remote.controller.reconcile(REMOTE)
    assert remote.others.kube.finalizers == [FINALIZER]
    assert remote.kube.finalizers is None


async def test_its_deletion_asks_no_other_cluster_and_believes_no_status(
    remote: RemoteBench,
) -> None:
    remote.others.kube.finalizers = [FINALIZER]
    remote.put_remote(
        spec=build_manifest_spec(management={"deletionPolicy": "Delete"}),
        metadata={
            "finalizers": [FINALIZER],
            "deletionTimestamp": remote.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        status={
            "vault": {"server": "https://elsewhere.example", "namespace": "any"},
            "managedObjects": [
                {"path": "sys/policies/acl/admins", "kind": "Policy", "origin": "Created"}
            ],
        },
    )
    mark = replace(OURS, policy=REMOTE_POLICY).render()
    local = build_mount(description=OURS.render())  # of a policy of that name beside the hub
    mounts = {"pki": build_mount(), "pki_int_a": build_mount(description=mark), "pki_int_b": local}
    remote.server.deletion = build_deletion_facts(
        mounts=mounts, auth_mounts={}, roles={}, policies={}
    )
    asked: list[str] = []
    known = remote.registry.list_certificates

    async def list_certificates(*, cluster: str = "") -> Any:
        asked.append(cluster)
        return await known(cluster=cluster)

    remote.registry.list_certificates = list_certificates  # type: ignore[method-assign]
    scopes: list[Any] = []
    observe = remote.server.observe_deletion

    async def observe_deletion(scope: Any) -> Any:
        scopes.append(scope)
        return await observe(scope)

    remote.server.observe_deletion = observe_deletion  # type: ignore[method-assign]
    await remote.controller.reconcile(REMOTE)
    assert remote.others.kube.finalizers == []
    assert set(asked) == {"cluster1"}
    assert set(remote.server.deletion.mounts) == {"pki", "pki_int_b"}
    assert [each.made for each in scopes] == [()] * len(scopes)
    assert "admins" not in {name for each in scopes for name in each.role_names}


async def test_no_deletion_leads_the_hub_to_where_nothing_is_granted(remote: RemoteBench) -> None:
    remote.others.kube.finalizers = [FINALIZER]
    spec = build_manifest_spec(
        management={"deletionPolicy": "Delete"}, vault={"namespace": "elsewhere"}
    )
    metadata = {
        "finalizers": [FINALIZER],
        "deletionTimestamp": remote.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    remote.put_remote(spec=spec, metadata=metadata)
    assert await remote.controller.reconcile(REMOTE) is not None
    remote.now += timedelta(hours=1)
    await remote.controller.reconcile(REMOTE)
    assert remote.server.observed == 0
    assert remote.others.kube.finalizers == []


def _name_owner(text: str) -> str:
    mark = parse_mark(text)
    assert mark is not None
    return mark.policy.full_name


def build_claims(bench: RemoteBench) -> Any:
    claims = bench.controller.claims
    claims.find_policies_of("cluster1", namespace="a", mesh="b")  # has it read all
    return claims


async def test_its_changes_concern_no_policy_beside_the_hub(remote: RemoteBench) -> None:
    remote.put()
    claims = build_claims(remote)
    remote.put_remote(metadata={"generation": 2})
    assert claims.outdate(REMOTE) == frozenset()
    assert claims.outdate(remote.key) == {REMOTE}


async def test_policies_of_one_cluster_are_worked_on_one_by_one(remote: RemoteBench) -> None:
    active: list[str] = []
    most: list[int] = []

    class Controller:
        async def reconcile(self, key: ObjectKey) -> float | None:
            active.append(key.cluster)
            most.append(active.count(key.cluster))
            await asyncio.sleep(0.01)
            active.remove(key.cluster)
            return None

    work = RemotePolicyWork(
        fake(Controller()),
        remote.homes,
        settings=fake(_Settings()),
        leadership=fake(_Leader()),
        metrics=remote.metrics,
    )
    keys = [replace(REMOTE, cluster=each) for each in ("a", "b")]
    again = [replace(each, name="other") for each in keys]
    results = await asyncio.gather(*(work._reconcile(key) for key in (*keys, *again)))
    assert results == [None, None, 0.5, 0.5]
    assert max(most) == 1
    assert len(most) == 2


class _Settings:
    workers = 1
    resync_seconds = 300.0
    shutdown_seconds = 1.0


class _Leader:
    leads = True
