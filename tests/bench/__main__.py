"""The command line of the benchmark: `python -m tests.bench [N…] [--clusters [N…]]`."""

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
from tests.bench.clusters import report, stage
from tests.bench.clusters.measurement import measure_clusters
from tests.bench.machine import describe_machine
from tests.bench.measurement import measure
from tests.bench.record import CLUSTERS, PAGE, POLICIES, record
from tests.bench.report import build_report

DEFAULT_COUNTS = (50, 200, 1000)
LEAST = 20
DEFAULT_CLUSTERS = (10, 100, 1000)
LEAST_CLUSTERS = 10

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
            for part, measured in _measure_all(options):
                text = f"{machine}\n\n{measured}"
                print(text, end="\n\n", flush=True)
                if options.record:
                    record(text, part=part)
    except TestbedError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; what it had made is removed", file=sys.stderr)
        return 130
    return 0


def _measure_all(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield each part of the page with what was measured for it."""
    bed = Testbed()
    try:
        with tempfile.TemporaryDirectory(prefix="roottrust-bench-") as name:
            folder = Path(name)
            site.bring_up(bed, folder)
            if options.counts:
                found = [asyncio.run(measure(bed, folder, count)) for count in options.counts]
                yield POLICIES, build_report(found)
            if options.clusters:
                stage.bring_up(bed)
                seen = []
                for count in options.clusters:
                    seen.append(asyncio.run(measure_clusters(bed, folder, count)))
                    print(report.build_table(seen[-1:]), file=sys.stderr)  # the next may fail
                yield CLUSTERS, report.build_report(seen)
    finally:
        if not options.keep:
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
        metavar="N",
        help="policies, each with a made-up cluster (default: 50, 200 and 1000)",
    )
    parser.add_argument(
        "--clusters",
        nargs="*",
        type=_read_cluster_count,
        metavar="N",
        help="registered clusters under one policy (default: 10, 100 and 1000)",
    )
    parser.add_argument(
        "--record", action="store_true", help=f"write the tables into {PAGE.name}, too"
    )
    parser.add_argument("--keep", action="store_true", help="leave the testbed up at the end")
    options = parser.parse_args()
    # Counts for one part measure that part alone.
    if not options.counts and options.clusters is None:
        options.counts, options.clusters = DEFAULT_COUNTS, DEFAULT_CLUSTERS
    elif options.clusters == []:
        options.clusters = DEFAULT_CLUSTERS
    return options


def _read_count(text: str) -> int:
    count = int(text)
    if count < LEAST:
        raise ValueError(f"{LEAST} at least")
    return count


def _read_cluster_count(text: str) -> int:
    count = int(text)
    if count < LEAST_CLUSTERS:
        raise ValueError(f"{LEAST_CLUSTERS} at least: every tenth is to die")
    return count


if __name__ == "__main__":
    sys.exit(main())
