"""`roottrust plan` for a registered cluster: what the hub will do there, read with its token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, Vault
from tests.integration.command_result import CommandResult
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.configuration import build_config
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy

Plan = Callable[..., CommandResult]


@pytest.fixture
def plan(vault: Vault, token_file: Path, tmp_path: Path) -> Plan:
    """Call the command with the operator's configuration, for the cluster of a kubeconfig."""
    config = tmp_path / "config.yaml"
    login = {"tokenFile": {"path": str(token_file)}}
    config.write_text(yaml.safe_dump(build_config(vault, login)))

    def plan(kubeconfig: Path, *words: str) -> CommandResult:
        given = ("--config", str(config), "--kubeconfig", str(kubeconfig), "-o", "json")
        done = subprocess.run(
            [sys.executable, "-m", "roottrust", "plan", *given, *words],
            env={"PATH": os.environ["PATH"], "VAULT_TOKEN": vault.root_token},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)

    return plan


def test_it_shows_what_the_hub_does_then(
    plan: Plan,
    idle_hub: OperatorProcess,
    hub_kubeconfig: Path,
    registrar: Registrar,
    kubeconfig: str,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2)
    done = plan(hub_kubeconfig, "-n", policy.namespace)
    (found,) = done.report["policies"]
    assert (done.code, found["problems"]) == (2, [])
    assert [each["path"] for each in found["vault"]] == list(names2.paths)
    # The issuer is known already, so the agents' objects follow at once.
    (certificate,) = found["kubernetes"]
    assert certificate["path"].endswith(remote.name)
    assert certificate["cluster"] == "cluster2"
    assert remote.read() is None, "a plan writes nothing"
    idle_hub.start()
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    assert plan(hub_kubeconfig, "-n", policy.namespace).report["result"] == "NoChanges"


@pytest.mark.usefixtures("idle_hub")
def test_a_cluster_that_is_refused_or_hangs_is_a_problem(
    plan: Plan,
    hub_kubeconfig: Path,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    registrar.register("cluster2", kubeconfig.replace("https://", "http://"))
    policy = make_policy(names2)
    done = plan(hub_kubeconfig, "-n", policy.namespace)
    problem = done.report["policies"][0]["problems"][0]
    assert (done.code, problem["reason"]) == (1, "InsecureConnection")
    registrar.register("cluster2", kubeconfig.replace(second.server, "https://127.0.0.1:9"))
    done = plan(hub_kubeconfig, "-n", policy.namespace)
    problem = done.report["policies"][0]["problems"][0]
    assert (done.code, problem["reason"]) == (1, "ClusterUnreachable")
    assert problem["cluster"] == "cluster2"


@pytest.mark.refused("planner")
@pytest.mark.usefixtures("idle_hub")
def test_who_may_not_read_the_secrets_is_told_so(
    plan: Plan,
    cluster: Cluster,
    registrar: Registrar,
    kubeconfig: str,
    make_policy: MakePolicy,
    names: Names,
    tmp_path: Path,
    namespace: str,
) -> None:
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names)
    cluster.kubectl("create", "serviceaccount", "planner", "-n", namespace)
    words = ("create", "clusterrole", namespace, "--verb=list")
    resources = "roottrustpolicies,meshes.internal.gloo.solo.io,issuedcertificates"
    cluster.kubectl(*words, f"--resource={resources}")
    binding = ("create", "clusterrolebinding", namespace, f"--clusterrole={namespace}")
    cluster.kubectl(*binding, f"--serviceaccount={namespace}:planner")
    token = cluster.kubectl("create", "token", "planner", "-n", namespace).stdout.strip()
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    content["users"][0]["user"] = {"token": token}
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(content))
    done = plan(path, "-n", policy.namespace)
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", namespace)
    assert (done.code, done.report["policies"][0]["problems"]) == (2, [])
    assert "You may not list Secrets in gloo-mesh" in done.err
