from __future__ import annotations

from typing import Any

import pytest

from roottrust.agent.foreign_secrets import EVERY_SECONDS, ForeignSecrets
from roottrust.agent.reporter import Reporter
from tests.unit.agent.fakes import CERTIFICATE, FakeCluster


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def time() -> list[float]:
    return [0.0]


@pytest.fixture
def secrets(cluster: Any, time: list[float]) -> ForeignSecrets:
    reporter = Reporter(cluster, namespace="istio-system", pod="istiod-0")
    return ForeignSecrets(cluster, reporter, namespace="istio-system", clock=lambda: time[0])


def test_only_what_overrides_the_root_is_an_error(
    secrets: ForeignSecrets, cluster: FakeCluster, time: list[float]
) -> None:
    cluster.secrets = {"cacerts", "istio-ca-secret"}
    assert secrets.look(CERTIFICATE) is None
    assert len(cluster.events) == 2
    cluster.secrets.add("istiod-tls")
    time[0] = EVERY_SECONDS
    assert "Secret istiod-tls in istio-system" in str(secrets.look(CERTIFICATE))
    assert len(cluster.events) == 3


def test_secrets_are_looked_for_now_and_then(
    secrets: ForeignSecrets, cluster: FakeCluster, time: list[float]
) -> None:
    cluster.secrets = {"istiod-tls"}
    for _ in range(5):
        assert secrets.look(CERTIFICATE)
    assert cluster.asked == 3
    cluster.secrets.clear()
    time[0] = EVERY_SECONDS
    assert secrets.look(CERTIFICATE) is None
