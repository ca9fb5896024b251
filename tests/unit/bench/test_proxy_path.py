from __future__ import annotations

import pytest

from tests.bench.clusters.proxy_path import classify, split_path

API = "/apis/internal.gloo.solo.io/v2"


@pytest.mark.parametrize("kind", ["meshes", "issuedcertificates"])
def test_a_cluster_lists_and_watches_its_own_objects_alone(kind: str) -> None:
    cluster, path = split_path(f"/member-0007{API}/{kind}")
    assert (cluster, path) == ("member-0007", f"{API}/namespaces/mesh-member-0007/{kind}")


@pytest.mark.parametrize(
    "path",
    [
        f"{API}/namespaces/mesh-member-0007/issuedcertificates/x",
        "/openid/v1/jwks",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/api/v1/meshes",
    ],
)
def test_everything_else_is_passed_on_as_it_is(path: str) -> None:
    assert split_path(f"/member-0007{path}") == ("member-0007", path)


@pytest.mark.parametrize(
    ("method", "path", "is_watch", "kind"),
    [
        ("GET", f"{API}/meshes", True, "watches"),
        ("GET", f"{API}/meshes", False, "reads"),
        ("PATCH", f"{API}/meshes/x", False, "writes"),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", False, "reviews"),
        ("POST", "/api/v1/namespaces/x/serviceaccounts/y/token", False, "reviews"),
    ],
)
def test_requests_are_counted_by_what_they_do(
    method: str, path: str, is_watch: bool, kind: str
) -> None:
    assert classify(method, path, is_watch=is_watch) == kind
