from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.api.choices import ConditionStatus, IssuanceState
from roottrust.api.issued_certificate import Instance
from roottrust.domain.instance_check import check_instances
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.reasons import Reason
from tests.unit.domain.agent_entries import (
    FORGED,
    INTERMEDIATE,
    LATER,
    OF_A_SECOND_GENERATION,
    PINNED,
    SECOND,
    build_instance,
    instances,
    moments,
)
from tests.unit.domain.samples import MESH

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
OTHER = build_instance(SECOND, pod="istiod-5d9c7b6f4-other")


def build(
    *found: Instance, replicas: int | None = None, now: datetime = LATER, **pinned: Any
) -> MeshIssuance:
    checked = check_instances(found, replace(PINNED, **pinned), now=now)
    return MeshIssuance(mesh=MESH, instances=checked, replicas=replicas)


def read(mesh: MeshIssuance) -> tuple[ConditionStatus, Reason, IssuanceState]:
    condition = mesh.judge()
    return condition.status, condition.reason, mesh.state


def test_all_replicas_that_serve_are_issued() -> None:
    mesh = build(build_instance(), OTHER, replicas=2)
    assert read(mesh) == (TRUE, Reason.ISSUED, IssuanceState.FINISHED)
    assert (mesh.ready, mesh.total) == (2, 2)
    assert mesh.judge().message == (
        f"2 of 2 replicas of {MESH.name} serve their intermediates; the first ends at "
        "2039-12-30T00:00:00Z."
    )


def test_an_istiod_without_an_agent_is_told_how_to_get_one() -> None:
    for replicas in (None, 1):
        mesh = build(replicas=replicas)
        assert read(mesh) == (UNKNOWN, Reason.WAITING_FOR_AGENT, IssuanceState.PENDING)
        assert "`roottrust istiod-patch`" in mesh.judge().message


def test_a_replica_under_a_root_that_was_given_up_need_be_no_liar() -> None:
    given_up, forged = "if the root before was given up", "find out who writes"
    message = build(build_instance(FORGED["of another root"])).judge().message
    assert given_up in message
    assert forged in message
    message = build(build_instance(serial="ff")).judge().message
    assert given_up not in message
    assert forged in message


def test_a_replica_without_an_agent_is_seen() -> None:
    mesh = build(build_instance(), replicas=3)
    assert read(mesh) == (UNKNOWN, Reason.WAITING_FOR_AGENT, IssuanceState.ISSUED)
    assert (mesh.ready, mesh.total, mesh.silent) == (1, 3, 2)
    assert mesh.judge().message.startswith(f"2 of 3 replicas of {MESH.name} have no agent")


def test_without_a_count_the_replicas_that_report_are_all() -> None:
    assert build(build_instance()).total == 1


def test_an_istiod_that_is_scaled_to_nothing_needs_none() -> None:
    assert read(build(replicas=0))[:2] == (UNKNOWN, Reason.WAITING_FOR_ISTIOD)


def test_a_pod_that_was_replaced_counts_no_more_than_there_are_replicas() -> None:
    mesh = build(build_instance(), OTHER, replicas=1)
    assert (mesh.ready, mesh.total) == (1, 1)
    assert mesh.state is IssuanceState.FINISHED


@pytest.mark.parametrize("told", [{"chain": None}, {"loaded_by_istiod": False}])
def test_a_rollout_is_no_news_while_enough_replicas_serve(told: dict[str, Any]) -> None:
    starting = build_instance(**told)
    assert read(build(OTHER, starting, replicas=1))[0] is TRUE
    assert read(build(OTHER, starting, replicas=2))[0] is UNKNOWN
    assert read(build(OTHER, starting))[0] is UNKNOWN
    # One that fails is: the rollout may be stuck.
    failing = build_instance(chain=None, error="Vault x is sealed")
    assert read(build(OTHER, failing, replicas=1))[0] is FALSE


