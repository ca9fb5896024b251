from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.discovery import read_istiod
from roottrust.domain.leaf_life import LeafLives, find_leaf_life, read_leaf_lives
from tests.unit.domain.istiods import build_istiod

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ELSEWHERE = {"valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}
ANYTHING = [{"configMapRef": {"name": "a"}}]


def build_container(name: str = "istio-proxy", *values: Any, **more: Any) -> dict[str, Any]:
    """Return a container; a value is a text, or what says where it lies."""
    env = [
        {"name": "SECRET_TTL", **({"value": each} if isinstance(each, str) else each)}
        for each in values
    ]
    return {"name": name, "env": env, **more}


def find(*containers: dict[str, Any], lives: LeafLives | None = None, **spec: Any) -> object:
    pod = {"spec": {"containers": list(containers), **spec}}
    return find_leaf_life(pod, lives or LeafLives())


def read(**env: str) -> LeafLives:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    return read_leaf_lives({"name": "discovery", "env": variables})


def test_what_istiod_gives_unless_told_otherwise() -> None:
    assert read() == LeafLives(default=DAY, longest=90 * DAY)
    assert read(MAX_WORKLOAD_CERT_TTL="48h") == LeafLives(default=DAY, longest=2 * DAY)
    assert read(DEFAULT_WORKLOAD_CERT_TTL="36h").default == 36 * HOUR


@pytest.mark.parametrize("value", ["7d", "", "many"])
def test_what_istiod_cannot_read_is_its_default(value: str) -> None:
    told = {"MAX_WORKLOAD_CERT_TTL": value, "DEFAULT_WORKLOAD_CERT_TTL": value}
    assert read(**told) == LeafLives()


def test_istiods_default_is_not_bound_by_its_maximum() -> None:
    assert read(MAX_WORKLOAD_CERT_TTL="1h") == LeafLives(default=DAY, longest=DAY)


@pytest.mark.parametrize("name", ["MAX_WORKLOAD_CERT_TTL", "DEFAULT_WORKLOAD_CERT_TTL"])
def test_a_value_that_lies_elsewhere_leaves_no_bound(name: str) -> None:
    lives = read_leaf_lives({"env": [{"name": name, **ELSEWHERE}]})
    assert lives.longest is None
    assert find(build_container("istio-proxy", "many"), lives=lives) is None
    assert read_leaf_lives({"envFrom": ANYTHING}).longest is None


@pytest.mark.parametrize(
    ("containers", "life"),
    [
        ([build_container()], DAY),
        ([build_container("istio-proxy", "20s")], timedelta(seconds=20)),
        ([build_container("istio-proxy", "48h")], 2 * DAY),
        ([build_container("istio-proxy", "1s", "48h")], 2 * DAY),
        ([build_container("istio-proxy", "20s"), build_container("agent", "30s")], HOUR / 120),
        ([build_container("agent", "20s"), build_container()], DAY),
        ([build_container("app"), build_container("agent", "20s")], timedelta(seconds=20)),
        ([build_container("app")], DAY),
        ([], DAY),
        # istio cuts to whole seconds, and none is what istiod has a default for.
        ([build_container("istio-proxy", "500ms")], DAY),
        ([build_container("istio-proxy", "-48h")], DAY),
        ([build_container("istio-proxy", "0")], DAY),
        # What cannot be known is as long as istiod allows.
        ([build_container("istio-proxy", "7d")], 90 * DAY),
        ([build_container("istio-proxy", ELSEWHERE)], 90 * DAY),
        ([build_container("istio-proxy", envFrom=ANYTHING)], 90 * DAY),
        ([build_container("app", envFrom=ANYTHING)], DAY),
        ([build_container("istio-proxy", "20s", envFrom=ANYTHING)], timedelta(seconds=20)),
        ([build_container("istio-proxy", "4000h")], 90 * DAY),
    ],
)
def test_how_long_the_leaf_of_a_pod_lives(
    containers: list[dict[str, Any]], life: timedelta
) -> None:
    assert find(*containers) == life


def test_a_native_sidecar_counts_as_a_container() -> None:
    native = build_container("istio-proxy", "48h", restartPolicy="Always")
    assert find(build_container("app"), initContainers=[native]) == 2 * DAY


def test_istiods_maximum_bounds_all_and_its_default_is_for_who_asks_for_nothing() -> None:
    lives = LeafLives(default=36 * HOUR, longest=40 * HOUR)
    assert find(build_container("istio-proxy", "48h"), lives=lives) == 40 * HOUR
    assert find(build_container("istio-proxy", "7d"), lives=lives) == 40 * HOUR
    assert find(build_container("istio-proxy", "0s"), lives=lives) == 36 * HOUR
    assert find(build_container(), lives=lives) == 36 * HOUR
    unknown = LeafLives(default=None, longest=None)
    assert find(build_container(), lives=unknown) is None
    assert find(build_container("istio-proxy", "20s"), lives=unknown) == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, False),
        ({"ISTIO_MULTIROOT_MESH": "true"}, True),
        ({"ISTIO_MULTIROOT_MESH": "1"}, True),
        ({"ISTIO_MULTIROOT_MESH": "T"}, True),
        ({"ISTIO_MULTIROOT_MESH": "false"}, False),
        ({"ISTIO_MULTIROOT_MESH": ""}, False),
        ({"ISTIO_MULTIROOT_MESH": "yes"}, False),
    ],
)
def test_whether_istiod_takes_further_roots(env: dict[str, str], expected: bool) -> None:
    found = read_istiod(build_istiod(env=env))
    assert found is not None
    assert found.multi_root is expected


def test_whether_istiod_takes_further_roots_may_not_be_known() -> None:
    variable = {"name": "ISTIO_MULTIROOT_MESH", **ELSEWHERE}
    found = read_istiod(build_istiod(discovery={"env": [variable]}))
    assert found is not None
    assert found.multi_root is None
