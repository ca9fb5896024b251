"""Mesh objects come with istiods, follow them, and go with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import create_namespace, delete_object


def read_istio(istiod: Istiod) -> Any:
    return istiod.wait_for_mesh()["spec"]["istio"]


@pytest.mark.usefixtures("role")
def test_an_istiod_that_comes_changes_and_goes_is_followed(istiod: Istiod) -> None:
    istiod.configure("trustDomain: prod.example")
    istiod.install()
    assert read_istio(istiod) == {
        "installation": {
            "namespace": istiod.namespace,
            "cluster": "cluster1",
            "podLabels": {"app": "istiod", "istio": "pilot"},
            "version": "1.30.0",
            "revision": "default",
        },
        "trustDomain": "prod.example",
        "istiodServiceAccount": "istiod",
    }
    istiod.install(image="registry.example/istio/pilot:1.30.1")
    wait_for(lambda: read_istio(istiod)["installation"]["version"], lambda found: found == "1.30.1")
    istiod.uninstall()
    istiod.wait_until_mesh_is_gone()


@pytest.mark.usefixtures("role")
def test_what_is_no_istiod_gets_no_mesh(istiod: Istiod, cluster: Cluster, home: str) -> None:
    other = Istiod(cluster=cluster, namespace=istiod.namespace, home=home, deployment="exporter")
    other.install(container="exporter")
    istiod.install()
    istiod.wait_for_mesh()  # the other was seen before
    assert other.find_mesh() is None


@pytest.mark.refused("cluster-role")
@pytest.mark.usefixtures("role")
def test_several_istiods_have_a_mesh_each(istiod: Istiod, cluster: Cluster, home: str) -> None:
    """Two revisions beside each other, and one in another namespace.

    The configuration of a revision may be read once an administrator has named it.
    """
    place = f"{istiod.namespace}-b"
    create_namespace(cluster, place)
    canary = replace(istiod, deployment="istiod-canary", revision="canary")
    other = replace(istiod, namespace=place)
    try:
        for each in (istiod, canary, other):
            each.install()
        found = [each.wait_for_mesh() for each in (istiod, canary, other)]
        places = [each["spec"]["istio"]["installation"] for each in found]
        assert [each["revision"] for each in places] == ["default", "canary", "default"]
        assert [each["namespace"] for each in places] == [istiod.namespace] * 2 + [place]
        canary.uninstall()
        canary.wait_until_mesh_is_gone()
        left = [each.wait_for_mesh()["metadata"]["uid"] for each in (istiod, other)]
        assert left == [found[0]["metadata"]["uid"], found[2]["metadata"]["uid"]]
    finally:
        canary.uninstall()
        other.uninstall()
        delete_object(cluster, "namespaces", "", place)


@pytest.mark.usefixtures("role")
def test_a_mesh_that_somebody_deleted_or_changed_comes_back(istiod: Istiod, home: str) -> None:
    istiod.install()
    before = istiod.wait_for_mesh()
    istiod.cluster.kubectl("delete", "mesh", istiod.mesh, "-n", home)
    after = wait_for(
        istiod.find_mesh,
        lambda found: found is not None and found["metadata"]["uid"] != before["metadata"]["uid"],
    )
    assert after is not None
    assert after["spec"] == before["spec"]
    patch = '{"spec": {"istio": {"istiodServiceAccount": "attacker"}}}'
    words = ("patch", "mesh", istiod.mesh, "-n", home, "--type=merge", "-p", patch)
    istiod.cluster.kubectl(*words)
    wait_for(lambda: read_istio(istiod), lambda found: found == before["spec"]["istio"])


def test_metrics_of_a_mesh_come_and_go_with_it(role: OperatorProcess, istiod: Istiod) -> None:
    name = "roottrust_mesh_istiods"
    istiod.install()
    istiod.wait_for_mesh()
    wait_for(lambda: role.sum_metric(name, mesh=istiod.mesh), lambda found: found == 1)
    istiod.uninstall()
    istiod.wait_until_mesh_is_gone()
    wait_for(lambda: istiod.mesh in role.get("/metrics").text, lambda found: found is False)


def test_an_istiod_that_went_while_nobody_looked_is_noticed_after_a_restart(
    role: OperatorProcess, istiod: Istiod
) -> None:
    istiod.install()
    istiod.wait_for_mesh()
    role.stop()
    istiod.uninstall()
    role.start()
    istiod.wait_until_mesh_is_gone()


def test_nothing_is_written_where_nothing_changes(role: OperatorProcess, istiod: Istiod) -> None:
    istiod.install()
    istiod.wait_for_status(bool)  # all of it is written
    role.stop()
    role.start()
    wait_for(lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > 0)
    assert role.count_writes()["kubernetes"] == 0
