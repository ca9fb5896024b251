from __future__ import annotations

import pytest

from roottrust.domain.mesh_belief import (
    MESHES_MAX,
    Disbelief,
    ReportedMesh,
    disbelieve_form,
    find_disbelief,
    warn_of_disbelieved,
)


def judge(
    name: str = "istiod-istio-system-c2",
    *,
    lies_in: str = "istio-system",
    namespace: str = "istio-system",
    cluster: str = "c2",
) -> Disbelief | None:
    mesh = ReportedMesh(name=name, lies_in=lies_in, namespace=namespace, cluster=cluster)
    return find_disbelief(mesh, cluster="c2", home="gloo-mesh")


@pytest.mark.parametrize("place", ["istio-system", "gloo-mesh"])
def test_a_mesh_beside_its_istiod_or_the_operator_is_believed(place: str) -> None:
    assert judge(lies_in=place) is None


def test_a_mesh_that_names_another_cluster_is_told_with_it() -> None:
    told = str(judge(cluster="c1"))
    assert told == "istiod-istio-system-c2 in istio-system names the cluster c1"


def test_a_mesh_that_speaks_for_another_namespace_is_told() -> None:
    told = str(judge(lies_in="attacker"))
    assert told.endswith("in attacker speaks for an istiod of the namespace istio-system")


@pytest.mark.parametrize(
    "name", ["istiod", "istiod-istio-system-c1", "-istio-system-c2", "a..b-istio-system-c2"]
)
def test_a_mesh_by_another_name_is_told_the_form(name: str) -> None:
    found = judge(name)
    assert found is not None
    assert found.reason == "is not named DEPLOYMENT-istio-system-c2"


def test_a_name_that_no_object_can_have_is_not_shown() -> None:
    told = str(disbelieve_form("<b>" * 1000, "istio-system"))
    assert told == "one whose name cannot be shown is not of a Mesh's form"


def test_there_is_one_warning_however_many_are_not_believed() -> None:
    few = [disbelieve_form(f"m{number}", "ns") for number in range(3)]
    (told,) = warn_of_disbelieved("c2", few, surplus=0)
    assert told == (
        "Cluster c2: 3 Meshes are not believed: first m0 in ns is not of a Mesh's form."
    )
    (one,) = warn_of_disbelieved("c2", few[:1], surplus=0)
    assert one == "Cluster c2: 1 Mesh is not believed: m0 in ns is not of a Mesh's form."
    (many,) = warn_of_disbelieved("c2", few * 10_000, surplus=0)
    assert len(many) < len(told) + 10


def test_nothing_is_told_of_meshes_that_all_count() -> None:
    assert warn_of_disbelieved("c2", [], surplus=0) == ()


def test_meshes_beyond_the_bound_are_counted() -> None:
    (told,) = warn_of_disbelieved("c2", [], surplus=7)
    assert f"has {MESHES_MAX + 7} Meshes, of which the {MESHES_MAX} oldest count" in told
