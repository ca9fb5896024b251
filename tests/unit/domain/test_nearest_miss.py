from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.cluster_choice import choose_clusters
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.nearest_miss import MAX_LENGTH, describe_nearest_miss
from roottrust.domain.reasons import Reason
from tests.unit.domain.samples import build_known, build_mesh, build_spec

MESH = "istiod-istio-system-cluster1"
ONE = build_known("cluster1", build_mesh())
TWO = build_known("cluster2", labels={"env": "test"})
REFUSED = ClusterTrouble(reason=Reason.INVALID_KUBECONFIG, message="Correct it.")


def build(*selectors: dict[str, Any], **changes: Any) -> RootTrustPolicySpec:
    return build_spec(applyToMeshes=[{"istio": each} for each in selectors], **changes)


def describe(selector: dict[str, Any], *clusters: KnownCluster) -> str | None:
    return describe_nearest_miss(build(selector), clusters or (ONE,))


def build_canary(**changes: Any) -> KnownMesh:
    return build_mesh("istiod-canary-cluster1", namespace="canary", **changes)


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"selector": {"app": "istiodx"}}, f"selector app: istiodx, but {MESH} has app: istiod"),
        (
            {"selector": {"app": "istiod", "vault": "cluster1"}},
            f"selector vault: cluster1, but {MESH} has no label vault",
        ),
        ({"revision": "canary"}, f"revision canary, but {MESH} has default"),
        ({"namespace": "istio"}, f"namespace istio, but {MESH} is in istio-system"),
        (
            {"clusterSelector": {"mesh": "istio-istio-system-cluster1"}},
            f"clusterSelector mesh: istio-istio-system-cluster1, but there is {MESH}",
        ),
        (
            {"revision": "canary", "selector": {"a": "b", "app": "x"}},
            (
                f"selector a: b, but {MESH} has no label a; selector app: x, but {MESH} has app: "
                f"istiod; revision canary, but {MESH} has default"
            ),
        ),
    ],
)
def test_what_keeps_a_selector_from_the_only_istiod_is_told(
    selector: dict[str, Any], told: str
) -> None:
    assert describe(selector) == told


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"env": "prod"}, "clusterSelector env: prod, but cluster2 has env: test"),
        ({"zone": "a"}, "clusterSelector zone: a, but cluster2 has no label zone"),
        ({"env": "test"}, None),
        ({"cluster": "cluster2"}, None),
        ({"cluster": "cluster3"}, None),
        (
            {"mesh": "istiod-istio-system-cluster3"},
            (
                "clusterSelector mesh: istiod-istio-system-cluster3, but names of meshes in "
                "cluster2 end with -cluster2"
            ),
        ),
        ({"mesh": "istiod-istio-system-cluster2"}, None),
    ],
)
def test_what_keeps_a_selector_from_a_cluster_without_istiod_is_told(
    selector: dict[str, str], told: str | None
) -> None:
    assert describe({"clusterSelector": selector}, TWO) == told


def test_the_cluster_that_was_meant_is_nearer_than_the_istiod_of_another_one() -> None:
    selector = {"clusterSelector": {"env": "test"}, "selector": {"app": "x", "a": "b"}}
    well = build_known(
        "cluster2",
        build_mesh("istiod-istio-system-cluster2"),
        labels={"env": "test"},
    )
    told = describe(selector, build_known("cluster1", build_mesh()), well)
    assert told is not None
    assert "istiod-istio-system-cluster2" in told
    assert "cluster1" not in told


def test_a_label_that_only_an_istiod_elsewhere_has_is_missed_in_the_namespace_that_is_named() -> (
    None
):
    labelled = build_canary(pod_labels={"app": "istiod", "vault": "cluster1"})
    selector = {"namespace": "istio-system", "selector": {"vault": "cluster1"}}
    told = describe(selector, build_known("cluster1", labelled, build_mesh()))
    assert told == f"selector vault: cluster1, but {MESH} has no label vault"


def test_the_nearest_of_several_istiods_is_told() -> None:
    near = build_canary(pod_labels={"app": "istiod", "a": "b"})
    selector = {"selector": {"app": "istiod", "a": "b", "c": "d"}}
    told = describe(selector, build_known("cluster1", build_mesh(), near))
    assert told == "selector c: d, but istiod-canary-cluster1 has no label c"


def test_of_several_selectors_the_nearest_is_named() -> None:
    spec = build(
        {"clusterSelector": {"env": "prod"}},
        {"namespace": "istio-system", "selector": {"app": "istiodx"}},
        {"namespace": "other", "selector": {"app": "istiodx"}},
    )
    assert describe_nearest_miss(spec, (ONE,)) == (
        f"applyToMeshes[1]: selector app: istiodx, but {MESH} has app: istiod"
    )


def test_a_selector_that_only_waits_for_an_istiod_misses_nothing() -> None:
    """It selects cluster2, where none is yet: that another one has other labels says nothing."""
    assert describe({"clusterSelector": {"env": "test"}}, TWO, ONE) is None
    assert describe({}, build_known("cluster1")) is None
    assert describe_nearest_miss(build_spec(applyToMeshes=[]), (TWO,)) is None


def test_a_cluster_whose_registration_is_refused_is_not_near() -> None:
    refused = build_known("cluster1", build_mesh(), refusal=REFUSED)
    assert describe({"selector": {"app": "x"}}, refused) is None


def test_an_istiod_that_is_far_away_is_told_of_briefly() -> None:
    wanted = {f"label{number}": "x" for number in range(9)}
    told = describe({"selector": wanted})
    assert told is not None
    assert told.endswith("; and 6 more")


def test_what_a_cluster_writes_does_not_make_it_long() -> None:
    long = "x" * 250
    mesh = build_mesh(pod_labels={"a": long, "b": long, "c": long})
    told = describe({"selector": dict.fromkeys("abc", "y")}, build_known("cluster1", mesh))
    assert told is not None
    assert len(told) == MAX_LENGTH


def test_many_meshes_are_not_all_looked_at() -> None:
    meshes = [build_mesh(f"istiod{each}-istio-system-cluster1") for each in range(3_000)]
    near = build_canary(pod_labels={"app": "istiod", "a": "b"})
    told = describe({"selector": {"a": "b", "c": "d"}}, build_known("cluster1", *meshes, near))
    assert told is not None
    assert "canary" not in told


def test_a_policy_that_selects_no_cluster_says_what_it_was_nearest_to() -> None:
    spec = build({"clusterSelector": {"env": "prod"}})
    with pytest.raises(DependencyMissingError) as caught:
        choose_clusters(spec, (TWO,))
    assert caught.value.reason == Reason.NO_CLUSTER_SELECTED
    assert caught.value.message == (
        "No cluster is selected: known are cluster2. Correct clusterSelector or the paths, or "
        "register the cluster. The nearest: clusterSelector env: prod, but cluster2 has env: test."
    )


def test_what_the_paths_do_not_name_is_not_near() -> None:
    vault = {"csrPath": "pki_int_cluster3/intermediate/generate/exported"}
    with pytest.raises(DependencyMissingError) as caught:
        choose_clusters(build({"clusterSelector": {"env": "prod"}}, vault=vault), (TWO,))
    assert "nearest" not in caught.value.message
