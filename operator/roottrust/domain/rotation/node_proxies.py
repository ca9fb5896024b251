"""Proxies of nodes (ztunnel), of which nobody can tell by which roots they know their peers.

One has certificates of many workloads, and with each the roots of the moment it was given: old
leaves end by themselves, and tell nothing of the roots beside them.
"""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.domain.counted import count
from roottrust.domain.rotation.evidence import MeshView
from roottrust.domain.some_names import list_some


def tell_node_proxies(meshes: Iterable[MeshView]) -> tuple[str, ...]:
    """Return what speaks for them before the previous root is dropped, as half a sentence."""
    pods: dict[str, int] = {}
    for mesh in meshes:
        found = mesh.evidence.node_proxies if mesh.evidence else 0
        # Each istiod of a cluster counts them all: any may have signed for them.
        pods[mesh.cluster] = max(found, pods.get(mesh.cluster, 0))
    clusters = sorted(name for name, found in pods.items() if found)
    if not clusters:
        return ()
    total = sum(pods.values())
    is_one = total == 1
    told = (
        f"{count(total, 'pod')} of ztunnel in {list_some(clusters)} may know "
        f"{'its' if is_one else 'their'} peers by the previous root alone: restart "
        f"{'it' if is_one else 'them'} first (`kubectl rollout restart daemonset/ztunnel`)"
    )
    return (told,)