@pytest.mark.parametrize(
    ("told", "expected", "words"),
    [
        (
            {"serial": "ff"},
            (FALSE, Reason.INSTANCE_NOT_BELIEVED, IssuanceState.FAILED),
            "is not believed, since it tells another serial",
        ),
        (
            {"chain": None, "error": "Vault x is sealed: unseal it."},
            (FALSE, Reason.AGENT_FAILED, IssuanceState.FAILED),
            "obtains no intermediate: Vault x is sealed: unseal it.",
        ),
        (
            {"chain": None},
            (UNKNOWN, Reason.WAITING_FOR_AGENT, IssuanceState.ISSUED),
            "has no intermediate yet.",
        ),
        (
            {"trust_bundle_fingerprint": "e" * 64},
            (UNKNOWN, Reason.RENEWING, IssuanceState.ISSUED),
            "still has another trust bundle",
        ),
        (
            {"loaded_by_istiod": False},
            (UNKNOWN, Reason.WAITING_FOR_ISTIOD, IssuanceState.ISSUED),
            "istiod does not serve it yet.",
        ),
        (
            {"error": "Vault x is sealed"},
            (TRUE, Reason.AGENT_FAILED, IssuanceState.FINISHED),
            "fails: Vault x is sealed; what istiod serves lasts until 2039-12-30T00:00:00Z.",
        ),
    ],
)
def test_the_worst_replica_is_named_with_what_to_do(
    told: dict[str, Any], expected: tuple[Any, ...], words: str
) -> None:
    mesh = build(OTHER, build_instance(**told), replicas=2)
    assert read(mesh) == expected
    message = mesh.judge().message
    assert words in message
    assert "istiod-5d9c7b6f4-abcde" in message
    assert MESH.name in message


def test_one_that_waits_alone_is_requested() -> None:
    assert build(build_instance(chain=None), replicas=1).state is IssuanceState.REQUESTED


def test_an_expired_one_is_told_with_its_time() -> None:
    mesh = build(build_instance(), replicas=1, now=INTERMEDIATE.not_after)
    assert read(mesh) == (FALSE, Reason.EXPIRED, IssuanceState.FAILED)
    assert "expired at 2039-12-30T00:00:00Z: see the log of its agent" in mesh.judge().message
    assert mesh.ready == 0


def test_one_whose_renewal_is_overdue_is_a_warning() -> None:
    mesh = build(
        build_instance(error="x"), replicas=1, now=INTERMEDIATE.not_after - timedelta(days=9)
    )
    assert read(mesh) == (TRUE, Reason.EXPIRING, IssuanceState.FINISHED)
    assert mesh.judge().is_warning
    assert mesh.ready == 1


def test_a_raised_generation_is_waited_for() -> None:
    mesh = build(build_instance(), replicas=1, generation=OF_A_SECOND_GENERATION.generation)
    assert read(mesh) == (UNKNOWN, Reason.RENEWING, IssuanceState.ISSUED)


def test_it_is_looked_at_again_when_time_alone_changes_it() -> None:
    end, begin = INTERMEDIATE.not_after, INTERMEDIATE.not_before
    overdue_at = end - (end - begin) / 6
    mesh = build(build_instance())
    assert mesh.find_next_change(begin) == overdue_at
    assert mesh.find_next_change(overdue_at) == end
    assert mesh.find_next_change(end) is None
    assert build().find_next_change(begin) is None


@settings(max_examples=100, deadline=None)
@given(
    found=st.lists(instances(), max_size=4),
    replicas=st.none() | st.integers(0, 5),
    now=moments(),
)
def test_any_replicas_come_to_a_sentence_and_never_to_more_than_there_are(
    found: list[Instance], replicas: int | None, now: datetime
) -> None:
    mesh = build(*found, replicas=replicas, now=now)
    assert 0 <= mesh.ready <= mesh.total
    condition = mesh.judge()
    assert condition.message.endswith(".")
    assert "\n" not in condition.message
    assert condition.is_true == (mesh.state is IssuanceState.FINISHED)
    if condition.is_true:
        assert mesh.ready == mesh.total > 0
    later = mesh.find_next_change(now)
    assert later is None or later > now
