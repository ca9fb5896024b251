from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from roottrust.domain.served_namespaces import find_served

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)


def build(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "creationTimestamp": "2029-01-01T00:00:00Z", **metadata}}


def serve(*namespaces: dict[str, Any], selectors: tuple[Any, ...] = ()) -> Any:
    return find_served(namespaces, selectors=selectors, now=NOW)


def test_every_namespace_is_served_but_those_that_istiod_passes_over() -> None:
    names = ("kube-system", "kube-public", "kube-node-lease", "local-path-storage", "bookinfo")
    assert serve(*map(build, names)).names == ("bookinfo", "kube-system")


def test_a_namespace_that_ends_is_not_served_any_more() -> None:
    assert serve(build("a", deletionTimestamp="2030-01-01T11:59:00Z")).names == ()


def test_discovery_selectors_say_which_are() -> None:
    prod, test = build("a", labels={"env": "prod"}), build("b", labels={"env": "test"})
    selectors = ({"matchLabels": {"env": "prod"}},)
    assert serve(prod, test, build("c"), selectors=selectors).names == ("a",)


def test_a_namespace_is_young_for_ten_seconds() -> None:
    served = serve(
        build("new", creationTimestamp="2030-01-01T11:59:51Z"),
        build("old", creationTimestamp="2030-01-01T11:59:50Z"),
    )
    assert served.names == ("new", "old")
    assert served.young == {"new"}
