"""The root is replaced while something is killed, sealed, cut off or deleted in each stage.

Workloads connect all the while, across and within clusters: not one connection may fail. The
careless orders are controls: the same workloads do fail there.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from roottrust.api.choices import RotationStage, RotationStrategy
from roottrust.domain.certificate import parse_certificates
from roottrust.domain.rotation.stage import can_return, list_stages, list_way_back
from roottrust.domain.rotation.wish import PAUSE_ANNOTATION, ROLLBACK_ANNOTATION
from tests.e2e.fleet.fleet import Fleet
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.root_rotation import (
    Course,
    Pair,
    Strike,
    connected,
    find_next_generation,
    follow,
    list_pairs,
    make_issuer,
    make_root,
    read_rotation,
    start_rotation,
)
from tests.e2e.fleet.rotation_table import describe
from tests.e2e.fleet.telling import Tell
from tests.e2e.istiod import AGENT
from tests.e2e.load import PATIENT_SECONDS, Told
from tests.e2e.node_process import kept_from_hub_and_vault, send_signal
from tests.e2e.operator_pod import kill_operators
from tests.integration.kube_writes import patch_object
from tests.integration.vault_calls import read, write

pytestmark = pytest.mark.prove

LONG_SECONDS = 900.0
# Of each of the four pairs.
A_SECOND = 5
# So that no stage is over before it is seen.
SOAK_SECONDS = 3
SEALED_SECONDS = 60.0
CUT_OFF_SECONDS = 25.0
# What was under way when it struck may still be finished.
GRACE_SECONDS = 5.0
AFTER_SECONDS = 5.0
# Until every workload and every mounted ConfigMap has what was written last.
SETTLED_SECONDS = 100.0
CARELESS_SECONDS = 2.5


def delete_status(fleet: Fleet) -> Strike:
    def strike(_: str) -> None:
        fleet.policy.patch_status(None)

    return strike


def kill_hub(fleet: Fleet) -> Strike:
    def strike(_: str) -> None:
        kill_operators(fleet.mgmt.cluster)

    return strike


def kill_agents(fleet: Fleet) -> Strike:
    """Kill one cluster's, then the other's: a kubelet waits longer after each crash."""
    members = cycle(fleet.both)

    def strike(_: str) -> None:
        member = next(members)
        send_signal(member.cluster, member.istiod.find_container(AGENT), signal.SIGKILL)

    return strike


def seal_vault(fleet: Fleet) -> Strike:
    def strike(_: str) -> None:
        fleet.vault.seal()
        try:
            assert_it_waits(fleet, SEALED_SECONDS)
        finally:
            fleet.vault.unseal()

    return strike


def cut_off_west(fleet: Fleet) -> Strike:
    """Neither the hub reaches it, nor it Vault; its workloads reach those of the other cluster."""

    def strike(_: str) -> None:
        with kept_from_hub_and_vault(fleet.west.cluster):
            assert_it_waits(fleet, CUT_OFF_SECONDS)

    return strike


def replace_istiods(fleet: Fleet) -> Strike:
    def strike(_: str) -> None:
        for member in fleet.both:
            member.istiod.kubectl("delete", "pod", "--selector=app=istiod", "--wait=false")
        for member in fleet.both:
            member.istiod.wait_until_ready()

    return strike


def take_turns(fleet: Fleet) -> Strike:
    """Do all of it in one rotation, one thing in each stage."""
    order = (
        kill_agents,
        kill_hub,
        cut_off_west,
        replace_istiods,
        seal_vault,
        delete_status,
    )
    turns = cycle([each(fleet) for each in order])
    return lambda stage: next(turns)(stage)


def assert_it_waits(fleet: Fleet, seconds: float) -> None:
    """It goes no further than what was seen before."""
    time.sleep(GRACE_SECONDS)
    before = read_rotation(fleet).get("stage")
    time.sleep(seconds - GRACE_SECONDS)
    after = read_rotation(fleet).get("stage")
    assert after == before, "it went on"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done in each stage."""

    name: str
    prepare: Callable[[Fleet], Strike]


