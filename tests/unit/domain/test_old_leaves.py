from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.domain.discovery import Istiod
from roottrust.domain.leaf_life import LeafLives
from roottrust.domain.old_leaves import OldLeaves
from tests.unit.domain.observations import build_istiod
from tests.unit.domain.test_stale_workloads import build_owner, build_pod

SINCE = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ELSEWHERE: dict[str, Any] = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


def build_proxy(
    name: str = "one", *, created_at: datetime = SINCE - DAY, ttl: Any = None, **metadata: Any
) -> dict[str, Any]:
    """Return a whole pod; `ttl` is the text of SECRET_TTL, or what says where it lies."""
    value = {"value": ttl} if isinstance(ttl, str) else ttl
    env = [] if ttl is None else [{"name": "SECRET_TTL", **value}]
    pod = build_pod(name, created_at=created_at, **metadata)
    return {**pod, "spec": {"containers": [{"name": "istio-proxy", "env": env}]}}


def count(
    *pods: dict[str, Any], now: datetime = SINCE, istiod: Istiod | None = None
) -> RotationEvidence:
    leaves = OldLeaves().add(istiod or build_istiod(), pods, since=SINCE, now=now)
    return leaves.tell("g2-abc", since=SINCE, requested=())


def test_a_pod_from_before_counts_until_its_leaf_has_ended() -> None:
    pod = build_proxy(ttl="1h")
    ends_at = SINCE + timedelta(hours=1) + SECOND
    found = count(pod)
    assert found == RotationEvidence(
        step="g2-abc", since=SINCE, total=1, first=("default/Pod/one",), ends_at=ends_at
    )
    assert count(pod, now=ends_at - timedelta(microseconds=1)) == found
    assert count(pod, now=ends_at) == RotationEvidence(step="g2-abc", since=SINCE)


def test_a_pod_of_the_same_second_is_from_before() -> None:
    assert count(build_proxy(created_at=SINCE)).total == 1
    assert count(build_proxy(created_at=SINCE + SECOND)).total == 0
    moment = SINCE + timedelta(microseconds=700_000)
    found = OldLeaves().add(
        build_istiod(), [build_proxy(created_at=SINCE)], since=moment, now=moment
    )
    assert len(found.ends) == 1


def test_a_pod_of_no_known_age_is_from_before() -> None:
    assert count(build_proxy(creationTimestamp=None)).total == 1


def test_a_pod_that_is_going_lives_until_it_is_gone() -> None:
    assert count(build_proxy(deletionTimestamp="2030-01-01T12:00:00Z")).total == 1


def test_in_a_namespace_that_istiod_does_not_serve_any_more_it_counts() -> None:
    assert count(build_proxy(namespace="elsewhere")).first == ("elsewhere/Pod/one",)


def test_who_has_no_certificate_of_this_istiod_does_not_count() -> None:
    other = {"istio.io/rev": "canary"}
    assert count(build_proxy(annotations=other)).total == 0
    assert count(build_proxy(annotations=other), istiod=build_istiod(revision="canary")).total == 1
    bare = build_pod("bare", created_at=SINCE - DAY, annotations={})
    assert count(bare).total == 0
    assert count(build_proxy(annotations={})).total == 1


def test_the_proxy_of_a_node_counts_for_each_istiod() -> None:
    ztunnel = build_pod(
        "ztunnel-abcde",
        created_at=SINCE - DAY,
        owner=build_owner("DaemonSet", "ztunnel"),
        labels={"app": "ztunnel"},
        annotations={},
    )
    found = count(ztunnel, istiod=build_istiod(revision="canary"))
    assert found.first == ("default/DaemonSet/ztunnel",)
    assert found.ends_at == SINCE + DAY + SECOND
    assert found.node_proxies == 1
    ended = count(ztunnel, now=SINCE + DAY + SECOND)
    assert (ended.total, ended.node_proxies) == (0, 1), "its leaves have ended, its roots have not"


