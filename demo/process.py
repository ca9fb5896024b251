"""Programs that outlive the demo's own process, known by id and start; on any Unix."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.errors import DemoError
from demo.folder import Folder
from testbed.command import build_environment
from testbed.programs import tail

_GRACE_SECONDS = 20.0
_RECORDS = "processes.json"


def start(
    folder: Folder,
    name: str,
    words: Sequence[str],
    *,
    environment: Mapping[str, str | None] | None = None,
) -> None:
    """Start a program that writes NAME.log, and record it."""
    log = folder.write(f"{name}.log", "")
    with log.open("ab") as output:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=build_environment(environment or {}),
            start_new_session=True,
        )
    _record(folder, {**_records(folder), name: (process.pid, _started(process.pid))})


def stop_all(folder: Folder) -> None:
    """End every recorded program that still runs, the last one first."""
    for name, (pid, started) in reversed(_records(folder).items()):
        if _is_same(pid, started):
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _GRACE_SECONDS
            while _is_same(pid, started) and time.monotonic() < deadline:
                time.sleep(0.05)
        if _is_same(pid, started):
            os.kill(pid, signal.SIGKILL)
        _record(folder, {n: known for n, known in _records(folder).items() if n != name})


def check(folder: Folder, name: str) -> None:
    """Raise with the end of its log when a program has ended by itself."""
    if not _is_same(*_records(folder)[name]):
        raise DemoError(f"The {name} has ended by itself:\n{read_end(folder, name)}")


def list_names(folder: Folder) -> list[str]:
    """Name every program that is recorded, the first one first."""
    return list(_records(folder))


def read_end(folder: Folder, name: str, *, lines: int = 30) -> str:
    """Read the last lines of a program's log."""
    return tail(folder.file(f"{name}.log"), lines=lines)


def _records(folder: Folder) -> dict[str, tuple[int, str]]:
    records: dict[str, tuple[int, str]] = folder.read_record(_RECORDS) or {}
    return records


def _record(folder: Folder, records: Mapping[str, tuple[int, str]]) -> None:
    folder.write_record(_RECORDS, records)


def _is_same(pid: int, started: str) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return bool(started) and _started(pid) == started


def _started(pid: int) -> str:
    """Say when a process was started, so that a later one of its id is told from it."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return ""
    words = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
