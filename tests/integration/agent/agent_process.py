"""The agent as it runs beside istiod: a process of its own, told by its environment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from testbed.free_port import find_free_port
from tests.integration.hub.waiting import wait_for

STOP_SECONDS = 5.0

_CREDENTIAL = re.compile(r"eyJ[\w-]{8,}\.|PRIVATE KEY|\b(?:hvs|s)\.[\w-]{20,}")


class AgentProcess:
    """One agent: started, stopped, killed and asked over HTTP; its log outlives its starts."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        self.log = log
        self._port = find_free_port()
        self.istiod_port = find_free_port()
        self._environment = {
            "PATH": os.environ["PATH"],
            **environment,
            "ROOTTRUST_AGENT_PORT": str(self._port),
            "ROOTTRUST_ISTIOD_ADDRESS": f"127.0.0.1:{self.istiod_port}",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: str = "agent", **environment: str) -> None:
        """Start one of its commands, and end with the tests, however these end."""
        python = ["setpriv", "--pdeathsig", "KILL", sys.executable]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*python, "-m", "roottrust", command],
                stdout=output,
                stderr=output,
                env={**self._environment, **environment},
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the agent was never started"
        return self._process

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, seconds: float = 30.0) -> int:
        """Wait for its end, and return its exit code."""
        return self.process.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it without a warning; harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def get(self, path: str) -> requests.Response:
        """Ask its own server."""
        return requests.get(f"http://127.0.0.1:{self._port}{path}", timeout=5)

    def read_metric(self, name: str, **labels: str) -> float | None:
        """Return a sample's value, None without one."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        values = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None

    def wait_until_started(self) -> None:
        """Wait until its bundle is complete, as a startup probe does."""
        wait_for(self._is_started, bool, every=0.05)

    def read_log(self) -> list[dict[str, Any]]:
        """Return the lines of its log."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_for_line(self, text: str) -> dict[str, Any]:
        """Wait until it has logged a line with this text or reason, and return the line."""

        def find() -> dict[str, Any] | None:
            found = (
                line
                for line in self.read_log()
                if text in str(line.get("message")) or text == line.get("reason")
            )
            return next(found, None)

        line = wait_for(find, lambda seen: seen is not None)
        assert line is not None
        return line

    def find_secrets(self) -> list[str]:
        """Return the lines of its log that hold a token or a private key."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in text.splitlines() if _CREDENTIAL.search(line)]

    def find_unplanned(self) -> list[str]:
        """Return the lines that are no log lines: traces, warnings of Python."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in text.splitlines() if not line.startswith("{")]

    def _is_started(self) -> bool:
        assert self.is_running, f"the agent has ended: {self.log.read_text()[-2000:]}"
        try:
            return self.get("/startupz").ok
        except requests.ConnectionError:
            return False


BuildAgent = Callable[..., AgentProcess]
