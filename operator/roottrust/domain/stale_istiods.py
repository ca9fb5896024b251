"""Istiods that know their clients by roots before: what that means, and what to do about it.

istiod reads once, when it starts, by which roots it knows clients that show a certificate
(`createPeerCertVerifier` in istio pilot/pkg/bootstrap/server.go, so since 1.12 at least). Proxies
that come with a token, as every pod does, are not concerned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.domain.counted import count
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True, order=True)
class StaleIstiod:
    """The istiod of one mesh, and how many of its replicas there are of that kind."""

    cluster: str
    mesh: str
    namespace: str
    deployment: str
    replicas: int


def describe_stale_istiods(found: Iterable[StaleIstiod]) -> str | None:
    """Return one sentence about all of them, with the command for the first; None for none."""
    ranked = sorted(found)
    if not ranked:
        return None
    first = ranked[0]
    whose = f"{first.mesh} in {first.cluster}" if len(ranked) == 1 else count(len(ranked), "mesh")
    total = count(sum(each.replicas for each in ranked), "replica")
    return (
        f"{Reason.ISTIODS_STALE}: {total} of istiod of {whose} started under other roots, and "
        "until a restart knows by these the clients that show a certificate: VMs may fail to "
        "renew theirs, and what a root before has signed gets in (pods come with tokens and are "
        f"not concerned). Restart it when it suits, as in {first.cluster} by `kubectl rollout "
        f"restart deployment/{first.deployment} -n {first.namespace}`."
    )


def warn_of_stale_istiods(meshes: Iterable[MeshReport]) -> str | None:
    """Return the warning of a policy at rest: of a rotation under way that itself tells."""
    return describe_stale_istiods(
        StaleIstiod(
            cluster=each.key.cluster,
            mesh=each.key.name,
            namespace=each.mesh.namespace,
            deployment=each.mesh.deployment,
            replicas=len(each.stale_istiods),
        )
        for each in meshes
        if each.stale_istiods and not each.is_in_step
    )
