"""Known vulnerabilities that we live with for a while: audit-exceptions.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from release.errors import ReleaseError
from release.tree import REPOSITORY

FILE = "audit-exceptions.toml"
_KEYS = {"id", "package", "reason", "until"}
_LONGEST = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class AuditException:
    """One vulnerability of one package, and until when its reason holds."""

    id: str
    package: str
    reason: str
    until: date


def read_exceptions(today: date, path: Path = REPOSITORY / FILE) -> list[AuditException]:
    """Return those that are written down; one without a reason or an end in sight is refused."""
    table = tomllib.loads(path.read_text())
    if set(table) - {"exception"}:
        raise ReleaseError(f"{FILE}: only [[exception]] belongs there.")
    return [_build(entry, today) for entry in table.get("exception", [])]


def _build(entry: dict[str, object], today: date) -> AuditException:
    until = entry.get("until")
    if set(entry) != _KEYS or not all(entry.values()):
        raise ReleaseError(f"{FILE}: an exception has {', '.join(sorted(_KEYS))}: {entry}")
    if type(until) is not date or until > today + _LONGEST:
        raise ReleaseError(
            f"{FILE}: {entry['id']}: `until` is a date, {_LONGEST.days} days ahead at most."
        )
    return AuditException(
        id=str(entry["id"]), package=str(entry["package"]), reason=str(entry["reason"]), until=until
    )
