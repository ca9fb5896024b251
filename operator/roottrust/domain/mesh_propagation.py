"""How far the trust bundle of one mesh has come: what its own cluster reports of it."""

from __future__ import annotations

from roottrust.api.mesh import MeshStatus, NamespaceSync
from roottrust.domain.mesh_condition import (
    MeshCondition,
    build_false,
    build_true,
    build_unknown,
)
from roottrust.domain.reasons import Reason
from roottrust.domain.target import MeshTarget

_SHOWN = 12
_MAX_NAMES = 3


def judge_propagation(
    mesh: MeshTarget, report: MeshStatus | None, *, bundle: tuple[str, ...] | None
) -> MeshCondition:
    """Return the condition TrustPropagated of a mesh.

    `bundle` are the fingerprints of its trust bundle in their order, None while they are not known.
    """
    if report is None:
        return build_unknown(
            Reason.WAITING_FOR_REPORT,
            f"Nothing reports what istiod of {mesh.name} publishes: run the operator with the role "
            "cluster in its cluster.",
        )
    if report.self_signed:
        return build_false(
            Reason.SELF_SIGNED,
            f"istiod of {mesh.name} signs with a root that it made itself: put the agent beside it "
            "(`roottrust istiod-patch`), and it restarts under the policy's.",
        )
    if not report.root_fingerprints:
        return build_unknown(
            Reason.WAITING_FOR_ISTIOD, f"istiod of {mesh.name} has not published a root yet."
        )
    if bundle is None:
        return build_unknown(
            Reason.WAITING_FOR_VAULT, f"Which root {mesh.name} should have is not known yet."
        )
    return _compare(mesh, report, bundle)


def _compare(mesh: MeshTarget, report: MeshStatus, bundle: tuple[str, ...]) -> MeshCondition:
    published = report.root_fingerprints
    if bundle[0] not in published:
        return build_false(
            Reason.OTHER_ROOT_PUBLISHED,
            f"istiod of {mesh.name} publishes another root ({published[0][:_SHOWN]}) than the "
            f"policy's ({bundle[0][:_SHOWN]}): see whether its agent runs, and whether a Secret "
            "cacerts or istiod-tls overrides it.",
        )
    if published != bundle:
        return build_unknown(
            Reason.BUNDLE_OUTDATED,
            f"istiod of {mesh.name} does not publish the current trust bundle yet.",
        )
    if report.namespaces is None:
        return build_unknown(
            Reason.WAITING_FOR_REPORT,
            f"How many namespaces of {mesh.name} have the root is not reported yet.",
        )
    return _judge_namespaces(mesh, report.namespaces)


def _judge_namespaces(mesh: MeshTarget, namespaces: NamespaceSync) -> MeshCondition:
    missing = namespaces.total - namespaces.in_sync
    if missing > 0:
        names = ", ".join(namespaces.stale[:_MAX_NAMES])
        first = f" (first: {names})" if names else ""
        return build_unknown(
            Reason.NAMESPACES_STALE,
            f"{missing} of {namespaces.total} namespaces of {mesh.name} do not have the current "
            f"root yet{first}.",
        )
    return build_true(
        Reason.PROPAGATED,
        f"{namespaces.total} namespaces of {mesh.name} have the policy's root.",
    )
