"""The context: which API server answers, and whether it has our namespace's operator at all."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.facts import Facts, Unseen
from roottrust.cli.doctor.finding import Check, Finding, passed
from roottrust.cli.doctor.unseen import not_seen

_WHY = {
    "policies": "without it nothing is known of what the hub was asked for, and came to",
    "meshes": "without it nothing is known of what clusters report",
    "certificates": "without it istiods are known by their number alone",
}


def check_access(facts: Facts) -> Iterator[Finding]:
    """Judge what of our own kinds may be read; kinds that are not there are another check's."""
    yield passed(Check.ACCESS, facts.server, f"it answers, Kubernetes {facts.kubernetes}")
    for name, objects in (
        ("policies", facts.policies),
        ("meshes", facts.meshes),
        ("certificates", facts.certificates),
    ):
        if isinstance(objects, Unseen) and not objects.is_absent:
            yield not_seen(Check.ACCESS, name, objects, why=_WHY[name])
