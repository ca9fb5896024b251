"""A long command is read while it runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from demo.following import follow


def run(script: str, told: list[str], directory: Path) -> int:
    return follow([sys.executable, "-c", script], told.append, environment={}, directory=directory)


def test_hands_on_what_is_printed_on_both_ways_and_returns_the_exit_code(tmp_path: Path) -> None:
    told: list[str] = []
    script = "import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(3)"
    assert run(script, told, tmp_path) == 3
    assert told == ["a", "b"]


def test_hands_on_a_line_before_the_end_and_ends_what_whoever_reads_has_enough_of(
    tmp_path: Path,
) -> None:
    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    script = "import time; print('a', flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        follow([sys.executable, "-c", script], stop, environment={}, directory=tmp_path)
    assert time.monotonic() - begun < 50
