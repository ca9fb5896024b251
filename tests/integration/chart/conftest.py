"""The chart with a real Helm: rendered without a cluster, and installed in one of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster, CommandError, Testbed
from tests import session
from tests.helm_program import HelmProgram
from tests.integration.chart.chart import NO_HOOKS, Chart
from tests.integration.hub.waiting import wait_for
from tests.previous_version import PreviousVersion, unpack_previous_version


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Testbed:
    """A testbed of which nothing is up: for its programs."""
    return Testbed(tmp_path_factory.mktemp("programs"), network=session.RANGE)


@pytest.fixture(scope="session")
def chart(programs: Testbed, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart without a cluster."""
    folder = tmp_path_factory.mktemp("helm")
    return Chart(helm=HelmProgram(binary=programs.provide_helm(), folder=folder))


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> PreviousVersion:
    return unpack_previous_version(tmp_path_factory.mktemp("previous"))


@pytest.fixture(scope="module")
def fresh(bed: Testbed) -> Iterator[Cluster]:
    """A cluster that knows nothing of us: the kinds belong to a whole cluster."""
    name = "fresh"
    bed.up([name], vault=None, nodes=False)
    yield bed.cluster(name)
    bed.down([name])


@pytest.fixture
def installer(fresh: Cluster, chart: Chart, bed: Testbed, tmp_path: Path) -> Iterator[Chart]:
    """The chart for that cluster, in a namespace of its own; nothing of a whole cluster is left."""
    helm = HelmProgram(
        binary=chart.helm.binary, folder=tmp_path, kubeconfig=fresh.kubeconfig, tools=bed.tools()
    )
    installer = Chart(helm=helm, namespace=f"test-{uuid.uuid4().hex[:8]}")
    yield installer
    installer.uninstall(NO_HOOKS)
    _delete_kinds(fresh)
    fresh.kubectl("delete", "namespace", installer.namespace, "--ignore-not-found", "--wait=false")


def _delete_kinds(cluster: Cluster) -> None:
    """Delete them once each is served: before, the API server may look for objects for minutes."""
    for name in _describe_kinds(cluster):
        wait_for(partial(_list_objects, cluster, name), lambda error: error == "")
    cluster.kubectl("delete", "crds", "--all", "--wait=false")
    wait_for(lambda: _describe_kinds(cluster), lambda kinds: kinds == {}, seconds=60)


def _list_objects(cluster: Cluster, kind: str) -> str:
    """Return why a kind cannot be listed."""
    try:
        cluster.kubectl("get", kind, "--all-namespaces")
    except CommandError as error:
        return str(error)
    return ""


def _describe_kinds(cluster: Cluster) -> dict[str, Any]:
    """Return the conditions of the kinds that are there, which say why one does not go."""
    listed = json.loads(cluster.kubectl("get", "crds", "-o", "json").stdout)["items"]
    return {each["metadata"]["name"]: each["status"]["conditions"] for each in listed}
