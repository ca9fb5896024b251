from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.mesh import MeshSpec
from roottrust.domain.discovery import Istiod
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.manifest_change import merge_manifest
from roottrust.domain.mesh_plan import (
    ApplyMesh,
    DeleteMesh,
    MeshPlace,
    find_deployment,
    plan_mesh,
    plan_removal,
)
from tests.unit.domain.observations import build_istiod

PLACE = MeshPlace(cluster="cluster1", home="gloo-mesh")


def plan(istiod: Istiod, found: Any = None, trust_domain: str | None = "cluster.local") -> Any:
    return plan_mesh(istiod, found, place=PLACE, trust_domain=trust_domain)


def apply(action: ApplyMesh, found: Any = None) -> dict[str, Any]:
    """Return the object as the API server has it afterwards, with its defaults."""
    merged = merge_manifest(found, action.manifest)
    spec = MeshSpec.model_validate(merged["spec"])
    merged["spec"] = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**merged, "metadata": {**merged["metadata"], "uid": "u-1"}}


def test_a_new_istiod_gets_its_mesh() -> None:
    manifest = plan(build_istiod()).manifest
    assert manifest["metadata"]["namespace"] == "gloo-mesh"
    assert manifest["metadata"]["name"] == "istiod-istio-system-cluster1"
    assert manifest["spec"]["istio"] == {
        "installation": {
            "namespace": "istio-system",
            "cluster": "cluster1",
            "podLabels": {"app": "istiod"},
            "version": "1.30.0",
            "revision": "default",
        },
        "trustDomain": "cluster.local",
        "istiodServiceAccount": "istiod",
    }


_LABELS = st.dictionaries(
    st.from_regex("[a-z]{1,5}", fullmatch=True), st.from_regex("[a-z0-9]{0,5}", fullmatch=True)
)


@given(
    labels=_LABELS.filter(lambda labels: len(labels) <= 16),
    version=st.none() | st.just("1.2.3"),
    trust_domain=st.none() | st.just("prod.example"),
    later=st.none() | st.just("1.2.4"),
)
def test_after_applying_nothing_is_left_to_do(
    labels: dict[str, str], version: str | None, trust_domain: str | None, later: str | None
) -> None:
    istiod = build_istiod(pod_labels=labels, version=version)
    found = apply(plan(istiod, trust_domain=trust_domain))
    assert plan(istiod, found, trust_domain) is None
    upgraded = build_istiod(pod_labels=labels, version=later)
    action = plan(upgraded, found, trust_domain)
    assert action is None or plan(upgraded, apply(action, found), trust_domain) is None


def test_a_trust_domain_that_cannot_be_read_stays_as_it_was() -> None:
    found = apply(plan(build_istiod(), trust_domain="prod.example"))
    assert plan(build_istiod(), found, None) is None
    assert plan(build_istiod(), found, "other.example") is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda mesh: mesh["spec"]["istio"].update(istiodServiceAccount="other"),
        lambda mesh: mesh["spec"]["istio"]["installation"]["podLabels"].clear(),
        lambda mesh: mesh["metadata"]["labels"].clear(),
    ],
)
def test_what_somebody_changed_is_put_right(change: Any) -> None:
    found = apply(plan(build_istiod()))
    change(found)
    assert plan(build_istiod(), found) is not None


def test_what_others_added_is_left_to_them() -> None:
    found = apply(plan(build_istiod()))
    found["metadata"]["labels"]["team"] = "a"
    found["spec"]["istio"]["installation"]["podLabels"]["more"] = "x"
    assert plan(build_istiod(), found) is None


def test_two_istiods_do_not_share_one_mesh() -> None:
    found = apply(plan(build_istiod(deployment="istiod-b", namespace="c")))
    with pytest.raises(InvalidSpecError, match="rename one of the two"):
        plan(build_istiod(deployment="istiod", namespace="b-c"), found)


def test_an_istiod_that_no_mesh_has_room_for_is_told() -> None:
    with pytest.raises(InvalidSpecError, match=r"no room for its istio\.istiodServiceAccount"):
        plan(build_istiod(service_account="a.b"))


def remove(found: Any, namespace: str = "istio-system") -> DeleteMesh | None:
    return plan_removal(found, place=PLACE, namespace=namespace)


def test_the_mesh_of_an_istiod_that_is_gone_goes() -> None:
    found = apply(plan(build_istiod()))
    assert remove(found) == DeleteMesh(name="istiod-istio-system-cluster1", uid="u-1")
    assert remove(None) is None


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("labels", {}),  # somebody made it by hand
        ("namespace", "istio-system"),
    ],
)
def test_a_mesh_that_is_not_ours_stays(part: str, value: Any) -> None:
    found = apply(plan(build_istiod()))
    found["metadata"][part] = value
    assert remove(found) is None


def test_a_mesh_of_another_cluster_stays() -> None:
    found = apply(plan(build_istiod()))
    found["spec"]["istio"]["installation"]["cluster"] = "cluster2"
    assert remove(found) is None


def test_the_mesh_of_another_istiod_stays() -> None:
    found = apply(plan(build_istiod(deployment="istiod-b", namespace="c")))
    assert remove(found, namespace="b-c") is None


def test_the_deployment_of_a_mesh_is_known_by_its_name() -> None:
    found = apply(plan(build_istiod(deployment="istiod-1-30")))
    assert find_deployment(found, place=PLACE) == "istiod-1-30"
    found["metadata"]["name"] = "istiod"
    assert find_deployment(found, place=PLACE) is None
