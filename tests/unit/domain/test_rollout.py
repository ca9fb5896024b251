from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.reasons import Reason
from roottrust.domain.rollout import Rollout, read_rollout
from tests.unit.domain.bounces import build_manifest

Status = dict[str, Any]

DEADLINE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


def read(kind: str, *, spec: dict[str, Any] | None = None, **status: Any) -> Rollout:
    return read_rollout(kind, build_manifest(kind, spec=spec or {}, status=status))


DEPLOYED: Status = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
SET: Status = {"updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
DAEMON: Status = {
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}


@pytest.mark.parametrize(
    ("kind", "status"), [("Deployment", DEPLOYED), ("StatefulSet", SET), ("DaemonSet", DAEMON)]
)
def test_a_rollout_is_complete_once_all_pods_are_new_and_ready(kind: str, status: Status) -> None:
    assert read(kind, **status).is_complete
    for name in status.keys() - {"replicas", "readyReplicas", "desiredNumberScheduled"}:
        behind = read(kind, **{**status, name: 1})
        assert (behind.is_complete, behind.wanted) == (False, 2)
    unseen = read(kind, **{**status, "observedGeneration": 1})
    assert (unseen.is_complete, unseen.is_seen) == (False, False)


def test_a_deployment_with_old_pods_left_is_not_complete() -> None:
    assert not read("Deployment", **{**DEPLOYED, "replicas": 3}).is_complete


def test_a_set_without_available_replicas_is_judged_by_ready_ones() -> None:
    assert read("StatefulSet", updatedReplicas=2, readyReplicas=2).is_complete


def test_a_workload_without_pods_is_complete() -> None:
    assert read("Deployment", spec={"replicas": 0}).is_complete
    assert read("DaemonSet", desiredNumberScheduled=0).is_complete


def test_what_holds_a_rollout_is_known() -> None:
    assert read("Deployment", spec={"paused": True}).hold is Reason.ROLLOUT_PAUSED
    partition = {"rollingUpdate": {"partition": 1}}
    rolling = {"updateStrategy": {"type": "RollingUpdate", **partition}}
    assert read("StatefulSet", spec=rolling).hold is Reason.ROLLOUT_PARTITIONED
    on_delete = {"updateStrategy": {"type": "OnDelete", **partition}}
    assert read("StatefulSet", spec=on_delete).hold is None
    assert read("StatefulSet", spec=on_delete).is_on_delete
    assert read("DaemonSet", spec=on_delete).is_on_delete


def test_a_deadline_that_was_exceeded_for_an_older_template_says_nothing() -> None:
    assert read("Deployment", conditions=[DEADLINE]).has_failed
    assert not read("Deployment", conditions=[DEADLINE], observedGeneration=1).has_failed
    for other in ({"status": "True"}, {"reason": "NewReplicaSetAvailable"}, {"type": "Available"}):
        assert not read("Deployment", conditions=[{**DEADLINE, **other}]).has_failed


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ({}, 2),  # a quarter of ten, rounded down
        ({"type": "Recreate"}, 10),
        ({"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, 0),
        ({"rollingUpdate": {"maxUnavailable": 3}}, 3),
        ({"rollingUpdate": {"maxUnavailable": "5%", "maxSurge": 0}}, 1),
        ({"rollingUpdate": {"maxUnavailable": "100%"}}, 10),
        ({"rollingUpdate": {"maxUnavailable": "many"}}, 10),
        ({"rollingUpdate": {"maxUnavailable": 99}}, 10),
    ],
)
def test_how_many_pods_a_deployment_takes_away_follows_kubernetes(
    strategy: dict[str, Any], count: int
) -> None:
    assert read("Deployment", spec={"replicas": 10, "strategy": strategy}).may_miss == count


@pytest.mark.parametrize(
    ("kind", "strategy", "count"),
    [
        ("StatefulSet", {}, 1),
        ("StatefulSet", {"rollingUpdate": {"maxUnavailable": "30%"}}, 3),
        ("StatefulSet", {"type": "OnDelete"}, 0),
        ("DaemonSet", {}, 1),
        ("DaemonSet", {"rollingUpdate": {"maxUnavailable": "11%"}}, 2),
        ("DaemonSet", {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, 0),
        ("DaemonSet", {"type": "OnDelete"}, 0),
    ],
)
def test_how_many_pods_a_set_takes_away_follows_kubernetes(
    kind: str, strategy: dict[str, Any], count: int
) -> None:
    spec = {"replicas": 10, "updateStrategy": strategy}
    assert read(kind, spec=spec, desiredNumberScheduled=10).may_miss == count


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["replicas", "updatedReplicas", "strategy", "updateStrategy", "rollingUpdate", "conditions"]
)


@given(
    kind=st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]),
    spec=st.dictionaries(NAMES, ANYTHING) | ANYTHING,
    status=st.dictionaries(NAMES, ANYTHING) | ANYTHING,
)
def test_nothing_that_an_api_server_may_say_is_too_much(kind: str, spec: Any, status: Any) -> None:
    rollout = read_rollout(kind, {"spec": spec, "status": status, "metadata": status})
    assert rollout.is_seen or not rollout.is_complete
