"""The root is replaced under istiods that have to be restarted for it, two replicas each.

Without ISTIO_MULTIROOT_MESH an istiod takes changed roots when it is restarted alone; with it, it
takes them while it runs, and knows its clients by the roots before until it is restarted. The hub
has just these restarts made, and no connection between workloads fails.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from roottrust.domain.rotation.wish import ROLLBACK_ANNOTATION
from tests.e2e.fleet.fleet import Fleet, do_at_once
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.root_rotation import (
    connected,
    find_next_generation,
    follow,
    list_pairs,
    make_root,
    start_rotation,
)
from tests.e2e.fleet.rotation_table import describe
from tests.e2e.fleet.telling import Tell
from tests.e2e.helm import NAMESPACE
from tests.e2e.load import PATIENT_SECONDS
from tests.e2e.operator_pod import NAMESPACE as OPERATORS
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects

pytestmark = pytest.mark.prove

LONG_SECONDS = 900.0
A_SECOND = 5
REPLICAS = 2
# So that no stage is over before it is seen.
SOAK_SECONDS = 3
# The lease of an istiod that publishes roots lasts 30 s, and another one waits for its end.
LEASE_SECONDS = 120.0


@contextmanager
def istiods(fleet: Fleet, *, multi_root: bool) -> Iterator[None]:
    """Have two replicas of each, one of which publishes, and a policy that restarts them."""
    changes = {
        "env.ISTIO_MULTIROOT_MESH": str(multi_root).lower(),
        "env.ENABLE_LEADER_ELECTION": "true",
        "replicaCount": str(REPLICAS),
    }
    do_at_once(lambda each: each.install_istiod(changes=changes), fleet.both)
    fleet.apply_policy({"spec.config.autoRestartPods": True})
    try:
        for member in fleet.both:
            wait_for_mesh(member, lambda found: is_told(found, multi_root=multi_root))
            wait_for_instances(member, are_young)
        fleet.policy.wait_for("Ready", "True", seconds=LEASE_SECONDS)
        do_at_once(Member.forget_directives, fleet.both)
        yield
    finally:
        fleet.apply_policy()
        do_at_once(Member.install_istiod, fleet.both)
        do_at_once(Member.forget_directives, fleet.both)
        fleet.policy.wait_for("Ready", "True", seconds=LEASE_SECONDS)


def is_told(mesh: dict[str, Any], *, multi_root: bool) -> bool:
    status = mesh.get("status", {})
    summary = status.get("istiod", {}).get("summary")
    return status.get("multiRoot") is multi_root and summary == f"{REPLICAS}/{REPLICAS}"


def wait_for_mesh(member: Member, holds: Callable[[dict[str, Any]], bool]) -> None:
    def look() -> dict[str, Any]:
        (found,) = list_objects(member.cluster, "meshes", OPERATORS)
        return found

    wait_for(look, holds, seconds=LEASE_SECONDS)


def wait_for_instances(member: Member, holds: Callable[[dict[str, Any]], bool]) -> None:
    def look() -> dict[str, Any]:
        (found,) = list_objects(member.cluster, "issuedcertificates", NAMESPACE)
        return found

    wait_for(look, holds, seconds=LEASE_SECONDS)


def are_young(issued: dict[str, Any]) -> bool:
    """Whether each replica has started with the roots that it is to have now."""
    pinned = hashlib.sha256(issued["spec"]["trustBundle"].encode()).hexdigest()
    found = [each.get("startedWithRoots") for each in issued["status"].get("instances", ())]
    return found == [pinned] * REPLICAS


def list_istiod_restarts(member: Member) -> list[str]:
    """Return the directives that restart istiod."""
    found = list_objects(member.cluster, "podbouncedirectives", OPERATORS)
    return [
        each["metadata"]["name"]
        for each in found
        if any(group["labels"].get("app") == "istiod" for group in each["spec"]["podsToBounce"])
    ]


def read_revision(member: Member) -> int:
    """Return how often istiod's pods were replaced by others of another template."""
    words = ("get", "deployment", "istiod", "-n", NAMESPACE, "-o=json")
    found = json.loads(member.cluster.kubectl(*words).stdout)
    return int(found["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def replace_root(
    fleet: Fleet, tell: Tell, *, run: str, strategy: str, roll_back_from: str | None = None
) -> str:
    """Rotate while workloads talk, none of which may fail; return the next root."""
    generation = find_next_generation(fleet)
    root = make_root(fleet, generation)

    def strike(stage: str) -> None:
        if stage == roll_back_from:
            fleet.policy.annotate(f"{ROLLBACK_ANNOTATION}={generation}")

    pairs = list_pairs(fleet)
    with connected(pairs, certificate_seconds=PATIENT_SECONDS, a_second=A_SECOND) as loads:
        start_rotation(fleet, generation, strategy, soak_seconds=SOAK_SECONDS)
        end = "rejectedGeneration" if roll_back_from else "rootGeneration"
        course = follow(fleet, generation, tell, end=end, seconds=LONG_SECONDS, strike=strike)
    row = describe(run, strategy, course, loads, certificate_seconds=PATIENT_SECONDS)
    row.save()
    for pair, told in loads:
        tell(f"{pair}: {told.total} connections, {sum(told.errors.values())} failed")
    for pair, told in loads:
        assert told.errors == {}, pair
        assert told.peers == {pair.server.identity: told.total}
        assert told.total > 0
    return root


def check_restarts(fleet: Fleet, before: list[int], restarts: int) -> None:
    """Each istiod was restarted so often, no more, and knows its clients by the roots of now."""
    for member, revision in zip(fleet.both, before, strict=True):
        assert len(list_istiod_restarts(member)) == restarts
        assert read_revision(member) == revision + restarts
        wait_for_instances(member, are_young)
    fleet.policy.wait_for("Ready", "True", seconds=60)
    warnings = fleet.policy.read_status().get("warnings", [])
    assert not [each for each in warnings if each.startswith("IstiodsStale")]


@pytest.mark.parametrize(
    ("strategy", "multi_root", "restarts"),
    [("CrossSigned", False, 2), ("MultiRoot", False, 2), ("CrossSigned", True, 1)],
)
def test_istiods_are_restarted_as_often_as_they_have_to_be_and_no_connection_fails(
    fleet: Fleet, tell: Tell, strategy: str, multi_root: bool, restarts: int
) -> None:
    with istiods(fleet, multi_root=multi_root):
        before = [read_revision(each) for each in fleet.both]
        setting = "on" if multi_root else "off"
        run = f"istiods restarted, ISTIO_MULTIROOT_MESH {setting}, two replicas"
        root = replace_root(fleet, tell, run=run, strategy=strategy)
        for member in fleet.both:
            member.istiod.wait_for_published_root(member.namespace, root)
        check_restarts(fleet, before, restarts)


def test_a_roll_back_restarts_them_for_the_roots_before(fleet: Fleet, tell: Tell) -> None:
    with istiods(fleet, multi_root=False):
        before, root = [read_revision(each) for each in fleet.both], fleet.root_pem
        run = "istiods restarted, ISTIO_MULTIROOT_MESH off, rolled back from Confirm"
        replace_root(fleet, tell, run=run, strategy="MultiRoot", roll_back_from="Confirm")
        for member in fleet.both:
            member.istiod.wait_for_published_root(member.namespace, root)
        check_restarts(fleet, before, 2)
