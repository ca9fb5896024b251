"""Restarts that a mesh asks the hub for, as the cluster's own part of the operator does."""

from __future__ import annotations

import hashlib
from typing import Any

from testbed import Cluster
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.played_mesh import list_fingerprints
from tests.integration.kube_api import list_objects
from tests.integration.kube_writes import delete_object, delete_objects

HOME = "gloo-mesh"
GROUP = {"namespace": "bookinfo", "labels": {"app": "reviews"}}


def ask_for_restart(
    certificate: Certificate, *, bundle: str = "", lies_in: str = HOME, **request: Any
) -> None:
    """Ask for the restart that changed roots need, or for another one; `forget_restarts` after it.

    The roots are those that the mesh is to have now, or a bundle that it will have. Its Mesh lies
    beside its operator, where it may ask for that.
    """
    place = certificate.namespace
    account = "istiod-service-account"
    put_mesh(certificate.cluster, lies_in=lies_in, speaks_for=place, account=account)
    bundle = bundle or certificate.wait_for()["spec"]["trustBundle"]
    pinned = hashlib.sha256(bundle.encode()).hexdigest()
    report_mesh(
        certificate.cluster,
        namespace=place,
        lies_in=lies_in,
        fingerprints=list_fingerprints(bundle),
        restartRequest={"trustHash": pinned, "part": 1, "podsToBounce": [GROUP], **request},
    )


def forget_restarts(certificate: Certificate) -> None:
    """Take away the Mesh that asked, and all directives."""
    delete_object(certificate.cluster, "meshes", HOME, certificate.name)
    delete_objects(certificate.cluster, "podbouncedirectives", HOME)


def list_bounces(cluster: Cluster, mesh: str) -> list[dict[str, Any]]:
    """Return the directives of a mesh that lie where its operator looks."""
    found = list_objects(cluster, "podbouncedirectives", HOME)
    return [each for each in found if each["spec"]["meshRef"]["name"] == mesh]
