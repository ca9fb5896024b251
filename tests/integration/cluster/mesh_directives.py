"""The directives that restart a mesh: the role asks for them, and a test writes them as the hub."""

from __future__ import annotations

from typing import Any

from roottrust.api.restart_request import RestartRequest
from roottrust.domain.restart_directive import build_directive
from roottrust.hub.kinds import DIRECTIVES
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.workloads import KIND, Bounce
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects
from tests.integration.kube_writes import apply_object

SECONDS = 60.0


def list_directives(mesh: Istiod) -> list[str]:
    """Return the names of those that are there, and `asked for` if there is to be another one."""
    names = [each["metadata"]["name"] for each in list_objects(mesh.cluster, KIND, mesh.home)]
    asked = ["asked for"] if find_request(mesh) else []
    return [*(each for each in names if mesh.mesh in each), *asked]


def find_request(mesh: Istiod) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ((mesh.find_mesh() or {}).get("status") or {}).get(
        "restartRequest"
    )
    return found


def find_bounce(mesh: Istiod) -> Bounce:
    """Wait until a directive is asked for, write it as the hub does, and return it."""
    asked = wait_for(lambda: find_request(mesh), bool, seconds=SECONDS)
    reference = {
        "name": mesh.mesh,
        "cluster": "cluster1",
        "namespace": mesh.namespace,
        "deployment": mesh.deployment,
    }
    request = RestartRequest.model_validate(asked)
    manifest = build_directive(mesh.mesh, request, mesh=reference)
    apply_object(mesh.cluster, DIRECTIVES.complete(manifest), namespace=mesh.home)
    name = manifest["metadata"]["name"]
    wait_for(lambda: find_request(mesh), lambda found: found != asked, seconds=SECONDS)
    return Bounce(mesh.cluster, namespace=mesh.home, name=name)
