"""`roottrust plan` and `cluster join` find the configuration of what the chart installs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS, ResourceKind
from roottrust.runtime.settings_cluster import read_cluster_configuration
from tests.integration.chart.chart import HUB, NAMESPACE, Chart, Manifest, list_kind
from tests.integration.manifests.table import change

CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Rendered:
    """Answers as the API server does, by what was rendered."""

    manifests: list[Manifest]

    async def list(
        self, kind: ResourceKind, *, namespace: str, label_selector: str
    ) -> tuple[Manifest, ...]:
        assert (kind, namespace) == (DEPLOYMENTS, NAMESPACE)
        wanted = dict(pair.split("=") for pair in label_selector.split(","))
        return tuple(
            each
            for each in list_kind(self.manifests, "Deployment")
            if wanted.items() <= each["metadata"]["labels"].items()
        )

    async def get(
        self, kind: ResourceKind, *, name: str, namespace: str
    ) -> Mapping[str, Any] | None:
        assert (kind, namespace) == (CONFIG_MAPS, NAMESPACE)
        return next(iter(list_kind(self.manifests, "ConfigMap", name)), None)


async def test_configuration_is_found_with_vaults_ca(chart: Chart) -> None:
    rendered = Rendered(chart.render(change(HUB, {"vault.caBundle": CA})))
    found = await read_cluster_configuration(cast("Any", rendered), namespace=NAMESPACE)
    assert found.source == f"ConfigMap {NAMESPACE}/roottrust-hub-config"
    assert found.settings.cluster.name == "cluster1"
    (server,) = found.settings.vault_servers
    assert found.find_file(str(server.ca_file)) == CA
