"""The troubleshooting table of the guide: each of its rows, and whether it applies here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roottrust.cli.doctor.facts import Facts, Unseen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.domain.health import Health
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: the error that the guide quotes, what means the same here, and what to do."""

    error: str
    reasons: frozenset[Reason]
    what: str
    why: str
    fix: str


ROWS = (
    Row(
        error="pods vault-0 not found, pod vault-0 does not have a host assigned",
        reasons=frozenset({Reason.UNREACHABLE}),
        what="Vault does not answer: its pod may not run",
        why="everything else waits for it",
        fix="kubectl get pods -A -l app.kubernetes.io/name=vault",
    ),
    Row(
        error="path is already in use",
        reasons=frozenset({Reason.CONFLICT}),
        what="something else has the name of a mount, role or policy",
        why="what matches is adopted by itself; this differs, and is left alone",
        fix="roottrust plan  # shows the difference",
    ),
    Row(
        error="the given certificate is not marked for CA use",
        reasons=frozenset({Reason.ROOT_NOT_USABLE, Reason.INVALID_ROOT_SECRET, Reason.NOT_A_CA}),
        what="the root is no usable CA; LibreSSL of macOS makes such ones by the guide's command",
        why="nothing can be signed under it",
        fix="openssl x509 -in root-cert.pem -noout -text  # CA:TRUE? make it by OpenSSL 3",
    ),
)


def check_guide(facts: Facts) -> Iterator[Finding]:
    """Judge each row by what conditions say: a person may look at Vault from elsewhere."""
    told = {each.reason for policy in facts.tree.policies for each in policy.conditions}
    is_known = not isinstance(facts.policies, Unseen)
    for row in ROWS:
        if row.reasons & told:
            yield found(Check.GUIDE, row.error, Health.BAD, row.what, why=row.why, fix=row.fix)
        elif is_known:
            yield passed(Check.GUIDE, row.error, "does not apply")
