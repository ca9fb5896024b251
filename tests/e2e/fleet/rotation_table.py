"""One row of docs/rotation-proof.md for each rotation that was run."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from tests.e2e.fleet.root_rotation import Course, Pair
from tests.e2e.load import Told
from tests.session import REPOSITORY, VAULT

FOLDER = REPOSITORY / "dist/rotations"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of the connections in one run; `failed` is by stage, `errors` by its reason."""

    run: str
    strategy: str
    connections: int
    failed: dict[str, int]
    errors: dict[str, int]
    seconds: int
    certificate_seconds: int
    at: str
    load: str
    server: str = "openbao"

    def save(self) -> None:
        """Keep it beside those of other runs."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", f"{self.run} {self.strategy} {self.at}").strip("-").lower()
        FOLDER.joinpath(f"{name}.json").write_text(json.dumps(asdict(self), indent=1))


def describe(
    run: str,
    strategy: str,
    course: Course,
    loads: list[tuple[Pair, Told]],
    *,
    certificate_seconds: int,
) -> Row:
    """Return the row of a run that is over."""
    return Row(
        run=run,
        strategy=strategy,
        connections=sum(told.total for _, told in loads),
        failed=course.count_failed(loads),
        errors=dict(sum((Counter(told.errors) for _, told in loads), Counter[str]())),
        seconds=round(course.ended_at - course.begun_at),
        certificate_seconds=certificate_seconds,
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        load=f"{os.getloadavg()[1]:.1f}",
        server=VAULT,
    )


def read_rows() -> list[Row]:
    """Return all rows that are kept."""
    return [Row(**json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json"))]