FAULTS = (
    Fault(name="status deleted in each stage", prepare=delete_status),
    Fault(name="hub killed (kill -9) in each stage", prepare=kill_hub),
    Fault(name="west cut off for 25 s in each stage", prepare=cut_off_west),
    Fault(name="Vault sealed for a minute in each stage", prepare=seal_vault),
    Fault(name="an agent killed in each stage", prepare=kill_agents),
    Fault(name="both istiods replaced in each stage", prepare=replace_istiods),
    Fault(name="all of these by turns, one in each stage", prepare=take_turns),
)
STRATEGIES = ("CrossSigned", "MultiRoot")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.prepare.__name__)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_connection_fails_though(fleet: Fleet, tell: Tell, strategy: str, fault: Fault) -> None:
    fleet.policy.wait_for("Ready", "True", seconds=90)
    generation = find_next_generation(fleet)
    root = make_root(fleet, generation)
    do = fault.prepare(fleet)
    tell(f"{strategy}, {fault.name}:")
    # There is no soak in Prepare: it is held otherwise.
    fleet.policy.annotate(f"{PAUSE_ANNOTATION}={generation}")

    def strike(stage: str) -> None:
        do(stage)
        if stage == "Prepare":
            fleet.policy.annotate(f"{PAUSE_ANNOTATION}=")

    with talking(fleet) as loads:
        start_rotation(fleet, generation, strategy, soak_seconds=SOAK_SECONDS)
        course = follow(fleet, generation, tell, seconds=LONG_SECONDS, strike=strike)
        time.sleep(AFTER_SECONDS)
    row = describe(fault.name, strategy, course, loads, certificate_seconds=PATIENT_SECONDS)
    row.save()
    tell(str(row))
    assert_nobody_failed(loads)
    assert_new_root_has_signed(loads)
    assert set(course.stages) == set(list_stages(RotationStrategy(strategy)))
    assert_root_in_use(fleet, root)


@pytest.mark.parametrize(
    ("strategy", "stage"),
    [
        (strategy, stage)
        for strategy in STRATEGIES
        for stage in list_stages(RotationStrategy(strategy))
        if can_return(stage)
    ],
)
def test_it_is_rolled_back(fleet: Fleet, tell: Tell, strategy: str, stage: RotationStage) -> None:
    fleet.policy.wait_for("Ready", "True", seconds=90)
    generation, before = find_next_generation(fleet), fleet.root_pem
    make_root(fleet, generation)
    tell(f"{strategy}, rolled back from {stage}:")

    def strike(seen: str) -> None:
        if seen == stage:
            # Held until workloads have new leaves in it: else it might be as if it had not begun.
            fleet.policy.annotate(f"{PAUSE_ANNOTATION}={generation}")
            time.sleep(PATIENT_SECONDS)
            fleet.policy.annotate(f"{ROLLBACK_ANNOTATION}={generation}")
        if seen in {stage, RotationStage.PREPARE}:
            fleet.policy.annotate(f"{PAUSE_ANNOTATION}=")

    # Or the first stage is over before it is seen.
    fleet.policy.annotate(f"{PAUSE_ANNOTATION}={generation}")
    with talking(fleet) as loads:
        start_rotation(fleet, generation, strategy, soak_seconds=SOAK_SECONDS)
        course = follow(
            fleet,
            generation,
            tell,
            end="rejectedGeneration",
            seconds=LONG_SECONDS,
            strike=strike,
        )
        time.sleep(AFTER_SECONDS)
    run = f"rolled back from {stage}"
    row = describe(run, strategy, course, loads, certificate_seconds=PATIENT_SECONDS)
    row.save()
    tell(str(row))
    assert_nobody_failed(loads)
    if RotationStage.SIGN in course.stages:
        assert_new_root_has_signed(loads)
    assert list(course.stages) == [*find_way_to(stage, strategy), *list_way_back(stage)]
    assert_root_in_use(fleet, before)


