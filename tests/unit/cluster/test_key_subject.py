from __future__ import annotations

from typing import Any

import pytest

from roottrust.cluster.key_subject import describe_key
from roottrust.cluster.kinds import DIRECTIVES, ISSUED_CERTIFICATES, POLICIES
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.kube.kind import DEPLOYMENTS, ResourceKind
from roottrust.runtime.store import ObjectKey

PLACE = MeshPlace(cluster="c1", home="gloo-mesh")
OF_MESH = {"spec": {"meshRef": {"name": "istiod-istio-system-c1"}}}


@pytest.mark.parametrize(
    ("kind", "found", "fields"),
    [
        (DEPLOYMENTS, None, {"mesh": "x-ns-c1"}),
        (POLICIES, None, {"policy": "ns/x"}),
        (
            ISSUED_CERTIFICATES,
            OF_MESH,
            {"mesh": "istiod-istio-system-c1", "object": "IssuedCertificate ns/x"},
        ),
        (
            DIRECTIVES,
            {"spec": {"meshRef": None}},
            {"mesh": "", "object": "PodBounceDirective ns/x"},
        ),
        (DIRECTIVES, {"spec": 7}, {"mesh": "", "object": "PodBounceDirective ns/x"}),
        (DIRECTIVES, None, {"mesh": "", "object": "PodBounceDirective ns/x"}),
    ],
)
def test_everything_is_of_the_cluster_and_an_istiod_is_told_by_its_mesh(
    kind: ResourceKind, found: dict[str, Any] | None, fields: dict[str, str]
) -> None:
    key = ObjectKey(kind=kind, namespace="ns", name="x")
    assert describe_key(key, place=PLACE, found=found) == {"cluster": "c1", **fields}
