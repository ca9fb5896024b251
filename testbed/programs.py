"""The programs of one cluster or one Vault: started, stopped, paused, found again."""

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from testbed import interrupt, process, record
from testbed.errors import TestbedError
from testbed.process import Identity


class Programs:
    """Programs that run in one network namespace and are recorded below one folder."""

    def __init__(self, folder: Path, *, namespace: str | None = None) -> None:
        self._records = folder / "run"
        self._logs = folder / "logs"
        self._namespace = namespace

    def start(
        self, name: str, argv: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a program anew under this name and remember how, for `restart`."""
        self._launch(name, [str(word) for word in argv], dict(environment or {}))

    def restart(self, name: str) -> None:
        """Start a stopped program again as it was started before; harmless when it runs."""
        if not self.is_running(name):
            content = self._content(name)
            self._launch(name, content["argv"], content["environment"])

    def stop(self, name: str, *, grace_seconds: float = 5) -> None:
        """End one program and wait until it is gone; harmless when it does not run."""
        process.end([self._identity(name)], grace_seconds=grace_seconds)

    def end_all(self, *, grace_seconds: float, first: Sequence[str] = ()) -> None:
        """End every program; those named in `first` before the others."""
        names = self.names()
        for group in ([n for n in names if n in first], [n for n in names if n not in first]):
            process.end([self._identity(n) for n in group], grace_seconds=grace_seconds)

    def pause(self, name: str) -> None:
        """Freeze a program where it stands (SIGSTOP): its sockets stay open and silent."""
        self._identity(name).send(signal.SIGSTOP)

    def unpause(self, name: str) -> None:
        """Let a frozen program run on (SIGCONT)."""
        self._identity(name).send(signal.SIGCONT)

    def argv(self, name: str) -> list[str]:
        """Give the words that a program was started with last, to start it with others."""
        return list(self._content(name)["argv"])

    def names(self) -> list[str]:
        """Name every program that was ever started here."""
        return sorted(path.stem for path in self._records.glob("*.json"))

    def pid(self, name: str) -> int | None:
        """Give the id of a program that runs; None when it does not."""
        return self._identity(name).pid if self.is_running(name) else None

    def is_running(self, name: str) -> bool:
        """Tell whether the recorded program still runs."""
        return record.read(self._path(name)) is not None and self._identity(name).is_running()

    def log(self, name: str) -> Path:
        """Say where a program's log lies, whether or not it has written one."""
        return self._logs / f"{name}.log"

    def wait_until(
        self,
        probe: Callable[[], bool],
        name: str,
        trouble: str,
        *,
        seconds: float = 120,
        every: float = 0.1,
    ) -> None:
        """Wait until a program is as it should be, or raise with the end of a log.

        That of the program that ended by itself, or of the named one when time ran out.
        """

        def holds() -> bool:
            if probe():
                return True
            for each in self.names():
                if not self.is_running(each):
                    raise ProgramError(each, "ended by itself", self.log(each))
            return False

        if not interrupt.wait_until(holds, seconds=seconds, every=every):
            raise ProgramError(name, f"{trouble} after {seconds:.0f} s", self.log(name))

    def _launch(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        enter = ["nsenter", f"--net=/run/netns/{self._namespace}", "--"] if self._namespace else []

        def remember(identity: Identity) -> None:
            record.write(
                self._path(name),
                {
                    "pid": identity.pid,
                    "started": identity.started,
                    "boot": identity.boot,
                    "argv": argv,
                    "environment": environment,
                },
            )

        process.spawn([*enter, *argv], log=self.log(name), environment=environment, record=remember)

    def _path(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def _content(self, name: str) -> dict[str, Any]:
        content = record.read(self._path(name))
        if content is None:
            known = ", ".join(self.names()) or "none"
            raise TestbedError(f"There is no part {name} here; the parts are: {known}.")
        return content

    def _identity(self, name: str) -> Identity:
        content = self._content(name)
        return Identity(content["pid"], content["started"], content["boot"])


class ProgramError(TestbedError):
    """A program is not as it should be; shows the end of its log, which will soon be gone."""

    def __init__(self, name: str, trouble: str, log: Path) -> None:
        super().__init__(f"{log.parents[1].name}: {name} {trouble}; its log ends:\n{tail(log)}")


def tail(log: Path, lines: int = 20) -> str:
    """Read the last lines of a log, if there is one."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
