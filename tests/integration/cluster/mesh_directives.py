"""The directives that restart a mesh, in the operator's own namespace."""

from __future__ import annotations

from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.workloads import KIND, Bounce
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects

SECONDS = 60.0


def list_directives(mesh: Istiod) -> list[str]:
    names = [each["metadata"]["name"] for each in list_objects(mesh.cluster, KIND, mesh.home)]
    return [each for each in names if mesh.mesh in each]


def find_bounce(mesh: Istiod) -> Bounce:
    """Wait for the one directive of a mesh, and return it."""
    (name,) = wait_for(lambda: list_directives(mesh), bool, seconds=SECONDS)
    return Bounce(mesh.cluster, namespace=mesh.home, name=name)
