"""The operator as a process: how it starts, what it answers, how it ends."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster, Vault
from tests.integration.hub.configuration import build_config
from tests.integration.hub.fault_site import allow_login, build_login
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import (
    BuildOperator,
    OperatorProcess,
    build_command,
    build_environment,
)
from tests.integration.hub.policy import MakePolicy
from tests.integration.vault_calls import Ask

CRDS = Path(__file__).parents[3] / "crds"
MESHES = "meshes.internal.gloo.solo.io"
STOP_SECONDS = 5
METRICS = {
    "roottrust_bugs_total",
    "roottrust_drift_repairs_total",
    "roottrust_kubernetes_writes_total",
    "roottrust_policy_condition_state",
    "roottrust_policy_meshes",
    "roottrust_policy_root_not_after_timestamp_seconds",
    "roottrust_queue_keys",
    "roottrust_reconcile_seconds_bucket",
    "roottrust_reconciles_total",
    "roottrust_vault_logins_total",
    "roottrust_vault_requests_total",
    "roottrust_watch_last_event_timestamp_seconds",
}


def run_to_the_end(config: Path, kubeconfig: Path) -> subprocess.CompletedProcess[str]:
    """Start an operator that cannot run."""
    command = build_command("--config", str(config), "--kubeconfig", str(kubeconfig))
    environment = build_environment()
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def config(vault: Vault, token_file: Path) -> dict[str, Any]:
    """A configuration that is right."""
    login = {"tokenFile": {"path": str(token_file)}}
    http = {"host": "127.0.0.1", "port": 0}
    return {**build_config(vault, login), "http": http, "logging": {"format": "json"}}


def test_wrong_configuration_is_told_line_by_line(
    config: dict[str, Any], hub_kubeconfig: Path, tmp_path: Path
) -> None:
    config["vaultServers"][0]["adress"] = "https://vault.example:8200"
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**config, "resyncSeconds": 1}))
    done = run_to_the_end(path, hub_kubeconfig)
    assert done.returncode == 2
    assert set(done.stderr.splitlines()) == {
        f"Error: {path}: unknown key 'vaultServers.0.adress'",
        f"Error: {path}: resyncSeconds: Input should be greater than or equal to 10",
    }


def test_missing_configuration_is_told(hub_kubeconfig: Path, tmp_path: Path) -> None:
    done = run_to_the_end(tmp_path / "none.yaml", hub_kubeconfig)
    assert done.returncode == 2
    assert f"File '{tmp_path}/none.yaml' does not exist." in done.stderr.splitlines()[-1]


@pytest.fixture
def cluster_without_meshes(operator_process: OperatorProcess, cluster: Cluster) -> Iterator[None]:
    """A cluster of which somebody has applied half of crds/."""
    operator_process.kill()
    cluster.kubectl("delete", "crd", MESHES)
    yield
    cluster.kubectl("apply", "--server-side", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)


@pytest.mark.usefixtures("cluster_without_meshes")
def test_missing_kind_is_told_in_one_sentence(
    config: dict[str, Any], hub_kubeconfig: Path, tmp_path: Path
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    done = run_to_the_end(path, hub_kubeconfig)
    assert done.returncode == 1
    told = json.loads(done.stderr.splitlines()[-1])
    assert told["level"] == "CRITICAL"
    assert MESHES in told["message"]
    assert "Traceback" not in done.stderr


def test_operator_answers_probes_and_scrapes(
    operator: OperatorProcess, make_policy: MakePolicy, names: Names
) -> None:
    make_policy(names).wait_until_ready()
    for path in ("/livez", "/readyz"):
        answer = operator.get(path)
        assert answer.status_code == 200
        assert "[failed]" not in answer.text
    assert {name for name in METRICS if operator.count_samples(name)} == METRICS
    assert operator.sum_metric("roottrust_bugs_total") == 0


def test_operator_ends_in_order_and_soon(operator: OperatorProcess) -> None:
    started = time.monotonic()
    assert operator.stop() == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert "the hub has stopped" in operator.log.read_text().splitlines()[-1]


def list_tokens(admin: Ask) -> list[str]:
    """Return the tokens that logins by AppRole have given and that still hold."""
    answer = admin("LIST", "sys/leases/lookup/auth/approle/login")
    return list(answer.json()["data"]["keys"]) if answer.ok else []


def test_token_of_its_login_ends_with_it(
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    vault: Vault,
    tmp_path: Path,
) -> None:
    operator_process.kill()
    allow_login(admin)
    operator = build_operator("operator-that-logs-in", vault, build_login(tmp_path))
    operator.start()
    make_policy(names).wait_until_ready()
    assert len(list_tokens(admin)) == 1
    assert operator.stop() == 0
    assert list_tokens(admin) == []


@pytest.mark.parametrize(
    "line",
    [
        "token s.aBcDeFgHiJkLmNoPqRsTuVwX is used",
        "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_secrets_in_a_log_would_be_found(line: str, hub_kubeconfig: Path, tmp_path: Path) -> None:
    """At the end of all tests every operator's log is searched."""
    log = tmp_path / "operator.log"
    log.write_text(f"all is well\n{line}\n")
    process = OperatorProcess(config={}, kubeconfig=hub_kubeconfig, folder=tmp_path, log=log)
    assert process.find_secrets() == [line]
