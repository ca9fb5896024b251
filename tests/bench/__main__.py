"""The command line of the benchmark: `python -m tests.bench [N…]`."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from testbed import Testbed, TestbedError
from testbed.interrupt import shielded
from tests.bench import site
from tests.bench.machine import describe_machine
from tests.bench.measurement import measure
from tests.bench.record import PAGE, record
from tests.bench.report import build_report
from tests.bench.results import Measurement

DEFAULT_COUNTS = (50, 200, 1000)
LEAST = 20

_STATE = "/var/lib/roottrust-bench"
_RANGE = "127"
_LOCK = Path("/run/lock/roottrust-bench")


def main() -> int:
    """Measure, print the table, and take everything down."""
    options = _parse()
    # A testbed that somebody uses by hand has another folder and other networks.
    os.environ.setdefault("TESTBED_STATE", _STATE)
    os.environ.setdefault("TESTBED_RANGE", _RANGE)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        machine = describe_machine()
        with _hold_lock():
            measured = build_report(_measure_all(options.counts, keeps=options.keep))
        text = f"{machine}\n\n{measured}"
        print(text)
        if options.record:
            record(text)
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


@contextmanager
def _hold_lock() -> Iterator[None]:
    """Be alone: two at once would take each other's cluster down."""
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TestbedError("another benchmark runs on this machine: wait for its end") from None
        yield


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
        help="policies, each with a made-up cluster (default: 50, 200 and 1000)",
    )
    parser.add_argument(
        "--record", action="store_true", help=f"write the tables into {PAGE.name}, too"
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
