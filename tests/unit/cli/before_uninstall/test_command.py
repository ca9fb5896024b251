"""The command line of `roottrust before-uninstall`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result

from roottrust.cli.before_uninstall import command as command_module
from roottrust.cli.before_uninstall.run import Departure
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason

Call = Callable[..., Result]

DENIED = AccessDeniedError(
    "It was denied.", reason=Reason.ACCESS_DENIED, path="/apis/x", capability="patch"
)


@dataclass
class Cluster:
    """A cluster in which the work is done, or fails."""

    failure: RootTrustError | None = None
    contexts: list[str | None] = field(default_factory=list)
    kubeconfigs: list[Path | None] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    closed: int = 0

    async def load_access(self, *, kubeconfig: Path | None, context: str | None) -> str:
        self.kubeconfigs.append(kubeconfig)
        self.contexts.append(context)
        return "access"

    def open(self, access: str) -> Cluster:
        assert access == "access"
        return self

    async def close(self) -> None:
        self.closed += 1

    async def prepare(self, departure: Departure) -> None:
        self.departures.append(departure)
        if self.failure is not None:
            raise self.failure
        departure.tell("The operator is stopped.")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    cluster = Cluster()
    monkeypatch.setattr(command_module, "load_access", cluster.load_access)
    monkeypatch.setattr(command_module, "KubeClient", cluster.open)
    monkeypatch.setattr(command_module, "prepare_with_retries", cluster.prepare)
    return cluster


def test_what_was_done_is_told(call: Call, cluster: Cluster) -> None:
    done = call("before-uninstall", "--operator-namespace=ops", "--context=mgmt", "--wait=5")
    assert (done.exit_code, done.stdout) == (0, "The operator is stopped.\n")
    (departure,) = cluster.departures
    assert (departure.namespace, departure.patience_seconds) == ("ops", 5)
    assert (cluster.contexts, cluster.closed) == (["mgmt"], 1)


def test_it_waits_a_little_longer_than_the_hub_does(call: Call, cluster: Cluster) -> None:
    assert call("before-uninstall").exit_code == 0
    (departure,) = cluster.departures
    assert (departure.namespace, departure.patience_seconds) == ("gloo-mesh", 150)


def test_a_missing_right_is_told_with_what_has_it(call: Call, cluster: Cluster) -> None:
    cluster.failure = DENIED
    done = call("before-uninstall")
    assert done.exit_code == 1
    assert "denies you patch on /apis/x: deploy/uninstall/ has all the rights" in done.stderr
    assert cluster.closed == 1


def test_the_kubeconfig_of_the_home_counts(
    call: Call, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    path = tmp_path / ".kube" / "config"
    path.parent.mkdir()
    path.touch()
    assert call("before-uninstall").exit_code == 0
    assert cluster.kubeconfigs == [path]
