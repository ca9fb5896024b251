"""The finding of what could not be looked at: it names the right, and is never a pass."""

from __future__ import annotations

from roottrust.cli.doctor.facts import Unseen
from roottrust.cli.doctor.finding import Check, Finding
from roottrust.domain.health import Health

RIGHTS = "kubectl apply -f deploy/doctor/rbac.yaml"
SECRET_RIGHTS = "kubectl apply -f deploy/doctor/secrets-rbac.yaml"  # noqa: S105 - a command


def not_seen(
    check: Check, subject: str, unseen: Unseen, *, why: str, rights: str = RIGHTS
) -> Finding:
    """Return the finding; without a right to blame, what went wrong is all that is known."""
    return Finding(
        check=check,
        subject=subject,
        health=Health.UNKNOWN,
        what=f"It could not be looked at. {unseen.message}",
        why=why,
        fix=rights if unseen.right else None,
        right=unseen.right,
    )
