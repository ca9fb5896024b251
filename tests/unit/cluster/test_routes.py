from __future__ import annotations

from typing import Any

import pytest

from roottrust.cluster.kinds import (
    DIRECTIVES,
    ISSUED_CERTIFICATES,
    MESHES,
    POLICIES,
    WATCHED_ALONE,
    keep_fingerprint,
)
from roottrust.cluster.routes import ClusterRoutes
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key
from tests.unit.cluster.fakes import (
    CERTIFICATE,
    ISTIOD,
    MESH,
    PLACE,
    build_certificate,
    build_mesh,
    build_object,
    build_roots,
    build_store,
)

DEPLOYMENT = build_object("istiod", namespace="istio-system")
DIRECTIVE = build_object("bounce", namespace="istio-system", metadata={"generation": 1})
BOUNCE = build_key(DIRECTIVES, DIRECTIVE)


def find(
    kind: ResourceKind, *, before: dict[str, Any] | None, now: dict[str, Any] | None
) -> frozenset[ObjectKey]:
    store = build_store(
        [
            (DEPLOYMENTS, DEPLOYMENT),
            (ISSUED_CERTIFICATES, build_certificate()),
            (DIRECTIVES, DIRECTIVE),
            (DIRECTIVES, build_object("bounce", namespace="elsewhere")),
        ]
    )
    found = now or before
    assert found is not None
    routes = ClusterRoutes(store, place=PLACE)
    return routes.find_concerned(build_key(kind, found), before=before, now=now)


def test_a_deployment_concerns_itself() -> None:
    assert find(DEPLOYMENTS, before=DEPLOYMENT, now=DEPLOYMENT) == {ISTIOD}


def test_an_istiod_that_comes_or_goes_concerns_the_directives_beside_it() -> None:
    assert find(DEPLOYMENTS, before=None, now=DEPLOYMENT) == {ISTIOD, BOUNCE}
    assert find(DEPLOYMENTS, before=DEPLOYMENT, now=None) == {ISTIOD, BOUNCE}


def test_a_directive_concerns_itself_but_for_its_status() -> None:
    assert find(DIRECTIVES, before=None, now=DIRECTIVE) == {BOUNCE}
    assert find(DIRECTIVES, before=DIRECTIVE, now=None) == {BOUNCE}
    told = {**DIRECTIVE, "status": {"state": "FINISHED"}}
    assert find(DIRECTIVES, before=DIRECTIVE, now=told) == set()
    edited = {**DIRECTIVE, "metadata": {**DIRECTIVE["metadata"], "generation": 2}}
    assert find(DIRECTIVES, before=DIRECTIVE, now=edited) == {BOUNCE}


def test_a_mesh_is_told_that_the_directive_is_there_which_it_has_asked_for() -> None:
    mesh = {"name": MESH, "namespace": "istio-system", "deployment": "istiod"}
    written = {**DIRECTIVE, "spec": {"meshRef": mesh}}
    assert find(DIRECTIVES, before=None, now=written) == {BOUNCE, ISTIOD}
    assert find(DIRECTIVES, before=written, now=None) == {BOUNCE}


@pytest.mark.parametrize("mesh", [build_mesh(), build_mesh(labelled=False)])
def test_a_mesh_concerns_its_istiod_if_it_is_or_was_ours(mesh: dict[str, Any]) -> None:
    assert find(MESHES, before=build_mesh(), now=mesh) == {ISTIOD}
    assert find(MESHES, before=mesh, now=None) == ({ISTIOD} if mesh == build_mesh() else set())


def test_an_issued_certificate_concerns_itself_and_its_istiod() -> None:
    assert find(ISSUED_CERTIFICATES, before=None, now=build_certificate()) == {CERTIFICATE, ISTIOD}


def test_roots_concern_every_istiod_if_they_are_others() -> None:
    before, after = (keep_fingerprint(build_roots("a", text)) for text in ("A", "B"))
    assert find(CONFIG_MAPS, before=before, now=after) == {ISTIOD}
    assert find(CONFIG_MAPS, before=before, now=None) == {ISTIOD}
    same = keep_fingerprint(build_roots("a", "A", version="2"))
    assert find(CONFIG_MAPS, before=before, now=same) == set()


def test_a_namespace_concerns_every_istiod() -> None:
    assert find(NAMESPACES, before=None, now=build_object("a")) == {ISTIOD}


def test_a_pod_that_goes_concerns_the_certificates_beside_it() -> None:
    pod = build_object("istiod-a-b", namespace="istio-system")
    assert find(PODS, before=pod, now=None) == {CERTIFICATE}
    assert find(PODS, before=None, now=pod) == set()
    assert find(PODS, before=build_object("x", namespace="other"), now=None) == set()


def test_at_the_start_istiods_that_are_gone_are_looked_at_too() -> None:
    store = build_store([(MESHES, build_mesh()), (MESHES, build_mesh(namespace="elsewhere"))])
    gone = ObjectKey(kind=DEPLOYMENTS, namespace="elsewhere", name="istiod")
    assert ClusterRoutes(store, place=PLACE).list_all() == {ISTIOD, gone}


def test_policies_are_for_the_hub_where_one_is_in_the_same_process() -> None:
    """It shares the store, which has them."""
    policy = build_object("guide", namespace="gloo-mesh")
    key = build_key(POLICIES, policy)
    store = ObjectStore(each.resource for each in WATCHED_ALONE)
    store.apply_event(POLICIES, "ADDED", policy)
    routes = ClusterRoutes(store, place=PLACE)
    assert routes.list_all() == set()
    assert routes.find_concerned(key, before=None, now=policy) == set()


def test_policies_concern_themselves_where_no_hub_is() -> None:
    policy = build_object("guide", namespace="gloo-mesh")
    key = build_key(POLICIES, policy)
    store = ObjectStore(each.resource for each in WATCHED_ALONE)
    store.apply_event(POLICIES, "ADDED", policy)
    routes = ClusterRoutes(store, place=PLACE, has_policies=True)
    assert routes.list_all() == {key}
    assert routes.find_concerned(key, before=None, now=policy) == {key}
