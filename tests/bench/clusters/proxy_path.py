"""What the proxy makes of the path of a request: one API server looks like many.

`/NAME/…` is the cluster NAME. What it lists and watches of our kinds in all namespaces is asked for
in the one namespace that stands for it, so that each cluster has its own objects alone, and the
API server sends an object to the watches of that cluster instead of weighing a label for each of a
thousand. Everything else is passed on as it is.
"""

from __future__ import annotations

from tests.bench.clusters.places import get_namespace

_API = "/apis/internal.gloo.solo.io/v2"
_KINDS = frozenset({"meshes", "issuedcertificates"})
_REVIEWS = "/selfsubjectaccessreviews"


def split_path(path: str) -> tuple[str, str]:
    """Return the cluster, and the path that its API server is to see."""
    cluster, _, rest = path.removeprefix("/").partition("/")
    group, _, kind = f"/{rest}".rpartition("/")
    if group == _API and kind in _KINDS:
        return cluster, f"{_API}/namespaces/{get_namespace(cluster)}/{kind}"
    return cluster, f"/{rest}"


def classify(method: str, path: str, *, is_watch: bool) -> str:
    """Return what a request is counted as; reviews of access and tokens change nothing."""
    if is_watch:
        return "watches"
    if method == "GET":
        return "reads"
    return "reviews" if path.endswith((_REVIEWS, "/token")) else "writes"
