"""The configuration of the operator in a cluster, found as deploy/base lays it out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS, ResourceKind
from roottrust.runtime.settings_cluster import SELECTOR, read_cluster_configuration
from roottrust.runtime.settings_file import SettingsError

BASE = Path(__file__).parents[3] / "deploy/base"
CA = "-----BEGIN CERTIFICATE-----\n"


class FakeCluster:
    """What kustomize makes of deploy/base."""

    def __init__(self, config: str) -> None:
        self.deployments = [yaml.safe_load((BASE / "deployment.yaml").read_text())]
        self.maps: dict[str, dict[str, str]] = {
            "roottrust-config": {"config.yaml": config},
            "vault-ca": {"ca.crt": CA},
        }

    async def list(
        self, kind: ResourceKind, *, namespace: str, label_selector: str
    ) -> tuple[dict[str, Any], ...]:
        assert (kind, namespace, label_selector) == (DEPLOYMENTS, "gloo-mesh", SELECTOR)
        return tuple(self.deployments)

    async def get(
        self, kind: ResourceKind, *, name: str, namespace: str
    ) -> Mapping[str, Any] | None:
        assert (kind, namespace) == (CONFIG_MAPS, "gloo-mesh")
        return {"data": self.maps[name]} if name in self.maps else None


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster((BASE / "config.yaml").read_text())


async def read(cluster: FakeCluster) -> Any:
    return await read_cluster_configuration(cast("Any", cluster), namespace="gloo-mesh")


async def test_the_shipped_configuration_is_found_with_its_ca(cluster: FakeCluster) -> None:
    found = await read(cluster)
    assert found.settings.cluster.name == "cluster1"
    assert found.source == "ConfigMap gloo-mesh/roottrust-config"
    (server,) = found.settings.vault_servers
    assert found.find_file(str(server.ca_file)) == CA
    assert found.find_file("/etc/hostname") is None
    assert server.grants[0].policy_namespaces == ("gloo-mesh",)


async def test_a_map_that_is_missing_is_no_file(cluster: FakeCluster) -> None:
    del cluster.maps["vault-ca"]
    assert (await read(cluster)).find_file("/etc/roottrust/vault-ca/ca.crt") is None


async def test_the_option_may_be_one_word(cluster: FakeCluster) -> None:
    container = cluster.deployments[0]["spec"]["template"]["spec"]["containers"][0]
    container["args"] = ["operator", "--config=/etc/roottrust/config.yaml"]
    assert (await read(cluster)).settings.cluster.name == "cluster1"


async def test_the_source_is_the_map_that_has_the_file(cluster: FakeCluster) -> None:
    pod = cluster.deployments[0]["spec"]["template"]["spec"]
    pod["volumes"].insert(0, {"name": "other", "configMap": {"name": "other"}})
    mounts = pod["containers"][0]["volumeMounts"]
    mounts.insert(0, {"name": "other", "mountPath": "/etc/root"})
    cluster.maps["other"] = {"trust": "no configuration"}
    assert (await read(cluster)).source == "ConfigMap gloo-mesh/roottrust-config"


@pytest.mark.parametrize("count", [0, 2])
async def test_where_there_is_not_one_operator_the_way_on_is_told(
    cluster: FakeCluster, count: int
) -> None:
    cluster.deployments *= count
    with pytest.raises(DependencyMissingError, match="--operator-namespace, or give its config"):
        await read(cluster)


async def test_an_operator_without_a_configuration_map_is_told(cluster: FakeCluster) -> None:
    del cluster.maps["roottrust-config"]
    with pytest.raises(DependencyMissingError, match="give it by --config"):
        await read(cluster)


async def test_faults_of_the_configuration_name_the_map() -> None:
    with pytest.raises(SettingsError) as raised:
        await read(FakeCluster("cluster: {name: cluster1}\nvaultServer: []\n"))
    assert "ConfigMap gloo-mesh/roottrust-config: unknown key 'vaultServer'" in raised.value.lines
