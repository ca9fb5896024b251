"""Each file that people apply is taken by a server-side apply as it is, without a warning.

Kustomizations and the chart are in tests/integration/chart/test_apply.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from roottrust.domain.remote_hub import build_remote_manifests
from testbed import Cluster
from tests.integration.dry_run import Manifest, find_warnings, is_applied, make_places
from tests.session import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
# What is whole only as part of a Kustomization.
PARTS = frozenset(
    DEPLOY / each
    for each in ("base/deployment.yaml", "cluster/deployment.yaml", "istiod/agent.yaml")
)


@pytest.fixture(scope="module", autouse=True)
def _places(cluster: Cluster) -> None:
    make_places(cluster)


def read(text: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]


def list_files() -> Iterator[Path]:
    """List what is applied as it is."""
    for folder in (REPOSITORY / "crds", DEPLOY):
        for path in sorted(folder.rglob("*.yaml")):
            if path not in PARTS and any(map(is_applied, read(path.read_text()))):
                yield path


@pytest.mark.parametrize(
    "path", tuple(list_files()), ids=lambda each: str(each.relative_to(REPOSITORY))
)
def test_a_file(cluster: Cluster, path: Path) -> None:
    assert find_warnings(cluster, read(path.read_text())) == []


@pytest.mark.parametrize("with_policies", [False, True])
def test_what_is_shown_for_another_cluster(cluster: Cluster, with_policies: bool) -> None:
    manifests = build_remote_manifests("gloo-mesh", with_policies=with_policies)
    assert find_warnings(cluster, manifests) == []