@contextmanager
def talking(fleet: Fleet) -> Iterator[list[tuple[Pair, Told]]]:
    """Have the pairs connect, so that it is the fault that is seen and not a machine too small."""
    with connected(
        list_pairs(fleet), certificate_seconds=PATIENT_SECONDS, a_second=A_SECOND
    ) as loads:
        yield loads


def assert_nobody_failed(loads: list[tuple[Pair, Told]]) -> None:
    for pair, told in loads:
        assert told.errors == {}, pair
        assert told.peers == {pair.server.identity: told.total}


def assert_new_root_has_signed(loads: list[tuple[Pair, Told]]) -> None:
    for pair, told in loads:
        assert len(told.issuers) >= 2, f"{pair}: it ended before the new root signed anything"


def find_way_to(stage: RotationStage, strategy: str) -> tuple[RotationStage, ...]:
    """Return the stages up to this one."""
    order = list_stages(RotationStrategy(strategy))
    return order[: order.index(stage) + 1]


def assert_root_in_use(fleet: Fleet, root: str) -> None:
    fleet.policy.wait_for("Ready", "True", seconds=90)
    for member in fleet.both:
        member.istiod.wait_for_published_root(member.namespace, root)
    (found,) = parse_certificates(root)
    assert fleet.policy.read_status()["root"]["fingerprint"] == found.fingerprint


@contextmanager
def without_hub(fleet: Fleet) -> Iterator[None]:
    """Have nobody who puts right what a person does."""
    fleet.hub.scale(0)
    try:
        yield
    finally:
        fleet.hub.scale(1)


def allow_issuer(fleet: Fleet, old: str, new: str) -> None:
    """Let agents have intermediates from another issuer as well."""
    for member in fleet.both:
        path = f"sys/policies/acl/gen-int-ca-istio-{member.name}-mesh"
        text = str((read(fleet.admin, path) or {})["policy"])
        write(fleet.admin, path, {"policy": f"{text}\n{text.replace(old, new)}"})


def edit(member: Member, issuer: str, signer: str, roots: str) -> None:
    """Write what its agents are to have, as the hub does."""
    vault = {"caPath": f"pki/issuer/{issuer}/sign-intermediate"}
    spec: dict[str, Any] = {
        "trustBundle": roots,
        "signingRoot": signer,
        "agentCa": {"vault": vault},
    }
    name = member.istiod.read_certificate()["metadata"]["name"]
    patch_object(member.cluster, "issuedcertificates", "istio-system", name, {"spec": spec})


def test_connections_fail_in_careless_orders(fleet: Fleet, tell: Tell) -> None:
    """The issuer is switched before all know the new root; later it and the roots at once."""
    fleet.policy.wait_for("Ready", "True", seconds=90)
    old, name = fleet.root_pem, f"careless-{time.time():.0f}"
    new = make_issuer(fleet, name, f"Careless {time.time():.0f}")
    ids = [
        str((read(fleet.admin, f"pki/issuer/{each}") or {})["issuer_id"])
        for each in ("default", name)
    ]
    course = Course()

    def enter(phase: str, issuer: str, signer: str, roots: str) -> None:
        course.stages[phase] = time.time()
        for member in fleet.both:
            edit(member, issuer, signer, roots)

    early, at_once = "issuer switched 2.5 s after widening", "issuer and roots switched at once"
    with without_hub(fleet), talking(fleet) as loads:
        allow_issuer(fleet, *ids)
        enter("widened", ids[0], old, old + new)
        time.sleep(CARELESS_SECONDS)
        enter(early, ids[1], new, old + new)
        time.sleep(SETTLED_SECONDS)
        enter(at_once, ids[0], old, old)
        time.sleep(PATIENT_SECONDS)
        course.ended_at = time.time()
    row = describe(
        "control: careless orders, by hand",
        "none",
        course,
        loads,
        certificate_seconds=PATIENT_SECONDS,
    )
    row.save()
    tell(f"{row}\n{json.dumps([told.errors for _, told in loads], indent=1)}")
    assert row.failed.get(early, 0) > 0
    assert row.failed.get(at_once, 0) > 0
    assert not {"before", "widened"} & set(row.failed)
    assert_root_in_use(fleet, old)
