"""Wrong values are refused with their place and the reason, before anything is rendered."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from tests.doc_blocks import find_block
from tests.integration.chart.chart import CLUSTER, HUB, Chart, Values, find
from tests.integration.manifests.table import change
from tests.session import REPOSITORY


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"replica": 3}, "additional properties 'replica' not allowed"),
        ({"replicas": "two"}, "at '/replicas': got string, want integer"),
        ({"replicas": -1}, "at '/replicas': minimum"),
        ({"roles": []}, "at '/roles': minItems"),
        ({"roles": ["hub", "agent"]}, "at '/roles/1': value must be one of 'hub', 'cluster'"),
        ({"image.digest": "sha256:12"}, "at '/image/digest': 'sha256:12' does not match pattern"),
        ({"image.repository": "a@sha256:12"}, "at '/image/repository'"),
        ({"image.repository": ""}, "image.repository says where your image of roottrust is"),
        ({"crds.installed": True}, "at '/crds': additional properties 'installed' not allowed"),
        ({"vault.caBundle": "/etc/ca.crt"}, "at '/vault/caBundle': '/etc/ca.crt' does not match"),
        ({"podSecurityContext.runAsUser": 0}, "at '/podSecurityContext/runAsUser': minimum"),
        ({"podSecurityContext.runAsNonRoot": False}, "additional properties 'runAsNonRoot'"),
        ({"extraEnv": [{"name": "POD_NAMESPACE", "value": "x"}]}, "at '/extraEnv/0/name'"),
        ({"extraVolumes": [{"name": "tmp"}]}, "at '/extraVolumes/0/name'"),
        ({"config.cluster.name": "Cluster_1"}, "at '/config/cluster/name'"),
        ({"config.cluster.kubernetesHost": "10.0.0.1"}, "at '/config/cluster/kubernetesHost'"),
        ({"config.vaultServer": []}, "at '/config': additional properties 'vaultServer'"),
        ({"config.vaultServers": []}, "at '/config/vaultServers': minItems"),
        ({"config.roles": ["hub"]}, "at '/config': additional properties 'roles' not allowed"),
        ({"config.namespace": "x"}, "at '/config': additional properties 'namespace'"),
        ({"config.http": {"port": 1}}, "at '/config': additional properties 'http' not allowed"),
        (
            {"config.leaderElection": {"enabled": False}},
            "at '/config/leaderElection': additional properties 'enabled' not allowed",
        ),
        ({"config.logging": {"format": "xml"}}, "at '/config/logging/format': value must be one"),
        ({"config.resyncSeconds": 1}, "at '/config/resyncSeconds': minimum: got 1, want 10"),
        (
            {"config.vaultServers": [{"address": "https://vault:8200", "login": {}}]},
            "at '/config/vaultServers/0/login': minProperties",
        ),
        (
            {"config.vaultServers": [{"address": "vault:8200", "login": {"userpass": {}}}]},
            "at '/config/vaultServers/0/login/userpass': missing property 'passwordFile'",
        ),
    ],
    ids=str,
)
def test_refused(chart: Chart, changes: dict[str, Any], message: str) -> None:
    assert message in chart.refuse(change(HUB, changes))


def test_says_what_has_to_be_given(chart: Chart) -> None:
    told = chart.refuse({})
    assert "at '/config': missing property 'cluster'" in told
    assert "at '/config': missing property 'vaultServers'" in told


def test_cluster_role_alone_needs_no_vault(chart: Chart) -> None:
    assert chart.render(CLUSTER)
    assert "missing property 'vaultServers'" in chart.refuse({**CLUSTER, "roles": ["hub"]})


def test_configuration_arrives_as_it_was_given(chart: Chart) -> None:
    """Also what templates could touch: numbers, and what looks like a template or a variable."""
    server = {
        **HUB["config"]["vaultServers"][0],
        "timeoutSeconds": 2.5,
        "grants": [{"policyNamespaces": ["team-a"], "authMounts": ["kube-${cluster}-x"]}],
        "rootOwners": {"pki": "gloo-mesh/{{ .Values.secret }}"},
    }
    config = {**HUB["config"], "vaultServers": [server], "resyncSeconds": 1000000, "workers": 8}
    rendered = chart.render({**HUB, "config": config})
    text = find(rendered, "ConfigMap", "roottrust-hub-config")["data"]["config.yaml"]
    assert yaml.safe_load(text) == config


@pytest.mark.parametrize("name", ["README.md", "values.yaml"])
def test_examples_can_be_installed(chart: Chart, name: str) -> None:
    assert find(chart.render(_read_example(name)), "Deployment")


def _read_example(name: str) -> Values:
    """Return the values that the README shows, or those that values.yaml has in a comment."""
    if name == "README.md":
        block = find_block("charts/roottrust/README.md", "# values.yaml")
        values: Values = yaml.safe_load(block.text)
        return values
    text = (REPOSITORY / "charts/roottrust" / name).read_text()
    commented = text.partition("config: {}\n")[2].partition("\n\n")[0]
    lines = (line.removeprefix("#") for line in commented.splitlines())
    return {**copy.deepcopy(HUB), **yaml.safe_load("config:\n" + "\n".join(lines))}
