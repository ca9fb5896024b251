"""The operator's process: started, stopped, and looked at from outside."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import yaml

from testbed import TestbedError
from testbed.free_port import find_free_port
from tests.bench.counts import Counts, fetch_counts
from tests.bench.process_cpu import read_cpu_seconds

STOP_SECONDS = 20.0

# The hub says so when everything is listed and before the first request to Vault.
_SERVING = " serves "


class OperatorProcess:
    """One operator; it runs while this is entered as a context.

    Its clusters are made up if their count is given, and else those that Secrets register.
    """

    def __init__(
        self, folder: Path, *, config: Mapping[str, Any], kubeconfig: Path, count: int | None = None
    ) -> None:
        self._port = find_free_port()
        self._log = folder / "operator.log"
        path = folder / "config.yaml"
        http = {"host": "127.0.0.1", "port": self._port}
        path.write_text(yaml.safe_dump({**config, "http": http}), encoding="utf-8")
        self._words = [str(path), str(kubeconfig), *([] if count is None else [str(count)])]
        self._process: subprocess.Popen[bytes] | None = None
        self.launched_at = 0.0

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._require().pid

    def __enter__(self) -> Self:
        # It ends with the benchmark, however that ends.
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable]
        command += ["-m", "tests.bench.operator_entry", *self._words]
        self.launched_at = time.time()
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._require()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def check(self) -> None:
        """Raise unless it runs."""
        if self._require().poll() is not None:
            end = self._log.read_text(encoding="utf-8")[-2000:]
            raise TestbedError(f"The operator has ended: {end}")

    async def wait_until_it_serves(self, *, seconds: float) -> None:
        """Wait until it has begun to work, and tells its counts."""
        deadline = time.time() + seconds
        while self._look_for_start() is None or not self._is_listening():
            self.check()
            if time.time() > deadline:
                raise TestbedError(f"After {seconds:g} s the operator has not begun.")
            await asyncio.sleep(0.02)

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def find_start(self) -> float:
        """Return the time at which it began to work: before its first request to Vault."""
        found = self._look_for_start()
        if found is None:
            raise TestbedError(f"{self._log} does not tell when the operator began.")
        return found

    def _look_for_start(self) -> float | None:
        for line in self._log.read_text(encoding="utf-8").splitlines():
            if _SERVING in line:
                return datetime.fromisoformat(json.loads(line)["time"]).timestamp()
        return None

    async def check_always(self) -> NoReturn:
        """Raise as soon as it does not run any more."""
        while True:
            self.check()
            await asyncio.sleep(0.5)

    async def count(self, *names: str) -> Counts:
        """Return what it has counted, all or some of it."""
        self.check()
        try:
            return await asyncio.to_thread(fetch_counts, self._port, names)
        except OSError:
            await asyncio.sleep(1)  # one that ends closes its connections first
            self.check()
            raise

    async def wait_until_quiet(self) -> None:
        """Wait until it has used no time of a processor for half a second."""
        before = -1.0
        while before < (now := read_cpu_seconds(self.pid)):
            before = now
            await asyncio.sleep(0.5)

    def read_peak_mb(self) -> float:
        """Return the most memory that it has had resident."""
        return self._read_memory_mb("VmHWM")

    def read_memory_mb(self) -> float:
        """Return the memory that it has resident now."""
        return self._read_memory_mb("VmRSS")

    def _read_memory_mb(self, field: str) -> float:
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(each for each in text.splitlines() if each.startswith(f"{field}:"))
        return int(line.split()[1]) / 1024

    def _require(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("it was never started")
        return self._process
