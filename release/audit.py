"""Does what uv.lock pins have known vulnerabilities: `python -m release.audit`.

OSV is asked, which has the advisories of PyPI and GitHub. Where it cannot be reached nothing is
known, and that is said, not passed over; it is no failure, or nobody could work without a network.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from release.audit_exceptions import FILE, AuditException, read_exceptions
from release.errors import ReleaseError
from release.tree import REPOSITORY, UV
from testbed import TestbedError
from testbed.command import CommandError, run

_UNREACHABLE = re.compile(r"request for url|Request failed|HTTP status")


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What came out: wrong is what has to be put right, and notes are to be read."""

    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    packages: int = 0
    unreachable: str = ""

    def describe(self) -> str:
        """Say it in one sentence."""
        if self.unreachable:
            return f"NOT AUDITED, the service cannot be reached: {self.unreachable}"
        if self.wrong:
            return f"{len(self.wrong)} to put right, see above"
        return f"{self.packages} packages, none with a vulnerability that has a fix"


def run_audit(service: str | None = None, today: date | None = None) -> Audit:
    """Ask for everything in the lock file: what runs, and what it is built and tested with."""
    day = today or datetime.now(UTC).date()
    exceptions = read_exceptions(day)
    command: list[str | Path] = [UV, "audit", "--locked", "--output-format", "json"]
    command += ["--service-url", service] if service else []
    try:
        printed = run(
            command, directory=REPOSITORY, environment={"UV_HTTP_RETRIES": "1"}, seconds=120
        )
    except CommandError as error:
        if error.returncode == 1 and error.printed.startswith("{"):
            return judge(json.loads(error.printed), exceptions, day)
        if _UNREACHABLE.search(error.output):
            return Audit(unreachable=error.output.splitlines()[-1].strip().removeprefix("cause: "))
        raise ReleaseError(f"uv could not audit: {error.output}") from None
    return judge(json.loads(printed), exceptions, day)


def judge(found: Mapping[str, Any], exceptions: Sequence[AuditException], today: date) -> Audit:
    """Tell what has a fix that is not taken and no exception that holds from the rest."""
    wrong, notes, used = [], [], set()
    for each in found["vulnerabilities"]:
        line, fixes = _describe(each), each["fix_versions"]
        exception = next((one for one in exceptions if _covers(one, each)), None)
        used.add(exception)
        if exception and today <= exception.until:
            notes.append(f"{line}; until {exception.until}: {exception.reason}")
        elif exception:
            wrong.append(f"{line}; its exception in {FILE} ended on {exception.until}")
        elif fixes:
            wrong.append(f"{line}; fixed in {', '.join(fixes)}")
        else:
            notes.append(f"{line}; there is no fix yet")
    wrong += [
        f"{FILE}: {one.id} of {one.package} is found no more"
        for one in exceptions
        if one not in used
    ]
    notes += [f"the index warns: {json.dumps(status)}" for status in found["adverse_statuses"]]
    packages: int = found["summary"]["audited_packages"]
    return Audit(wrong=tuple(wrong), notes=tuple(notes), packages=packages)


def _describe(found: Mapping[str, Any]) -> str:
    names = ", ".join([found["id"], *found["aliases"]])
    package = found["dependency"]
    return f"{package['name']} {package['version']}: {found['summary'] or 'no summary'} ({names})"


def _covers(exception: AuditException, found: Mapping[str, Any]) -> bool:
    return exception.package == found["dependency"]["name"] and exception.id in (
        found["id"],
        *found["aliases"],
    )


def main(arguments: Sequence[str]) -> int:
    """Print what is known; a vulnerability that has a fix is a failure."""
    parser = argparse.ArgumentParser(prog="python -m release.audit")
    parser.add_argument("--service-url", help="another service that speaks as OSV does")
    try:
        audit = run_audit(parser.parse_args(arguments).service_url)
    except (ReleaseError, TestbedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for line in (*audit.notes, *audit.wrong):
        sys.stderr.write(f"{line}\n")
    frame = "!" * 100
    print(f"{frame}\n{audit.describe()}\n{frame}" if audit.unreachable else audit.describe())
    return 1 if audit.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
