"""The Secrets that register clusters, of which the metadata alone is asked for.

What is in them the hub judges, and tells in conditions of the policies that select their clusters.
"""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.facts import Facts, Manifest, Unseen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import SECRET_RIGHTS, not_seen
from roottrust.domain.cluster_registration import VAULT_HOST_ANNOTATION
from roottrust.domain.health import Health

_UNUSED = "the hub does not serve that cluster"


def check_registrations(facts: Facts) -> Iterator[Finding]:
    """Judge each Secret by its metadata."""
    if isinstance(facts.registrations, Unseen):
        yield not_seen(
            Check.REGISTRATIONS,
            f"registrations in {facts.home}",
            facts.registrations,
            why="clusters that no policy selects are not known",
            rights=SECRET_RIGHTS,
        )
        return
    for secret in facts.registrations:
        yield _judge(secret)
    if not facts.registrations:
        what = "no Secret registers a cluster: the hub serves its own"
        yield passed(Check.REGISTRATIONS, f"registrations in {facts.home}", what)


def _judge(secret: Manifest) -> Finding:
    metadata = secret["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    subject = f"Secret {namespace}/{name}"
    host = str((metadata.get("annotations") or {}).get(VAULT_HOST_ANNOTATION) or "")
    if host and not host.startswith("https://"):
        what = f"its annotation {VAULT_HOST_ANNOTATION} is no https:// address"
        fix = f"kubectl annotate secret {name} -n {namespace} --overwrite {VAULT_HOST_ANNOTATION}=https://..."
        return found(Check.REGISTRATIONS, subject, Health.BAD, what, why=_UNUSED, fix=fix)
    if metadata.get("deletionTimestamp"):
        what = "it is being deleted"
        fix = "roottrust cluster list"
        return found(Check.REGISTRATIONS, subject, Health.WARNING, what, why=_UNUSED, fix=fix)
    return passed(Check.REGISTRATIONS, subject, "it registers clusters")
