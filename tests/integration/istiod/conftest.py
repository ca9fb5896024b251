"""istiod's own chart and a real API server that is asked whether it takes what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster, Istio, Testbed
from tests.integration.istiod.rendering import Outcome, Renderer, find_istiod

Apply = Callable[[Outcome], dict[str, Any]]


@pytest.fixture(scope="session")
def istio(bed: Testbed) -> Istio:
    return bed.provide_istio()


@pytest.fixture
def renderer(bed: Testbed, istio: Istio, namespace: str, tmp_path: Path) -> Renderer:
    kubectl = bed.tools() / "kubectl"
    return Renderer(istio=istio, kubectl=kubectl, folder=tmp_path, namespace=namespace)


@pytest.fixture
def apply(cluster: Cluster) -> Apply:
    """Apply all documents without keeping any; gives the pods that istiod's Deployment would have.

    The API server checks each strictly, and adds its defaults.
    """

    def apply(outcome: Outcome) -> dict[str, Any]:
        assert outcome.code == 0, outcome.errors
        options = ("--server-side", "--dry-run=server", "--validate=strict", "-o=json")
        done = cluster.kubectl("apply", *options, "-f", "-", input=outcome.output)
        pod: dict[str, Any] = find_istiod(json.loads(done.stdout)["items"])["spec"]["template"]
        return pod

    return apply
