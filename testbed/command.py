"""Run a program to its end, with its own words as the error."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from testbed import interrupt
from testbed.errors import TestbedError


class CommandError(TestbedError):
    """A program ended with an error; carries its words, and what it had printed before them."""

    def __init__(
        self, argv: Sequence[str], returncode: int, output: str, *, printed: str = ""
    ) -> None:
        self.argv = tuple(argv)
        self.returncode = returncode
        self.output = output.strip()
        self.printed = printed.strip()
        last = "\n".join(self.output.splitlines()[-10:]) or "it printed nothing"
        command = " ".join(Path(word).name if i == 0 else word for i, word in enumerate(argv[:6]))
        super().__init__(f"`{command}` failed with exit code {returncode}: {last}")


def run(
    argv: Sequence[str | Path],
    *,
    input: str | None = None,  # noqa: A002  the name that subprocess gives it
    environment: Mapping[str, str | None] | None = None,
    directory: Path | None = None,
    seconds: float = 120,
) -> str:
    """Run a program in a session of its own and return what it printed.

    A session of its own, because Ctrl-C in a terminal reaches the whole foreground group, and
    tearing down must not lose its own commands to it.
    """
    words = [str(word) for word in argv]
    if shutil.which(words[0]) is None:
        raise TestbedError(f"The program {words[0]} is not on this machine.")
    with (
        _open_input(input) as stdin,
        subprocess.Popen(
            words,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=build_environment(environment or {}),
            cwd=directory,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            output, errors = _communicate(process, seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        raise CommandError(words, process.returncode, errors or output, printed=output)
    return output


def build_environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return our own environment with these changes; what is None is taken out of it."""
    variables = {**os.environ, **changes}
    return {name: value for name, value in variables.items() if value is not None}


def bind(argv: Sequence[str | Path]) -> list[str | Path]:
    """Have a long program end with this one: were we killed, it would go on for nobody."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else list(argv)


def contain(argv: Sequence[str | Path]) -> list[str | Path]:
    """Have whatever a program starts and mounts end with it, and it with this one."""
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return bind(["unshare", *namespaces, *argv])


@contextlib.contextmanager
def _open_input(text: str | None) -> Iterator[IO[str] | int]:
    """Give a program its whole input at once.

    A pipe takes a little; what is left, waiting in short steps would never write.
    """
    if text is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile("w+") as file:
        file.write(text)
        file.seek(0)
        yield file


def _communicate(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """Wait for the end in short steps, so that a requested stop is noticed."""
    waited = 0.0
    while True:
        try:
            return process.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            waited += 0.2
            interrupt.check()
            if waited > seconds:
                words = process.args if isinstance(process.args, list) else []
                raise CommandError(words, -1, f"no end after {seconds:.0f} s") from None
