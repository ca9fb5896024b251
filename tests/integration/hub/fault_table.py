"""One row of docs/faults.md for each fault that was made on a server."""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "dist/faults"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was seen of one fault on one server."""

    fault: str
    server: str
    seconds: float
    shown: list[str]
    requests: int
    writes: int
    kubernetes_writes: int
    recovered_seconds: float
    note: str = ""
    at: str = ""
    load: str = ""

    def save(self) -> None:
        """Keep it, in place of what was seen before."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        load = f"{os.getloadavg()[0]:.1f}"
        FOLDER.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", f"{self.server} {self.fault}").strip("-").lower()
        text = json.dumps({**asdict(self), "at": now, "load": load}, indent=1)
        FOLDER.joinpath(f"{name}.json").write_text(text)


def read_rows() -> list[Row]:
    """Return all rows that are kept."""
    return [Row(**json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json"))]


def describe_machine() -> str:
    """Return what the numbers depend on."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, Linux {platform.release()}, Python {platform.python_version()}"
