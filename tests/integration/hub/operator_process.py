"""The operator as it runs in a cluster: a process of its own, told by a configuration file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from testbed.free_port import find_free_port
from tests.integration.hub.waiting import wait_for

STOP_SECONDS = 15.0

_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_CREDENTIAL = re.compile(r"eyJ[\w-]{8,}\.|PRIVATE KEY|\b(?:hvs|s)\.[\w-]{20,}|root-[0-9a-f]{32}")


class OperatorProcess:
    """One operator: started, stopped, killed and asked over HTTP; its log outlives its starts."""

    def __init__(
        self,
        *,
        config: Mapping[str, Any],
        kubeconfig: Path,
        folder: Path,
        log: Path,
        module: str | None = None,
        roles: str = "hub",
    ) -> None:
        self._module = module
        self._roles = roles
        self.log = log
        self._port = find_free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._words = ["--kubeconfig", str(kubeconfig), "--config", str(folder / "config.yaml")]
        http = {"host": "127.0.0.1", "port": self._port}
        folder.joinpath("config.yaml").write_text(yaml.safe_dump({**config, "http": http}))

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it calls itself ready; harmless when it runs."""
        if self.is_running:
            return
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                build_command(*self._words, module=self._module, roles=self._roles),
                stdout=output,
                stderr=output,
                env=build_environment(),
            )
        wait_for(self._is_ready, lambda ready: ready)

    def launch(self) -> None:
        """Start it, whatever becomes of it."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                build_command(*self._words, roles=self._roles),
                stdout=output,
                stderr=output,
                env=build_environment(),
            )

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def ensure_stopped(self) -> None:
        """Have it end as when it is asked to; harmless when it does not run."""
        if self.is_running:
            self.stop()

    def kill(self) -> None:
        """End it without a warning; harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def get(self, path: str) -> requests.Response:
        """Ask its own server."""
        return requests.get(f"http://127.0.0.1:{self._port}{path}", timeout=5)

    def sum_metric(self, name: str, **labels: str) -> float:
        """Return the sum of all samples of that name that have these labels."""
        return sum(
            sample.value
            for sample in self._read_samples(name)
            if labels.items() <= sample.labels.items()
        )

    def count_samples(self, name: str) -> int:
        """Return how many samples of that name are shown."""
        return len(self._read_samples(name))

    def list_known(self) -> set[str]:
        """Return the policies of which it has told something since its start."""
        found = self._read_samples("roottrust_policy_condition_state")
        return {f"{each.labels['namespace']}/{each.labels['policy']}" for each in found}

    def count_writes(self) -> dict[str, float]:
        """Return how often it has written to Vault and to Kubernetes since its start.

        Of what it sent to Vault, the upkeep of its own token does not count, nor what Vault
        refused: a mount that somebody made within the last five seconds is found out by that.
        """
        vault = sum(
            each.value
            for each in self._read_samples("roottrust_vault_requests_total")
            if each.labels["method"] in _WRITES
            and each.labels["path_class"] != "auth/token"
            and each.labels["status"].startswith("2")
        )
        kubernetes = self.sum_metric("roottrust_kubernetes_writes_total")
        return {"vault": vault, "kubernetes": kubernetes}

    def find_secrets(self) -> list[str]:
        """Return the lines of its log that hold a token or a private key."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in text.splitlines() if _CREDENTIAL.search(line)]

    def _read_samples(self, name: str) -> list[Sample]:
        families = text_string_to_metric_families(self.get("/metrics").text)
        return [each for family in families for each in family.samples if each.name == name]

    def _is_ready(self) -> bool:
        assert self.is_running, f"the operator has ended: {self.log.read_text()[-2000:]}"
        try:
            return self.get("/readyz").ok
        except requests.ConnectionError:
            return False


BuildOperator = Callable[..., OperatorProcess]


def build_command(*words: str, module: str | None = None, roles: str = "hub") -> list[str]:
    """Return the command of an operator that ends with the tests, however these end.

    `module` is one of this folder that runs it in another way than `roottrust operator`.
    """
    python = ["setpriv", "--pdeathsig", "KILL", sys.executable]
    if module is not None:
        return [*python, "-m", f"{__package__}.{module}", *words]
    return [*python, "-m", "roottrust", "operator", "--roles", roles, *words]


def build_environment() -> dict[str, str]:
    """Return an environment in which nothing but its words configures the operator."""
    return {"PATH": os.environ["PATH"]}
