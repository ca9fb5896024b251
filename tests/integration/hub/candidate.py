"""One of two operators, with what is between it and the servers that it talks to."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import Cluster
from tests.integration.hub.names import GRANT
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.waiting import wait_for

SERVER = "https://vault.example:8200"
END_SECONDS = 20.0
REST_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Everything that one operator sends."""

    vault: Recorder
    kubernetes: Recorder

    def list_writes(self) -> list[str]:
        """Return what could have changed something; a lease protects itself by its version."""
        calls = [*self.vault.calls, *self.kubernetes.calls]
        return [str(each) for each in calls if not each.is_read and "/leases" not in each.path]


class Candidate(OperatorProcess):
    """An operator that may lead; it is paused and woken as a machine does it."""

    def __init__(
        self, *, config: Mapping[str, Any], kubeconfig: Path, folder: Path, log: Path, paths: Paths
    ) -> None:
        content = yaml.safe_load(kubeconfig.read_text())
        content["clusters"][0]["cluster"] = {"server": paths.kubernetes.url}
        own = folder / "kubeconfig"
        own.touch(mode=0o600)
        own.write_text(yaml.safe_dump(content))
        super().__init__(config=config, kubeconfig=own, folder=folder, log=log)
        self.paths = paths

    @property
    def leads(self) -> bool:
        return self.sum_metric("roottrust_leader_state") == 1

    def wait_until_it_leads(self, *, seconds: float) -> None:
        wait_for(lambda: self.leads, lambda leads: leads, seconds=seconds, every=0.1)

    def wait_until_it_rests(self) -> None:
        """Wait until nothing is sent to Vault any more; whether it can be used is asked on."""

        def count() -> int:
            return sum("sys/health" not in each for each in self.paths.vault.requests)

        def look() -> bool:
            before = count()
            time.sleep(REST_SECONDS)
            return 0 < before == count()

        wait_for(look, lambda rests: rests)

    def pause(self) -> None:
        self._send(signal.SIGSTOP)

    def wake(self) -> None:
        self._send(signal.SIGCONT)

    def wait_for_end(self) -> int:
        """Return its exit code."""
        assert self._process is not None
        return self._process.wait(END_SECONDS)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


BuildCandidate = Callable[..., Candidate]


def build_candidate_config(
    cluster: Cluster,
    paths: Paths,
    *,
    ca_file: Path,
    login: Mapping[str, Any],
    timeout_seconds: float,
) -> dict[str, Any]:
    """Return the configuration of an operator whose ways lead over recorders."""
    return {
        "cluster": {
            "name": "cluster1",
            "kubernetesHost": cluster.server,
            "kubernetesCAFile": str(cluster.ca_file),
        },
        "logging": {"format": "console", "level": "DEBUG"},
        "vaultServers": [
            {
                "address": SERVER,
                "endpoint": paths.vault.url,
                "caFile": str(ca_file),
                "timeoutSeconds": timeout_seconds,
                "login": login,
                "grants": [GRANT],
            }
        ],
    }
