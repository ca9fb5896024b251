from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.hub.policy_change import is_of_interest
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_routes import PolicyRoutes
from roottrust.runtime.store import ObjectKey, build_key
from tests.unit.domain.issuances import build_certificate
from tests.unit.domain.samples import OTHER_POLICY, build_known, build_manifest_spec, build_mesh
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeHomes, build_manifest, fake

MESH = {
    "metadata": {"namespace": "gloo-mesh", "name": "istiod-istio-system-cluster1"},
    "spec": {"istio": {"installation": {"namespace": "istio-system", "cluster": "cluster1"}}},
}


@pytest.fixture
def routes(bench: Bench) -> PolicyRoutes:
    """Of a hub with a policy that selects the mesh, and one for another namespace."""
    bench.registry.clusters = (build_known("cluster1", build_mesh()),)
    elsewhere = [{"istio": {"namespace": "elsewhere", "clusterSelector": {"cluster": "cluster1"}}}]
    auth = {"mountPath": "/v1/auth/kube-other", "role": "gen-other"}
    spec = build_manifest_spec(applyToMeshes=elsewhere, vault={"kubernetesAuth": auth})
    metadata = {"name": "other", "namespace": "gloo-mesh", "uid": "uid-2"}
    bench.put(build_manifest(spec=spec, metadata=metadata))
    return PolicyRoutes(
        bench.store,
        homes=PolicyHomes(fake(bench.kube), bench.store),
        claims=bench.controller.claims,
        cluster="cluster1",
    )


def put(bench: Bench, kind: Any, manifest: dict[str, Any]) -> ObjectKey:
    bench.store.apply_event(kind, "MODIFIED", manifest)
    return build_key(kind, manifest)


def names(keys: frozenset[ObjectKey]) -> set[str]:
    return {key.name for key in keys}


def test_a_report_on_a_mesh_concerns_those_who_select_it(
    bench: Bench, routes: PolicyRoutes
) -> None:
    key = put(bench, MESHES, {**MESH, "status": {"selfSigned": True}})
    assert names(routes.find_concerned(key, MESH)) == {"guide"}


def test_a_mesh_that_appears_or_changes_concerns_all(bench: Bench, routes: PolicyRoutes) -> None:
    key = put(bench, MESHES, MESH)
    assert names(routes.find_concerned(key, None)) == {"guide", "other"}
    assert names(routes.find_concerned(key, {**MESH, "spec": {}})) == {"guide", "other"}


def test_a_certificate_concerns_whose_it_is_and_those_who_select_its_mesh(
    bench: Bench, routes: PolicyRoutes
) -> None:
    key = put(bench, ISSUED_CERTIFICATES, build_certificate(""))
    assert names(routes.find_concerned(key, None)) == {"guide"}
    owned = build_certificate(OTHER_POLICY.render().replace("team/other", "gloo-mesh/other"))
    assert names(routes.find_concerned(key, owned)) == {"guide", "other"}


def test_a_mark_of_a_policy_that_is_not_there_concerns_nobody(
    bench: Bench, routes: PolicyRoutes
) -> None:
    found = build_certificate(OTHER_POLICY.render())
    found["metadata"]["name"] = "istiod-elsewhere-cluster1"
    key = put(bench, ISSUED_CERTIFICATES, found)
    assert routes.find_concerned(key, found) == frozenset()


def test_what_the_hub_tells_on_a_certificate_is_no_news() -> None:
    before = build_certificate()
    after = {**before, "status": {"state": "PENDING", "message": "x"}}
    assert not is_of_interest(ISSUED_CERTIFICATES, before, after, told=None)
    after = {**before, "status": {"instances": [{"pod": "istiod-1"}]}}
    assert is_of_interest(ISSUED_CERTIFICATES, before, after, told=None)
    assert is_of_interest(ISSUED_CERTIFICATES, None, before, told=None)
    assert is_of_interest(MESHES, MESH, MESH, told=None)


def test_a_mark_of_a_workload_cluster_s_policy_counts_in_that_cluster_alone(bench: Bench) -> None:
    others = FakeHomes()
    others.put("cluster2", build_manifest())
    homes = PolicyHomes(fake(bench.kube), bench.store, others=others)
    routes = PolicyRoutes(
        bench.store, homes=homes, claims=bench.controller.claims, cluster="cluster1"
    )
    policy = replace(OTHER_POLICY.policy, namespace="gloo-mesh", name="guide", cluster="cluster2")
    forged = build_certificate(replace(OTHER_POLICY, policy=policy).render())
    key = build_key(ISSUED_CERTIFICATES, forged)
    found = {
        cluster: {
            each.cluster
            for each in routes.find_concerned_in(cluster, key, before=None, now=forged)
            if each.cluster
        }
        for cluster in ("cluster2", "cluster3")
    }
    assert found == {"cluster2": {"cluster2"}, "cluster3": set()}
