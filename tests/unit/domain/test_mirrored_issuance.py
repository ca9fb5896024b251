from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.issued_certificate import Instance
from roottrust.api.mirrored_issuance import MirroredIssuance
from roottrust.domain.issuance_object import read_issuance
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mirrored_issuance import judge_issuance, restore_issuance
from tests.unit.cli.status.objects import POLICY, build_certificate
from tests.unit.domain.agent_entries import (
    FORGED,
    INTERMEDIATE,
    LATER,
    SECOND,
    build_instance,
    instances,
    moments,
)
from tests.unit.domain.samples import OTHER_ROOT, ROOT


def judge(
    certificate: dict[str, Any] | None, *, root: str | None = ROOT.fingerprint, now: Any = LATER
) -> tuple[MirroredIssuance | None, datetime | None]:
    known = frozenset({root} if root else ())
    return judge_issuance(
        certificate,
        find_roots=lambda policy: known if policy == POLICY else frozenset(),
        now=now,
    )


def test_each_replica_is_told_as_its_certificate_proves_it() -> None:
    forged = build_instance(FORGED["of another root"], pod="istiod-b")
    told, change = judge(build_certificate(build_instance(pod="istiod-a"), forged, generation=3))
    assert told is not None
    assert (told.policy, told.root_fingerprint, told.intermediate_generation) == (
        POLICY,
        ROOT.fingerprint,
        3,
    )
    good, bad = told.instances
    assert (good.pod, good.state, good.fingerprint, good.not_after) == (
        "istiod-a",
        "Outdated",
        INTERMEDIATE.fingerprint,
        INTERMEDIATE.not_after,
    )
    assert (bad.pod, bad.state, bad.fingerprint, bad.not_after) == (
        "istiod-b",
        "NotBelieved",
        None,
        None,
    )
    assert change is not None
    assert LATER < change < INTERMEDIATE.not_after


def test_nothing_is_told_of_one_that_no_policy_wants_so() -> None:
    assert judge(None) == (None, None)
    assert judge(build_certificate(policy="gloo-mesh/other")) == (None, None)
    assert judge(build_certificate(), root=OTHER_ROOT.fingerprint) == (None, None)
    assert judge(build_certificate(), root=None) == (None, None)
    assert judge({**build_certificate(), "spec": {}}) == (None, None)
    unmarked = build_certificate()
    del unmarked["metadata"]["annotations"]
    assert judge(unmarked) == (None, None)


def test_of_a_crowd_of_replicas_as_many_are_told_as_there_is_room_for() -> None:
    """Without our definitions a cluster may have as many, and several of one name."""
    many = [build_instance(pod=f"istiod-{number % 40}", chain=None) for number in range(200)]
    told, _ = judge(build_certificate(*many))
    assert told is not None
    assert len({each.pod for each in told.instances}) == len(told.instances) == 32


def test_ends_are_judged_by_who_reads_it() -> None:
    told, _ = judge(build_certificate())
    assert told is not None
    (instance,) = restore(told, now=INTERMEDIATE.not_after - timedelta(seconds=1)).instances
    assert instance.state.is_serving
    (instance,) = restore(told, now=INTERMEDIATE.not_after).instances
    assert instance.state.name == "EXPIRED"


def restore(told: MirroredIssuance, *, now: datetime, replicas: int | None = 2) -> MeshIssuance:
    mesh = read_issuance(build_certificate(), replicas=None, now=now)
    assert mesh is not None
    return restore_issuance(told, mesh=mesh.mesh, replicas=replicas, now=now)


@given(
    found=st.lists(instances(), max_size=3, unique_by=lambda each: each.pod),
    replicas=st.none() | st.integers(0, 3),
    now=moments(),
)
def test_who_reads_it_judges_as_the_hub_does(
    found: list[Instance], replicas: int | None, now: datetime
) -> None:
    listed = sorted(found, key=lambda each: each.pod)
    certificate = build_certificate(*(listed or [build_instance(SECOND)]))
    mine = read_issuance(certificate, replicas=replicas, now=now)
    told, _ = judge(certificate, now=now)
    assert mine is not None
    assert told is not None
    theirs = restore(told, now=now, replicas=replicas)
    assert theirs.judge() == mine.judge()
    assert (theirs.ready, theirs.total) == (mine.ready, mine.total)
