from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.instance_pruning import find_missing, plan_pruning
from roottrust.domain.issued_object import IssuedObject, read_issued


def build(*pods: str) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "istio-system", "name": "istiod-istio-system-cluster1"},
        "spec": {
            "meshRef": {"cluster": "cluster1", "deployment": "istiod"},
            "trustBundle": "PEM",
        },
        "status": {"instances": [{"pod": pod, "serial": "1f"} for pod in pods]},
    }


def test_an_issued_certificate_is_read() -> None:
    assert read_issued(build("a", "b")) == IssuedObject(
        restarts_pods=False,
        namespace="istio-system",
        name="istiod-istio-system-cluster1",
        cluster="cluster1",
        deployment="istiod",
        trust_bundle="PEM",
        pods=("a", "b"),
        served=(None, None),
    )


@pytest.mark.parametrize(
    ("served", "replicas", "is_served"),
    [
        ((2, 2), 2, True),
        ((2, 2, 3), 2, True),
        ((2, 1), 2, False),
        ((2, None), 2, False),
        ((2,), 2, False),
        ((2, 2, None), 2, False),
        ((), 0, False),
        ((2,) * 32, 40, True),
    ],
)
def test_a_generation_is_served_once_each_istiod_is_seen_to_serve_it(
    served: tuple[int | None, ...], replicas: int, is_served: bool
) -> None:
    instances = [
        {
            "pod": f"p-{number}",
            "intermediateGeneration": each or 2,
            "loadedByIstiod": each is not None,
        }
        for number, each in enumerate(served)
    ]
    spec = {"intermediateGeneration": 2, "autoRestartPods": True, "restartOn": "Issuance"}
    issued = read_issued({**build(), "spec": spec, "status": {"instances": instances}})
    assert issued.served == served
    assert issued.restarts_on_issuance
    assert issued.is_served_by(replicas) is is_served


@pytest.mark.parametrize(
    "spec",
    [{}, {"restartOn": "Issuance"}, {"autoRestartPods": True}, {"intermediateGeneration": "2"}],
)
def test_what_asks_for_no_restart_at_an_issuance_gets_none(spec: dict[str, Any]) -> None:
    issued = read_issued({**build(), "spec": spec})
    assert not issued.restarts_on_issuance
    assert not issued.is_served_by(1)


def test_what_an_issued_certificate_does_not_say_is_empty() -> None:
    issued = read_issued({"metadata": {"name": "a", "namespace": "b"}, "spec": {"meshRef": None}})
    assert (issued.cluster, issued.trust_bundle, issued.pods) == ("", "", ())


def test_an_entry_is_removed_only_if_it_is_still_that_pods() -> None:
    assert plan_pruning(read_issued(build("a", "b")), gone={"b"}) == (
        {"op": "test", "path": "/status/instances/1/pod", "value": "b"},
        {"op": "remove", "path": "/status/instances/1"},
    )


def apply(found: dict[str, Any], operations: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """Do what an API server does with such a patch."""
    instances = list(found["status"]["instances"])
    for operation in operations:
        number = int(operation["path"].split("/")[3])
        if operation["op"] == "test":
            assert instances[number]["pod"] == operation["value"]
        else:
            del instances[number]
    return {**found, "status": {"instances": instances}}


_PODS = st.lists(st.sampled_from("abcdef"), unique=True)


@given(_PODS, st.sets(st.sampled_from("abcdef")))
def test_after_pruning_the_entries_are_those_of_pods_that_are_there(
    reported: list[str], existing: set[str]
) -> None:
    issued = read_issued(build(*reported))
    gone = find_missing(issued, pods=existing)
    pruned = read_issued(apply(build(*reported), plan_pruning(issued, gone=gone)))
    assert pruned.pods == tuple(pod for pod in reported if pod in existing)
    assert plan_pruning(pruned, gone=find_missing(pruned, pods=existing)) == ()
