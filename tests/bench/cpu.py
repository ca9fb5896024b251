"""Who uses how much time of processors, operator and servers."""

from __future__ import annotations

import asyncio
import time

from testbed import Cluster, Vault
from tests.bench.operator_process import OperatorProcess
from tests.bench.process_cpu import read_cpu_seconds
from tests.bench.results import Cpu

_LOOK_SECONDS = 0.05


class CpuReader:
    """Reads the operator's time, and that of the servers that it talks to."""

    def __init__(self, *, operator: OperatorProcess, vault: Vault, cluster: Cluster) -> None:
        self._operator = operator.pid
        self._vault = list_running(vault)
        self._kubernetes = list_running(cluster)

    def read(self) -> Cpu:
        """Return what each has used by now."""
        return Cpu(
            operator=read_cpu_seconds(self._operator),
            vault=sum(map(read_cpu_seconds, self._vault)),
            kubernetes=sum(map(read_cpu_seconds, self._kubernetes)),
        )


class CpuRecord:
    """Who had used how much at which moment."""

    def __init__(self, reader: CpuReader) -> None:
        self._reader = reader
        self._moments: list[tuple[float, Cpu]] = []

    async def run(self) -> None:
        """Look twenty times a second until this is cancelled."""
        while True:
            self._moments.append((time.time(), self._reader.read()))
            await asyncio.sleep(_LOOK_SECONDS)

    def find(self, at: float) -> Cpu:
        """Return what was used at a moment, or at the first look if that was later."""
        before = [cpu for moment, cpu in self._moments if moment <= at]
        return before[-1] if before else self._moments[0][1]


def list_running(part: Vault | Cluster) -> tuple[int, ...]:
    """Return the numbers of a part's processes."""
    found = (part.programs.pid(name) for name in part.programs.names())
    return tuple(pid for pid in found if pid is not None)
