"""A mesh that signs by itself is taken into the fleet, with autoRestartPods, while it is used.

Nobody can be spared where workloads with the new root meet some with the old one: those failures
are counted by phase, and there are none before, and none after.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.fleet.callers import Phase, call_all_the_while
from tests.e2e.fleet.fleet import SELECTED, Fleet
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.shop import Shop, open_shop
from tests.e2e.fleet.telling import Tell
from tests.e2e.helm import NAMESPACE
from tests.e2e.istiod import forget_roots
from tests.e2e.operator_pod import kill_operators
from tests.integration.cluster.workloads import Bounce
from tests.integration.hub.waiting import wait_for

BEFORE_SECONDS = AFTER_SECONDS = 5.0
# Until all have learned that the last pods of before are gone.
LAST_SECONDS = 2.0
RESTART_SECONDS = 300.0
# An operator begins within 20 s of another one's death, and has some seconds then.
SECONDS_A_KILL = 23.0


@pytest.fixture
def newcomer(fleet: Fleet) -> Iterator[Member]:
    """The management cluster with an istiod that made a root for itself."""
    member = fleet.mgmt
    forget_roots(member.cluster)
    member.install_self_signed_istiod()
    yield member
    fleet.apply_policy()
    member.helm.uninstall_istiod()
    forget_roots(member.cluster)
    member.forget_directives()
    wait_for(lambda: find_mesh(member), lambda found: not found)


@pytest.fixture
def shop(newcomer: Member) -> Iterator[Shop]:
    with open_shop(newcomer) as shop:
        yield shop


def find_mesh(member: Member) -> str:
    """Return its name once more, empty if there is none."""
    name = f"istiod-{NAMESPACE}-{member.name}"
    words = ("get", "mesh", name, "-n", "gloo-mesh", "-o=name", "--ignore-not-found")
    return member.cluster.kubectl(*words).stdout


def find_bounce(member: Member) -> Bounce:
    def look() -> list[str]:
        words = ("get", "podbouncedirectives", "-n", "gloo-mesh", "-o=name")
        return member.cluster.kubectl(*words).stdout.split()

    (name,) = wait_for(look, bool, seconds=RESTART_SECONDS, every=0.1)
    return Bounce(member.cluster, namespace="gloo-mesh", name=name.partition("/")[2])


def find_published_at(member: Member, root_pem: str) -> datetime:
    """Return when the workloads' namespace was given this root."""
    member.istiod.wait_for_published_root(member.namespace, root_pem)
    words = ("get", "configmap", "istio-ca-root-cert", "-n", member.namespace, "-o=json")
    found: dict[str, Any] = json.loads(
        member.cluster.kubectl(*words, "--show-managed-fields").stdout
    )
    times = [each["time"] for each in found["metadata"]["managedFields"]]
    return max(map(datetime.fromisoformat, times))


@contextmanager
def killed_now_and_then(member: Member, times: int) -> Iterator[None]:
    """Kill the operator (kill -9) again and again; another pod takes its place at once."""
    stop, killed = threading.Event(), list[str]()

    def go_on() -> None:
        while len(killed) < times and not stop.wait(SECONDS_A_KILL):
            killed.extend(kill_operators(member.cluster))

    thread = threading.Thread(target=go_on)
    if times:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if times:
            thread.join()
    assert len(killed) >= min(times, 2), killed


@pytest.mark.parametrize(
    "kills", [0, pytest.param(5, marks=pytest.mark.prove, id="operator-killed")]
)
def test_a_self_signed_mesh_is_taken_into_the_fleet(
    fleet: Fleet, newcomer: Member, shop: Shop, tell: Tell, kills: int
) -> None:
    others = [each.list_pods() for each in fleet.both]
    old = {each.name: each.list_pods().keys() for each in shop.all}
    entries = {each.name: each.get_address() for each in (shop.gateway, shop.productpage)}
    with call_all_the_while(entries, shop.reviews.pod.identity) as calls:
        begun_at = datetime.now(UTC)
        time.sleep(BEFORE_SECONDS)
        switched_at = datetime.now(UTC)
        mine = [{"istio": {"clusterSelector": {"cluster": newcomer.name}, "namespace": NAMESPACE}}]
        changes = {"spec.applyToMeshes": SELECTED + mine, "spec.config.autoRestartPods": True}
        fleet.apply_policy(changes)
        with killed_now_and_then(newcomer, kills):
            newcomer.install_istiod()
            published_at = find_published_at(newcomer, fleet.root_pem)
            ends = {"FINISHED", "FAILED"}
            bounce = find_bounce(newcomer)
            status = bounce.wait_for(
                lambda found: found.get("state") in ends, seconds=RESTART_SECONDS
            )
        finished_at = datetime.now(UTC) + timedelta(seconds=LAST_SECONDS)
        assert status["message"] == "4 workloads are restarted."
        time.sleep(LAST_SECONDS + AFTER_SECONDS)
    gateways, workloads = (
        shop.gateway.list_starts(),
        shop.productpage.list_starts() + shop.reviews.list_starts(),
    )
    istiods = [
        datetime.fromisoformat(each["metadata"]["creationTimestamp"])
        for each in newcomer.istiod.find_pods()
    ]
    phases = calls.divide(
        {
            "before": begun_at,
            "istiod is exchanged, then restarted": switched_at,
            "gateways are restarted": min(gateways),
            "workloads are restarted": min(workloads),
            "after": finished_at,
        },
        datetime.now(UTC),
    )
    tell("\n".join(["A self-signed mesh is taken over:", *map(str, phases)]))
    check_order(istiods, published_at, gateways, workloads)
    check_failures(phases)
    for each in shop.all:
        assert not each.list_pods().keys() & old[each.name]
    assert [each.list_pods() for each in fleet.both] == others, "their roots are the same"
    fleet.policy.wait_for("Ready", "True", seconds=90)


def check_order(
    istiods: list[datetime],
    published_at: datetime,
    gateways: list[datetime],
    workloads: list[datetime],
) -> None:
    """istiod, then the ConfigMaps, then gateways, then workloads; times are of whole seconds."""
    assert max(istiods) < min(gateways)
    assert published_at <= min(gateways)
    assert max(gateways) < min(workloads)


def check_failures(phases: list[Phase]) -> None:
    """Nobody fails who could be spared, and nobody for another reason than trust."""
    before, istiod, gateways, workloads, after = phases
    for each in (before, istiod, after):
        assert each.failed == {}, (str(each), *map(str, each.failures))
    assert set(gateways.failed) <= {"gateway"}, "workloads among themselves have the old root still"
    for each in (gateways, workloads):
        strange = [str(call) for call in each.failures if not call.is_mistrusted]
        assert strange == [], strange
