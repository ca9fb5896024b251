"""The command line of the benchmark: `python -m tests.bench [N…]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from testbed import Testbed, TestbedError
from testbed.interrupt import shielded
from tests.bench import site
from tests.bench.measurement import Measurement, measure
from tests.bench.report import build_table

DEFAULT_COUNTS = (50, 200)
LEAST = 20

_STATE = "/var/lib/roottrust-bench"
_RANGE = "127"


def main() -> int:
    """Measure, print the table, and take everything down."""
    options = _parse()
    # A testbed that somebody uses by hand has another folder and other networks.
    os.environ.setdefault("TESTBED_STATE", _STATE)
    os.environ.setdefault("TESTBED_RANGE", _RANGE)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        print(build_table(_measure_all(options.counts, keeps=options.keep)))
    except TestbedError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; what it had made is removed", file=sys.stderr)
        return 130
    return 0


def _measure_all(counts: list[int], *, keeps: bool) -> list[Measurement]:
    bed = Testbed()
    try:
        with tempfile.TemporaryDirectory(prefix="roottrust-bench-") as name:
            folder = Path(name)
            site.bring_up(bed, folder)
            return [asyncio.run(measure(bed, folder, count)) for count in counts]
    finally:
        if not keeps:
            with shielded():
                bed.down()
                shutil.rmtree(os.environ["TESTBED_STATE"], ignore_errors=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the hub against the floor."
    )
    parser.add_argument(
        "counts",
        nargs="*",
        type=_read_count,
        default=list(DEFAULT_COUNTS),
        metavar="N",
        help="policies, each with a made-up cluster (default: 50 and 200)",
    )
    parser.add_argument("--keep", action="store_true", help="leave the testbed up at the end")
    return parser.parse_args()


def _read_count(text: str) -> int:
    count = int(text)
    if count < LEAST:
        raise ValueError(f"{LEAST} at least")
    return count


if __name__ == "__main__":
    sys.exit(main())
