from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.reasons import Reason
from roottrust.domain.selection import (
    index_namesakes,
    list_namesakes,
    list_namespaces,
    select_clusters,
    select_meshes,
)
from tests.unit.domain.samples import build_known, build_mesh, build_spec

REFUSAL = ClusterTrouble(reason=Reason.INVALID_KUBECONFIG, message="Correct it.")
ONE, TWO = build_known("cluster1"), build_known("cluster2", labels={"env": "prod"})
DASHED = build_known("my-cluster1")


def build(*selectors: dict[str, Any], **changes: Any) -> RootTrustPolicySpec:
    return build_spec(applyToMeshes=[{"istio": each} for each in selectors], **changes)


def select(spec: RootTrustPolicySpec, *clusters: KnownCluster) -> list[str]:
    return [each.name for each in select_clusters(spec, clusters)]


def find_meshes(spec: RootTrustPolicySpec, *meshes: KnownMesh) -> list[str]:
    cluster = build_known("cluster1", *meshes)
    return [each.name for each in select_meshes(spec, cluster, (cluster, TWO))]


def find_namespaces(spec: RootTrustPolicySpec, *meshes: KnownMesh) -> tuple[str, ...]:
    cluster = build_known("cluster1", *meshes)
    return list_namespaces(spec, cluster, (cluster, TWO))


def test_a_policy_without_selectors_is_for_every_cluster() -> None:
    assert select(build(), ONE, TWO) == ["cluster1", "cluster2"]


def test_an_empty_selector_is_for_every_cluster() -> None:
    assert select(build({}), ONE, TWO) == ["cluster1", "cluster2"]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({"cluster": "cluster2"}, ["cluster2"]),
        ({"env": "prod"}, ["cluster2"]),
        ({"env": "prod", "cluster": "cluster2"}, ["cluster2"]),
        ({"mesh": "istiod-istio-system-cluster1"}, ["cluster1"]),
    ],
)
def test_clusters_are_selected_by_labels_and_by_the_well_known_ones(
    selector: dict[str, str], selected: list[str]
) -> None:
    assert select(build({"clusterSelector": selector}), ONE, TWO) == selected


def test_all_labels_of_one_selector_must_match_and_one_selector_is_enough() -> None:
    both = {"clusterSelector": {"env": "prod", "cluster": "cluster1"}}
    with pytest.raises(DependencyMissingError):
        select(build(both), ONE, TWO)
    assert select(build(both, {"clusterSelector": {"cluster": "cluster1"}}), ONE, TWO) == [
        "cluster1"
    ]


def test_a_mesh_s_name_is_of_the_longest_cluster_that_ends_it() -> None:
    spec = build({"clusterSelector": {"mesh": "istiod-istio-system-my-cluster1"}})
    assert select(spec, ONE, DASHED) == ["my-cluster1"]


@pytest.mark.parametrize("refusal", [None, REFUSAL])
def test_a_cluster_cannot_be_selected_by_a_mesh_of_anothers_name(
    refusal: ClusterTrouble | None,
) -> None:
    """Its administrator makes one for an istiod `istiod-istio-system` in a namespace `my`."""
    name = "istiod-istio-system-my-cluster1"
    liar = build_known("cluster1", build_mesh(name, namespace="my"))
    other = build_known("my-cluster1", build_mesh(name), refusal=refusal)
    spec = build({"clusterSelector": {"mesh": name}})
    if refusal is None:
        assert select(spec, liar, other) == ["my-cluster1"]
    else:
        with pytest.raises(DependencyMissingError):
            select(spec, liar, other)


def test_a_name_that_can_be_of_one_cluster_alone_is_of_that_one() -> None:
    mine = build_known("cluster1", build_mesh("istiod-my-cluster1", namespace="my"))
    spec = build({"clusterSelector": {"mesh": "istiod-my-cluster1"}})
    assert select(spec, mine, DASHED) == ["cluster1"]


def test_a_mesh_that_was_found_says_more_than_its_name() -> None:
    spec = build({"clusterSelector": {"mesh": "odd"}})
    assert select(spec, build_known("cluster1", build_mesh("odd")), TWO) == ["cluster1"]


@pytest.mark.parametrize(
    "vault",
    [
        {"kubernetesAuth": {"mountPath": "/v1/auth/kube-cluster2-mesh-auth"}},
        {"csrPath": "pki_int_cluster2/intermediate/generate/exported"},
        {
            "kubernetesAuth": {
                "mountPath": "/v1/auth/kube-${cluster}-mesh-auth",
                "role": "gen-int-ca-istio-cluster2-mesh",
            }
        },
    ],
)
def test_names_of_the_guide_select_the_cluster_that_they_name(vault: dict[str, Any]) -> None:
    assert select(build(vault=vault), ONE, TWO) == ["cluster2"]


