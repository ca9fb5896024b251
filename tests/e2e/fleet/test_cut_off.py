"""A workload cluster whose link is down in the middle of something: it is made up for afterwards.

Meanwhile the other cluster is served as fast as before, and in both workloads go on talking.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.fleet.fleet import Fleet
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.round_trip import measure
from tests.e2e.fleet.telling import Tell
from tests.e2e.helm import NAMESPACE
from tests.e2e.istiod import AGENT
from tests.e2e.load import connect_all_the_while
from tests.e2e.node_process import send_signal
from tests.e2e.operator_pod import CLUSTER_ROLE, OperatorPod
from tests.e2e.operator_pod import NAMESPACE as OPERATORS
from tests.integration.cluster.workloads import Bounce, select
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects

# Longer than its workloads are without an istiod that can ask the API server who they are.
CERTIFICATE_SECONDS = 3600
BEFORE = 5
# Until a hub that cannot reach a cluster tries again.
RETRY_SECONDS = 90.0


@pytest.fixture(params=[15, pytest.param(120, marks=pytest.mark.prove)])
def absence(request: pytest.FixtureRequest) -> float:
    """How many seconds the link is down."""
    return float(request.param)


@pytest.fixture
def west(fleet: Fleet) -> Iterator[Member]:
    """The cluster that is cut off, which is connected in the end whatever the test did."""
    yield fleet.west
    fleet.west.cluster.reconnect()


@contextmanager
def measured(fleet: Fleet, tell: Tell, what: str, absence: float) -> Iterator[None]:
    """Have the west cut off by what is inside, and find the east as fast as before."""
    fleet.policy.wait_for("Ready", "True", seconds=RETRY_SECONDS)
    before = measure(fleet.policy, fleet.east, lambda count: count < BEFORE)
    yield
    end = time.monotonic() + absence
    meanwhile = measure(fleet.policy, fleet.east, lambda _: time.monotonic() < end)
    tell(f"{what} for {absence:g} s, the other cluster meanwhile: {meanwhile}; before: {before}")
    _check_told(fleet, absence)
    fleet.west.cluster.reconnect()
    wait_for(fleet.west.cluster.is_serving, bool)
    meanwhile.assert_as_fast_as(before)


def _check_told(fleet: Fleet, absence: float) -> None:
    status = fleet.policy.read_status()
    found = {each["cluster"]: each for each in status["meshes"]}
    assert "message" not in found["east"]
    assert "Cluster west (since " in found["west"]["message"]
    begun = datetime.fromisoformat(found["west"]["message"].partition("since ")[2].split(")")[0])
    assert 0 < (datetime.now(UTC) - begun).total_seconds() < absence + 10


def test_in_the_middle_of_an_issuance(
    fleet: Fleet, west: Member, absence: float, tell: Tell
) -> None:
    """Its agent knows that it is to get another one, and reaches Vault no more."""
    before = west.istiod.read_served_serial()
    agent = west.istiod.find_container(AGENT)
    generation = west.istiod.read_wanted_generation() + 1
    client, server = (west.get_workload(name) for name in ("client", "server"))
    load = connect_all_the_while(
        client, server, absence + 20, certificate_seconds=CERTIFICATE_SECONDS
    )
    with load as told:
        pods = [each.list_pods() for each in fleet.both]
        with measured(fleet, tell, "Cut off during an issuance", absence):
            send_signal(west.cluster, agent, signal.SIGSTOP)
            done = fleet.run("rotate intermediate", fleet.policy.full_name, "--no-wait")
            assert done.code == 0, done.err
            wait_for(west.istiod.read_wanted_generation, generation.__eq__, every=0.05)
            west.cluster.cut_off()
            send_signal(west.cluster, agent, signal.SIGCONT)
            fleet.east.istiod.wait_for_generation(generation)
        west.istiod.wait_for_generation(generation, seconds=RETRY_SECONDS)
        fleet.policy.wait_for("Ready", "True", seconds=RETRY_SECONDS)
    told.assert_nobody_failed(server, absence + 20)
    assert west.istiod.read_served_serial() != before
    assert [each.list_pods() for each in fleet.both] == pods


@pytest.fixture
def reviews(west: Member) -> Iterator[Deployment]:
    """A workload that is to be restarted after istiod."""
    pod = west.get_workload("reviews")
    reviews = Deployment(pod=pod, command=["server"], port=8443)
    reviews.start()
    yield reviews
    west.cluster.reconnect()
    reviews.delete()


@pytest.fixture
def bounce(west: Member) -> Iterator[Bounce]:
    bounce = Bounce(west.cluster, namespace=NAMESPACE, name="cut-off")
    yield bounce
    west.cluster.reconnect()
    bounce.delete()


def test_in_the_middle_of_restarts(
    fleet: Fleet, west: Member, reviews: Deployment, bounce: Bounce, absence: float, tell: Tell
) -> None:
    """Its new istiod waits for its CA, the old one serves, and what comes behind it waits."""
    old = reviews.list_pods().keys()
    istiod = {each["metadata"]["name"] for each in west.istiod.find_pods()}
    with measured(fleet, tell, "Cut off during restarts", absence):
        groups = [
            select(NAMESPACE, "istiod", waitForReplicas=1),
            select(west.namespace, reviews.name, rootCertSync={}, waitForReplicas=2),
        ]
        mesh = {"name": f"istiod-{NAMESPACE}-{west.name}", "namespace": NAMESPACE}
        mesh |= {"cluster": west.name, "deployment": "istiod"}
        bounce.create(groups, trust_hash=None, meshRef=mesh)
        west.cluster.cut_off()
    found: dict[str, Any] = bounce.read_status()
    assert found["state"] == "RESTARTING", found
    assert reviews.list_pods().keys() == old, "it did not wait for istiod"
    ends = {"FINISHED", "FAILED"}
    status = bounce.wait_for(lambda found: found.get("state") in ends, seconds=180)
    assert status["message"] == "2 workloads are restarted."
    assert not reviews.list_pods().keys() & old
    assert not {each["metadata"]["name"] for each in west.istiod.find_pods()} & istiod
    fleet.policy.wait_for("Ready", "True", seconds=RETRY_SECONDS)


@pytest.fixture
def restarting(fleet: Fleet, west: Member) -> Iterator[int]:
    """The west's generation, from which on each raised one restarts its workloads, too."""
    west.forget_directives()  # those of other tests
    fleet.apply_policy({"spec.config.autoRestartPods": True, "spec.config.restartOn": "Issuance"})
    generation = west.istiod.read_wanted_generation()

    def is_followed(status: dict[str, Any]) -> bool:
        return status.get("restartedForGeneration") == generation

    certificate = Certificate(cluster=west.cluster, namespace=NAMESPACE)
    wait_for(certificate.wait_for, lambda found: found["spec"].get("restartOn") == "Issuance")
    wait_for(lambda: read_mesh_status(west), is_followed)
    yield generation
    west.cluster.reconnect()
    fleet.apply_policy()
    west.forget_directives()
    fleet.policy.wait_for("Ready", "True", seconds=RETRY_SECONDS)


