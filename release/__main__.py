"""`python -m release [--upgrade]`: is this tree ready to be released; see `make release-check`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from release.check import Outcome, Result, build_steps, run_steps
from release.tree import read_version
from testbed.progress import Progress


def render_table(results: Sequence[tuple[str, Result]]) -> str:
    """Return a line for each step; what went wrong stands below."""
    width = max(len(name) for name, _ in results)
    lines = []
    for name, result in results:
        first, *rest = result.message.splitlines() or [""]
        lines.append(f"{name:<{width}}  {result.outcome:<9}  {first}".rstrip())
        lines += [f"{'':<{width}}  {'':<9}  {line}".rstrip() for line in rest]
    counts = Counter(result.outcome for _, result in results)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    return "\n".join([*lines, "", f"roottrust {read_version()}: {told}"])


def main(arguments: Sequence[str]) -> int:
    """Run all steps and print the table; one that failed makes the exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m release")
    parser.add_argument("--upgrade", action="store_true", help="upgrade from the last tag as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        steps = build_steps(Path(scratch), upgrade=options.upgrade)
        results = run_steps(steps, Progress())
    print(f"\n{render_table(results)}")
    return 1 if any(result.outcome is Outcome.FAILED for _, result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
