"""No server but the configured ones ever hears from the operator, however it is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.configuration import SERVER
from tests.integration.hub.names import GRANT, Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.resync import nudge_and_wait
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import RefusedError
from tests.integration.listener import Listener
from tests.integration.redirector import LOOKUP, Redirector

SERVER_FIELD = "spec.config.agentCa.vault.server"

# {port} is where the attacker listens. All of these pass the API server.
UNKNOWN = [
    "http://127.0.0.1:{port}",
    "https://127.0.0.1:{port}",
    "https://localhost:{port}",
    "https://[::ffff:127.0.0.1]:{port}",
    "http://vault.example:{port}",
    "https://vault.example",
    "https://vault.example:443",
    "https://vault.example:08200",
    "https://VAULT.example:8200",
    "https://vault.example:8200/v1",
    "https://vault.example:8200/../x",
]
# The API server refuses these; what would a server that is read otherwise be?
MALFORMED = [
    "https://vault@127.0.0.1:{port}",
    "https://vault.example:8200@127.0.0.1:{port}",
    "https://vault.example:8200#@127.0.0.1:{port}",
    "https://vault.example:8200?@127.0.0.1:{port}",
    "https://vault.example.:8200",
    "https://vault.example:8200\\@127.0.0.1:{port}",
    "https://vault.example:8200\n127.0.0.1:{port}",
    "HTTPS://127.0.0.1:{port}",
    "https:/127.0.0.1:{port}",
    "unix:///var/run/vault.sock",
]


@pytest.fixture
def attacker() -> Iterator[Listener]:
    listener = Listener()
    listener.start()
    yield listener
    listener.close()


def test_server_that_is_not_configured_hears_nothing(
    operator: OperatorProcess,
    cluster: Cluster,
    namespace: str,
    names: Names,
    attacker: Listener,
) -> None:
    logins = operator.sum_metric("roottrust_vault_logins_total")
    policies = {}
    for number, text in enumerate(UNKNOWN):
        server = text.format(port=attacker.port)
        policies[server] = Policy(cluster=cluster, namespace=namespace, name=f"attack-{number}")
        policies[server].apply({**names.build_changes(), SERVER_FIELD: server})
    for server, policy in policies.items():
        told = policy.wait_for("Accepted", "False", "UnknownServer")
        assert server.rstrip("/") in told["message"]
    nudge_and_wait(operator, *policies.values())
    for policy in policies.values():
        policy.wait_for("Accepted", "False", "UnknownServer")
    assert attacker.heard == []
    assert operator.sum_metric("roottrust_vault_logins_total") == logins


@pytest.mark.parametrize("text", MALFORMED)
def test_server_that_could_be_read_otherwise_is_refused(
    make_policy: MakePolicy, names: Names, attacker: Listener, text: str
) -> None:
    with pytest.raises(RefusedError, match=r"agentCa\.vault\.server: .*must"):
        make_policy(names, {SERVER_FIELD: text.format(port=attacker.port)})
    assert attacker.heard == []


def build_config(server: Redirector, login: dict[str, Any]) -> dict[str, Any]:
    entry = {
        "address": SERVER.replace("https", "http"),
        "endpoint": server.url,
        "allowPlainHTTP": True,
        "login": login,
        "grants": [GRANT],
    }
    return {
        "cluster": {"name": "cluster1"},
        "resyncSeconds": 10,
        "leaderElection": {"enabled": False},
        "logging": {"format": "console", "level": "DEBUG"},
        "vaultServers": [entry],
    }


@pytest.mark.parametrize("step", ["login", "read"])
def test_server_that_redirects_does_not_pass_the_operator_s_credentials_on(
    idle_hub: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    attacker: Listener,
    hub_kubeconfig: Path,
    log_folder: Path,
    tmp_path: Path,
    step: str,
) -> None:
    """A login and a read go different ways; a lookup that is answered has the operator read on."""
    credential = tmp_path / "credential"
    credential.write_text("hvs.a-secret-that-nobody-else-sees")
    logins: dict[str, dict[str, Any]] = {
        "login": {"appRole": {"roleId": "r-1", "secretIdFile": str(credential)}},
        "read": {"tokenFile": {"path": str(credential)}},
    }
    answers = {LOOKUP: {"data": {"policies": ["hub"], "ttl": 3600, "renewable": True}}}
    server = Redirector(f"http://127.0.0.1:{attacker.port}", answers)
    server.start()
    process = OperatorProcess(
        config=build_config(server, logins[step]),
        kubeconfig=hub_kubeconfig,
        folder=tmp_path,
        log=log_folder / f"redirected-{step}.log",
    )
    process.start()
    try:
        plain = {SERVER_FIELD: SERVER.replace("https", "http")}
        policy = make_policy(names, plain)
        told = policy.wait_for("VaultReachable", "False")
        assert told["reason"] in {"Standby", "Unreachable"}
        before = len(server.asked)
        policy.nudge()
        wait_for(lambda: len(server.asked), before.__lt__)
        policy.wait_for("VaultReachable", "False")
    finally:
        process.kill()
        server.close()
    expected = "POST /v1/auth/approle/login" if step == "login" else "GET /v1/sys/mounts"
    assert expected in server.asked
    assert before > 0
    assert attacker.heard == []
    assert process.find_secrets() == []
