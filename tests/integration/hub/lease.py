"""The Lease of the hub, by which people see that one works."""

from __future__ import annotations

from datetime import datetime

from testbed import Cluster
from tests.integration.kube_api import read_object
from tests.integration.kube_writes import apply_object, delete_object

_NAMESPACE = "gloo-mesh"
_NAME = "roottrust-hub"


def put_lease(cluster: Cluster, renewed: datetime) -> None:
    """Write it as a hub renews it."""
    spec = {
        "holderIdentity": "hub-1",
        "leaseDurationSeconds": 15,
        "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    manifest = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": _NAME, "namespace": _NAMESPACE},
        "spec": spec,
    }
    apply_object(cluster, manifest)


def delete_lease(cluster: Cluster) -> None:
    """Have none; harmless where there is none."""
    delete_object(cluster, "leases", _NAMESPACE, _NAME)


def read_holder(cluster: Cluster) -> str:
    """Return who holds it."""
    found = read_object(cluster, "leases", _NAMESPACE, _NAME)
    return str(found["spec"]["holderIdentity"])
