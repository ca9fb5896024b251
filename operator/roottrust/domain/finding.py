"""What a check of a CA folder's files found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roottrust.domain.certificate import Certificate
from roottrust.domain.reasons import Reason


class Severity(StrEnum):
    """Whether istiod may be given the files all the same."""

    FATAL = "Fatal"
    WARNING = "Warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong; the message is one sentence that says what to do next."""

    severity: Severity
    reason: Reason
    message: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that is wrong, what is fatal first.

    `issuer` is the SHA-256 of the certificate that signed the intermediate, None without a path to
    a pinned root.
    """

    found: tuple[Finding, ...]
    issuer: str | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What forbids to use the files, in sentences."""
        return self._list_messages(Severity.FATAL)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is no hindrance today, in sentences."""
        return self._list_messages(Severity.WARNING)

    def _list_messages(self, severity: Severity) -> tuple[str, ...]:
        return tuple(each.message for each in self.found if each.severity is severity)


def fatal(reason: Reason, message: str) -> Finding:
    """Return what forbids to use the files."""
    return Finding(severity=Severity.FATAL, reason=reason, message=message)


def warning(reason: Reason, message: str) -> Finding:
    """Return what is no hindrance today."""
    return Finding(severity=Severity.WARNING, reason=reason, message=message)


def name(certificate: Certificate) -> str:
    """Return a certificate as messages name it."""
    return f"{certificate.subject!r} (serial {certificate.serial})"
