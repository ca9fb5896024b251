"""Each cluster that policies or mirrors speak of."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.api.mesh import MeshStatus
from roottrust.cli.doctor.facts import Facts
from roottrust.cli.doctor.finding import Check, Finding, found
from roottrust.cli.doctor.remedy import find_cluster_remedy
from roottrust.cli.doctor.told import passed_if_of_now
from roottrust.domain.health import Health
from roottrust.domain.mirror_mark import MIRROR_LABEL, is_mirror
from roottrust.domain.mirror_status import find_current


def check_clusters(facts: Facts) -> Iterator[Finding]:
    """Judge each cluster once: one that is not of now goes before one that is."""
    mirrors: dict[str, Condition | None] = {}
    for mesh in facts.believed_meshes:
        if is_mirror(mesh) and mesh["metadata"]["namespace"] == facts.home:
            cluster = str(mesh["metadata"]["labels"][MIRROR_LABEL])
            status = MeshStatus.find(mesh.get("status"))
            current = find_current(status) if status else None
            if cluster not in mirrors or not _is_true(current):
                mirrors[cluster] = current
    told = {each.cluster for policy in facts.tree.policies for each in policy.meshes}
    for cluster in sorted(told | mirrors.keys()):
        yield _judge(facts, cluster, mirrors.get(cluster), is_mirrored=cluster in mirrors)


def _judge(facts: Facts, cluster: str, current: Condition | None, *, is_mirrored: bool) -> Finding:
    subject = f"cluster {cluster}"
    if not is_mirrored:
        what = "the policies' status tells of it"
        return passed_if_of_now(facts, Check.CLUSTERS, subject, what)
    if current is None or _is_true(current):
        what = "the hub reaches it, what it tells is of now"
        return passed_if_of_now(facts, Check.CLUSTERS, subject, what)
    remedy = find_cluster_remedy(current.reason, cluster=cluster)
    what = f"{current.reason}: {current.message}"
    return found(Check.CLUSTERS, subject, Health.BAD, what, why=remedy.why, fix=remedy.fix)


def _is_true(condition: Condition | None) -> bool:
    return condition is not None and condition.status is ConditionStatus.TRUE
