"""Restarts that a mesh asks the hub for, as the cluster's own part of the operator does."""

from __future__ import annotations

import hashlib
from typing import Any

from testbed import Cluster
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.mesh import report_mesh
from tests.integration.hub.played_mesh import list_fingerprints
from tests.integration.kube_api import list_objects

HOME = "gloo-mesh"
GROUP = {"namespace": "bookinfo", "labels": {"app": "reviews"}}


def ask_for_restart(certificate: Certificate, *, bundle: str = "", **request: Any) -> None:
    """Ask for the restart that changed roots need, or for another one.

    The roots are those that the mesh is to have now, or a bundle that it will have.
    """
    bundle = bundle or certificate.wait_for()["spec"]["trustBundle"]
    pinned = hashlib.sha256(bundle.encode()).hexdigest()
    report_mesh(
        certificate.cluster,
        namespace=certificate.namespace,
        fingerprints=list_fingerprints(bundle),
        restartRequest={"trustHash": pinned, "part": 1, "podsToBounce": [GROUP], **request},
    )


def list_bounces(cluster: Cluster, mesh: str) -> list[dict[str, Any]]:
    """Return the directives of a mesh that lie where its operator looks."""
    found = list_objects(cluster, "podbouncedirectives", HOME)
    return [each for each in found if each["spec"]["meshRef"]["name"] == mesh]