def test_names_of_two_clusters_select_none() -> None:
    vault = {
        "csrPath": "pki_int_cluster1/intermediate/generate/exported",
        "kubernetesAuth": {"mountPath": "/v1/auth/kube-cluster2-mesh-auth"},
    }
    with pytest.raises(DependencyMissingError, match="paths name cluster1, cluster2"):
        select(build(vault=vault), ONE, TWO)


def test_selecting_no_cluster_says_which_are_known() -> None:
    with pytest.raises(DependencyMissingError) as caught:
        select(build({"clusterSelector": {"cluster": "other"}}), TWO, ONE)
    assert caught.value.reason == Reason.NO_CLUSTER_SELECTED
    assert caught.value.message == (
        "No cluster is selected: known are cluster1, cluster2. Correct clusterSelector or the "
        "paths, or register the cluster."
    )


def test_without_any_cluster_none_are_known() -> None:
    with pytest.raises(DependencyMissingError, match="known are none"):
        select(build())


def test_clusters_that_would_share_names_in_vault_are_refused() -> None:
    vault = {"kubernetesAuth": {"mountPath": "/v1/auth/shared", "role": "shared"}}
    with pytest.raises(InvalidSpecError) as caught:
        select(build(vault=vault), ONE, TWO)
    assert caught.value.message == (
        "The clusters cluster1, cluster2 would share kubernetesAuth.mountPath and "
        "kubernetesAuth.role: put ${cluster} into it, or select one cluster."
    )


def test_one_cluster_may_have_literal_names() -> None:
    vault = {"kubernetesAuth": {"mountPath": "/v1/auth/shared", "role": "shared"}}
    assert select(build(vault=vault), ONE) == ["cluster1"]


def test_a_literal_csr_path_is_shared_too() -> None:
    vault = {"csrPath": "shared/intermediate/generate/exported"}
    with pytest.raises(InvalidSpecError, match="would share csrPath"):
        select(build(vault=vault), ONE, TWO)


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"namespace": "istio-system"}, True),
        ({"namespace": "other"}, False),
        ({"selector": {"app": "istiod"}}, True),
        ({"selector": {"app": "istiod", "x": "y"}}, False),
        ({"revision": "default"}, True),
        ({"revision": "def"}, False),
        ({"revision": "d.*|canary"}, True),
        ({"clusterSelector": {"mesh": "istiod-istio-system-cluster1"}}, True),
        ({"clusterSelector": {"mesh": "other-cluster1"}}, False),
    ],
)
def test_a_mesh_is_selected_by_name_namespace_labels_and_its_whole_revision(
    selector: dict[str, Any], matches: bool
) -> None:
    assert bool(find_meshes(build(selector), build_mesh())) is matches


def test_a_pattern_that_does_not_compile_is_refused() -> None:
    spec = build({"revision": "canary"})
    istio = spec.apply_to_meshes[0].istio.model_copy(update={"revision": "("})
    broken = spec.apply_to_meshes[0].model_copy(update={"istio": istio})
    spec = spec.model_copy(update={"apply_to_meshes": (broken,)})
    with pytest.raises(InvalidSpecError, match="RE2"):
        find_meshes(spec, build_mesh())


def test_what_is_said_of_one_cluster_selects_no_mesh_of_another() -> None:
    spec = build(
        {"clusterSelector": {"cluster": "cluster1"}, "namespace": "istio-system"},
        {"clusterSelector": {"cluster": "cluster2"}, "namespace": "canary"},
    )
    assert find_meshes(spec, build_mesh("a"), build_mesh("b", namespace="canary")) == ["a"]


def test_what_is_said_of_one_cluster_admits_no_namespace_of_another() -> None:
    spec = build(
        {"clusterSelector": {"cluster": "cluster1"}, "namespace": "istio-system"},
        {"clusterSelector": {"cluster": "cluster2"}, "namespace": "canary"},
    )
    assert find_namespaces(spec) == ("istio-system",)


def test_namespaces_that_are_written_count_alone() -> None:
    spec = build({"namespace": "b"}, {"namespace": "a"})
    assert find_namespaces(spec, build_mesh(namespace="c")) == ("a", "b")


def test_without_a_mesh_the_namespace_is_istio_s_own() -> None:
    assert find_namespaces(build()) == ("istio-system",)


def test_where_none_is_written_the_namespaces_of_the_meshes_count() -> None:
    assert find_namespaces(build(), build_mesh(namespace="b"), build_mesh(namespace="a")) == (
        "a",
        "b",
    )


def test_a_selector_that_leaves_the_namespace_open_adds_what_it_finds() -> None:
    spec = build({"namespace": "a"}, {"revision": "canary"})
    assert find_namespaces(spec, build_mesh(namespace="b", revision="canary")) == ("a", "b")
    assert find_namespaces(spec) == ("a", "istio-system")


@given(st.lists(st.text(alphabet="ab-", min_size=1, max_size=6), unique=True, max_size=12))
def test_namesakes_of_all_are_those_of_each(names: list[str]) -> None:
    known = tuple(build_known(name) for name in names)
    found = index_namesakes(known)
    for each in known:
        assert found.get(each.name, ()) == list_namesakes(each, known)
