"""A program whose lines are read while it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from testbed.command import build_environment


def follow(
    argv: Sequence[str | Path],
    told: Callable[[str], None],
    *,
    environment: Mapping[str, str | None],
    directory: Path,
) -> int:
    """Hand on each line when it is printed, and return the exit code.

    In a session of its own, so that Ctrl-C in a terminal reaches us alone; then it is killed.
    """
    with subprocess.Popen(
        [str(each) for each in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=build_environment(environment),
        cwd=directory,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                told(line.rstrip("\n"))
            return process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
