"""Processes that outlive the command that started them, known by id *and* start time."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")

# The child waits for a line before it becomes the program. Should its parent be killed before it
# has recorded the child, the pipe closes and the child ends: no process is ever left unrecorded.
_GATE = 'cd / && read -r _ && exec "$@" </dev/null'


@dataclass(frozen=True)
class Identity:
    """A process id that cannot be mistaken for a later process with the same number."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int, proc: Path = PROC) -> Self | None:
        """Read the identity of a running process; None when there is none, or only a zombie.

        A process of several threads is a zombie as soon as its first one has ended. Its files and
        ports are free when the last one has.
        """
        try:
            stat = (proc / str(pid) / "stat").read_text()
            boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The second field is the program's name in brackets and may itself hold any character.
        fields = stat[stat.rindex(")") + 2 :].split()
        if fields[0] in "ZX" and int(fields[17]) <= 1:
            return None
        return cls(pid, int(fields[19]), boot)

    def is_running(self, proc: Path = PROC) -> bool:
        """Tell whether this very process still runs."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return type(self).of(self.pid, proc) == self

    def send(self, number: signal.Signals) -> None:
        """Signal this very process, or nothing at all."""
        try:
            handle = os.pidfd_open(self.pid)
        except (ProcessLookupError, OSError):
            return
        try:
            # The handle pins the process: if the identity matches now, it cannot change below.
            if self.is_running():
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    record: Callable[[Identity], None],
) -> Identity:
    """Start a program in a session of its own, recorded before its first instruction runs."""
    reader, writer = os.pipe()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        pid = os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", _GATE, "testbed", *argv],
            {**os.environ, **environment},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reader, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM],
        )
        identity = Identity.of(pid)
        if identity is None:
            raise ProcessLookupError(f"{argv[0]} ended before it began")
        record(identity)
        os.write(writer, b"\n")
    finally:
        for descriptor in (reader, writer, output):
            os.close(descriptor)
    return identity


def end(identities: Iterable[Identity], *, grace_seconds: float) -> None:
    """Ask processes to end, all at once, and kill those that have not after the grace."""
    remaining = [identity for identity in identities if identity.is_running()]
    for number, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        for identity in remaining:
            identity.send(number)
            if number is signal.SIGTERM:
                identity.send(signal.SIGCONT)  # a paused process cannot end
        deadline = time.monotonic() + patience
        while remaining and time.monotonic() < deadline:
            time.sleep(0.02)
            remaining = [identity for identity in remaining if identity.is_running()]


def in_network_namespaces(inodes: Iterable[int], proc: Path = PROC) -> list[Identity]:
    """Find every process whose network namespace is one of these."""
    wanted = set(inodes)
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if (entry / "ns/net").stat().st_ino in wanted:
                identity = Identity.of(int(entry.name), proc)
                if identity is not None:
                    found.append(identity)
    return found
