from __future__ import annotations

import socket

import pytest
import requests

from roottrust.agent.health_server import HealthServer
from roottrust.agent.metrics import AgentMetrics
from roottrust.domain.errors import DependencyMissingError


def test_checks_and_metrics_are_served_over_both_protocols() -> None:
    why: list[str | None] = ["no bundle yet"]
    server = HealthServer(
        0, checks={"/startupz": lambda: why[0]}, render_metrics=AgentMetrics().render
    )
    with server:
        url = f"http://127.0.0.1:{server.port}"
        answer = requests.get(f"{url}/startupz", timeout=5)
        assert (answer.status_code, answer.text) == (503, "no bundle yet\n")
        why[0] = None
        answer = requests.get(f"{url}/startupz?x=1", timeout=5)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        metrics = requests.get(f"{url}/metrics", timeout=5).text
        assert "roottrust_agent_issuances_total 0.0" in metrics
        assert requests.get(f"{url}/nothing", timeout=5).status_code == 404
        if socket.has_dualstack_ipv6():
            assert requests.get(f"http://[::1]:{server.port}/startupz", timeout=5).ok


def test_client_that_goes_away_is_not_told(capfd: pytest.CaptureFixture[str]) -> None:
    server = HealthServer(0, checks={}, render_metrics=lambda: b"x" * 10_000_000)
    with server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert requests.get(f"http://127.0.0.1:{server.port}/", timeout=5).ok
    assert capfd.readouterr() == ("", "")


def test_port_in_use_is_told() -> None:
    with HealthServer(0, checks={}, render_metrics=bytes) as server:
        with pytest.raises(DependencyMissingError, match="ROOTTRUST_AGENT_PORT") as caught:
            HealthServer(server.port, checks={}, render_metrics=bytes)
        assert str(server.port) in caught.value.message
