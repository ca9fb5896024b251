"""Lines that tell what the benchmark is doing, apart from its table."""

from __future__ import annotations

import sys


def report_phase(count: int, text: str, *, noun: str = "policies") -> None:
    """Say what begins."""
    print(f"… {count} {noun}: {text}", file=sys.stderr, flush=True)
