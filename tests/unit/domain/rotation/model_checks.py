"""The invariants of the model."""

from __future__ import annotations

from collections.abc import Iterable

from tests.unit.domain.rotation.model_cluster import Cluster
from tests.unit.domain.rotation.model_trust import Held, Workload, trusts


def check_trust(clusters: list[Cluster]) -> None:
    """Each workload trusts each other, and the istiods that it renews with."""
    workloads = [workload for cluster in clusters for workload in cluster.workloads]
    known = {workload.roots for workload in workloads}
    shown = {workload.anchors for workload in workloads}
    for roots in known:
        for anchors in shown:
            assert trusts(roots, anchors), f"who knows {roots} does not trust {set(anchors)}"
    for cluster in clusters:
        for workload in cluster.workloads:
            for held in cluster.serving:
                message = f"a pod with {workload.mounted} mounted does not trust istiod's {held}"
                assert trusts(workload.mounted, held.anchors), message


def check_change(before: Held, after: Held, *, is_hurried: bool = False) -> None:
    """One thing changes at a time, and a bundle grows at its end or loses roots.

    Both may change only on the way back to a root that all have trusted all along, while the bundle
    grows: it catches an istiod in the middle of being widened. Where a root is compromised, a
    cluster that was not waited for catches up at once, with a chain to what all have trusted.
    """
    if before.roots == after.roots:
        return
    has_grown = after.roots[: len(before.roots)] == before.roots
    left = tuple(each for each in before.roots if each in after.roots)
    assert has_grown or left == after.roots, f"{before} → {after} neither grows nor shrinks"
    is_same_chain = (before.signer, before.crossed) == (after.signer, after.crossed)
    is_return = has_grown and after.signer in before.roots and after.crossed is None
    is_bridged = is_hurried and has_grown and after.crossed in before.roots
    assert is_same_chain or is_return or is_bridged, (
        f"{before} → {after} changes signer and bundle at once"
    )


def check_dependants(before: Held, after: Held, workloads: Iterable[Workload]) -> None:
    """No root leaves a bundle that anybody depends on."""
    for root in set(before.roots) - set(after.roots):
        for workload in workloads:
            assert trusts(after.roots, workload.anchors), f"{root} leaves, a leaf still needs it"
            assert set(workload.roots) != {root}, f"{root} leaves, a workload knows it alone"
