"""Each cluster that policies or mirrors speak of, and the Secrets that register them.

Of these Secrets the metadata alone is asked for: what is in them the hub judges, and tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.cli.doctor.facts import Facts, Manifest, Unseen, list_seen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.remedy import find_remedy
from roottrust.cli.doctor.unseen import SECRET_RIGHTS, not_seen
from roottrust.domain.cluster_registration import VAULT_HOST_ANNOTATION
from roottrust.domain.health import Health
from roottrust.domain.mirror_mark import MIRROR_LABEL, is_mirror
from roottrust.domain.mirror_status import find_current, read_status

_UNUSED = "the hub does not serve that cluster"


def check_clusters(facts: Facts) -> Iterator[Finding]:
    """Judge each cluster once: one that is not of now goes before one that is."""
    mirrors: dict[str, Condition | None] = {}
    for mesh in list_seen(facts.meshes):
        if is_mirror(mesh):
            cluster = str(mesh["metadata"]["labels"][MIRROR_LABEL])
            status = read_status(mesh)
            current = find_current(status) if status else None
            if cluster not in mirrors or not _is_true(current):
                mirrors[cluster] = current
    told = {each.cluster for policy in facts.tree.policies for each in policy.meshes}
    for cluster in sorted(told | mirrors.keys()):
        yield _judge(cluster, mirrors.get(cluster), is_mirrored=cluster in mirrors)
    yield from _check_registrations(facts)


def _judge(cluster: str, current: Condition | None, *, is_mirrored: bool) -> Finding:
    subject = f"cluster {cluster}"
    if not is_mirrored:
        return passed(Check.CLUSTERS, subject, "the policies' status tells of it")
    if current is None or _is_true(current):
        return passed(Check.CLUSTERS, subject, "the hub reaches it, what it tells is of now")
    remedy = find_remedy(current.reason, policy="", cluster=cluster)
    what = f"{current.reason}: {current.message}"
    return found(Check.CLUSTERS, subject, Health.BAD, what, why=remedy.why, fix=remedy.fix)


def _check_registrations(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.registrations, Unseen):
        yield not_seen(
            Check.CLUSTERS,
            f"registrations in {facts.home}",
            facts.registrations,
            why="clusters that no policy selects are not known",
            rights=SECRET_RIGHTS,
        )
    for secret in list_seen(facts.registrations):
        yield _judge_secret(secret)


def _judge_secret(secret: Manifest) -> Finding:
    metadata = secret["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    subject = f"Secret {namespace}/{name}"
    host = str((metadata.get("annotations") or {}).get(VAULT_HOST_ANNOTATION) or "")
    if host and not host.startswith("https://"):
        what = f"its annotation {VAULT_HOST_ANNOTATION} is no https:// address"
        fix = f"kubectl annotate secret {name} -n {namespace} --overwrite {VAULT_HOST_ANNOTATION}=https://..."
        return found(Check.CLUSTERS, subject, Health.BAD, what, why=_UNUSED, fix=fix)
    if metadata.get("deletionTimestamp"):
        what = "it is being deleted"
        fix = "roottrust cluster list"
        return found(Check.CLUSTERS, subject, Health.WARNING, what, why=_UNUSED, fix=fix)
    return passed(Check.CLUSTERS, subject, "it registers clusters")


def _is_true(condition: Condition | None) -> bool:
    return condition is not None and condition.status is ConditionStatus.TRUE