def read_mesh_status(member: Member) -> dict[str, Any]:
    """Return what its cluster tells of its mesh."""
    (found,) = list_objects(member.cluster, "meshes", OPERATORS)
    return dict(found.get("status") or {})


def test_before_the_hub_has_written_which_workloads_are_restarted(
    fleet: Fleet,
    west: Member,
    reviews: Deployment,
    restarting: int,
    absence: float,
    tell: Tell,
) -> None:
    """Its operator begins to ask when nobody can hear it any more."""
    operator = OperatorPod(cluster=west.cluster, name=CLUSTER_ROLE)
    old = reviews.list_pods().keys()
    istiod = {each["metadata"]["name"] for each in west.istiod.find_pods()}
    with measured(fleet, tell, "Cut off before restarts are written", absence):
        operator.scale(0)
        words = (fleet.policy.full_name, "--cluster=west", "--no-wait")
        done = fleet.run("rotate intermediate", *words)
        assert done.code == 0, done.err
        west.istiod.wait_for_generation(restarting + 1)
        operator.kubectl("scale", f"deployment/{operator.name}", "--replicas=1")
        west.cluster.cut_off()
    (directive,) = wait_for(
        lambda: list_objects(west.cluster, "podbouncedirectives", OPERATORS),
        bool,
        seconds=RETRY_SECONDS,
    )
    bounce = Bounce(west.cluster, namespace=OPERATORS, name=directive["metadata"]["name"])
    status = bounce.wait_for(lambda found: found.get("state") == "FINISHED", seconds=180)
    assert status["message"] == "1 workload is restarted."
    assert not reviews.list_pods().keys() & old
    assert {each["metadata"]["name"] for each in west.istiod.find_pods()} == istiod
    found = wait_for(
        lambda: read_mesh_status(west),
        lambda each: each.get("restartedForGeneration") == restarting + 1,
    )
    assert "restartRequest" not in found
    assert len(list_objects(west.cluster, "podbouncedirectives", OPERATORS)) == 1