def test_a_node_proxy_that_was_restarted_knows_the_roots() -> None:
    labels = {"app": "ztunnel"}
    assert count(build_pod("new", created_at=SINCE + SECOND, labels=labels)).node_proxies == 0
    assert count(build_proxy()).node_proxies == 0


def test_pods_of_a_workload_are_one_that_ends_with_the_last() -> None:
    owner = build_owner("StatefulSet", "db")
    pods = [build_proxy(f"db-{number}", owner=owner, ttl=f"{number}h") for number in (2, 3, 1)]
    found = count(*pods)
    assert (found.total, found.first) == (1, ("default/StatefulSet/db",))
    assert found.ends_at == SINCE + timedelta(hours=3) + SECOND


def test_pages_add_up() -> None:
    istiod, leaves = build_istiod(), OldLeaves()
    for number in range(25):
        page = [build_proxy(f"pod-{number:02}", ttl=f"{number + 1}h")]
        leaves = leaves.add(istiod, page, since=SINCE, now=SINCE)
    requested = (RestartScope.WORKLOADS,)
    found = leaves.tell("g2-abc", since=SINCE, requested=requested)
    assert (found.total, len(found.first)) == (25, 20)
    assert found.ends_at == SINCE + timedelta(hours=25) + SECOND
    assert found.restarts_requested == requested


@pytest.mark.parametrize("ttls", [(ELSEWHERE,), ("1h", ELSEWHERE), (ELSEWHERE, "1h")])
def test_what_nobody_can_tell_ends_at_no_known_time(ttls: tuple[Any, ...]) -> None:
    istiod = build_istiod(leaf_lives=LeafLives(longest=None))
    owner = build_owner("StatefulSet", "db")
    pods = [build_proxy(f"db-{number}", owner=owner, ttl=ttl) for number, ttl in enumerate(ttls)]
    found = count(*pods, now=SINCE + 5000 * DAY, istiod=istiod)
    assert (found.total, found.ends_at) == (1, None)


_LIVES = st.sampled_from(
    [
        (None, DAY),
        ("20s", 20 * SECOND),
        ("500ms", DAY),
        ("36h", 1.5 * DAY),
        ("4000h", 90 * DAY),
        ("7d", 90 * DAY),
        (ELSEWHERE, 90 * DAY),
    ]
)


def _list_milliseconds(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda number: timedelta(milliseconds=number))


@given(
    true_since=_list_milliseconds(0, 3000),
    pods=st.lists(st.tuples(_list_milliseconds(-3000, 4000), _LIVES), min_size=1, max_size=3),
    which=st.integers(0, 2),
    beyond=_list_milliseconds(-2000, 1500),
)
def test_never_none_while_a_pod_lives_whose_leaf_may_be_from_before(
    true_since: timedelta,
    pods: list[tuple[timedelta, tuple[Any, timedelta]]],
    which: int,
    beyond: timedelta,
) -> None:
    """Time is told in whole seconds, and we look about when one of the leaves ends."""
    base = datetime(2030, 1, 1, 12, tzinfo=UTC)
    switched_at = base + true_since
    _, (_, a_life) = pods[which % len(pods)]
    now = switched_at + max(a_life + beyond, timedelta())
    since, told_now = (each.replace(microsecond=0) for each in (switched_at, now))
    is_old_alive = False
    found = []
    for number, (born, (ttl, life)) in enumerate(pods):
        born_at = base + born
        if born_at <= now:
            created_at = born_at.replace(microsecond=0)
            found.append(build_proxy(f"pod-{number}", created_at=created_at, ttl=ttl))
            # The worst: it asks just before the switch, unless it was not there.
            is_old_alive |= born_at < switched_at and now < switched_at + life
    leaves = OldLeaves().add(build_istiod(), found, since=since, now=told_now)
    total = leaves.tell("g2-abc", since=since, requested=()).total
    assert total > 0 or not is_old_alive
