"""Proxies of nodes are told before the previous root is dropped: once for each cluster."""

from __future__ import annotations

from roottrust.api.mesh import RotationEvidence
from roottrust.domain.rotation.evidence import MeshView
from roottrust.domain.rotation.node_proxies import tell_node_proxies


def build(cluster: str, node_proxies: int | None, *, mesh: str = "istiod") -> MeshView:
    evidence = (
        RotationEvidence(step="g2-abc", node_proxies=node_proxies)
        if node_proxies is not None
        else None
    )
    return MeshView(cluster=cluster, mesh=mesh, evidence=evidence)


def test_where_none_is_seen_nobody_is_asked() -> None:
    assert tell_node_proxies([build("c1", 0), build("c2", None)]) == ()


def test_each_istiod_of_a_cluster_counts_the_same_ones() -> None:
    (told,) = tell_node_proxies([build("c1", 1), build("c1", 1, mesh="istiod-canary")])
    assert told == (
        "1 pod of ztunnel in c1 may know its peers by the previous root alone: restart it first "
        "(`kubectl rollout restart daemonset/ztunnel`)"
    )


def test_clusters_are_named_three_at_most() -> None:
    (told,) = tell_node_proxies([build(f"c{number}", 2) for number in range(5)])
    assert told.startswith("10 pods of ztunnel in c0, c1, c2 and 2 more may know their peers")
    assert "restart them first" in told
