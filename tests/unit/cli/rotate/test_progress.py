"""How far a rotation is: never done too early, and what it waits for is always told."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.cli.rotate.progress import Step
from roottrust.cli.status.found import FoundObjects
from tests.unit.cli.rotate.progresses import (
    OLD,
    RENEWED,
    UNLOADED,
    build_asked,
    find_here,
    find_renewing,
    find_there,
    judge,
)
from tests.unit.cli.status.objects import (
    MESH,
    build_conditions,
    build_policy,
    build_told,
    find,
)
from tests.unit.domain.agent_entries import SECOND, build_instance


def test_it_is_done_once_every_istiod_serves_the_generation() -> None:
    progress = judge(find_here(RENEWED))
    assert (progress.is_done, progress.done, progress.total) == (True, 1, 1)
    (mesh,) = progress.meshes
    assert (mesh.ready, mesh.total, mesh.is_done) == (1, 1, True)
    assert judge(find_there(ready=2)).is_done


@pytest.mark.parametrize(
    ("instance", "step"), [(OLD, Step.WAITING), (UNLOADED, Step.ISSUED), (RENEWED, Step.LOADED)]
)
def test_each_istiod_has_issued_then_loaded(instance: Any, step: Step) -> None:
    second = build_instance(SECOND, pod="istiod-b", intermediate_generation=2)
    progress = judge(find_renewing(instance, second))
    (mesh,) = progress.meshes
    assert [each.step for each in mesh.instances] == [step, Step.LOADED]
    assert mesh.ready == 1 + (step is Step.LOADED)
    assert progress.waits_for == "CertificatesIssued is told: see to it."
    assert not progress.is_faulty


def test_numbers_of_before_the_operator_looked_do_not_count() -> None:
    unseen = judge(
        find(build_policy(generation=2, spec={"rotation": {"intermediateGeneration": 2}}))
    )
    assert (unseen.done, unseen.meshes[0].ready) == (0, 0)
    assert unseen.waits_for == "The operator has not seen the new generation yet."


def test_numbers_do_not_count_while_vault_is_away() -> None:
    """The operator goes by the IssuedCertificates of before then, and they are all in order."""
    away = build_conditions(VaultReachable="False", VaultReachable_reason="Sealed")
    progress = judge(find_there(ready=2, conditions=away))
    assert (progress.done, progress.is_done, progress.is_faulty) == (0, False, True)
    assert progress.waits_for == "VaultReachable is told: see to it."


def test_a_mesh_whose_issued_certificate_has_the_old_generation_is_not_done() -> None:
    progress = judge(find_here(OLD, generation=1))
    assert not progress.is_done
    assert progress.waits_for
    assert "is not reported as done yet" in progress.waits_for


def test_an_agent_that_fails_is_told_as_what_is_wrong() -> None:
    failed = build_conditions(CertificatesIssued="False", CertificatesIssued_reason="AgentFailed")
    progress = judge(find_there(ready=1, conditions=failed))
    assert (progress.is_faulty, progress.is_done) == (True, False)


def test_what_is_wrong_with_namespaces_does_not_hold_it_up() -> None:
    stale = build_conditions(TrustPropagated="False", TrustPropagated_reason="SelfSigned")
    assert judge(find_there(ready=2, conditions=stale)).is_done


def test_without_a_mesh_there_is_nothing_to_wait_for() -> None:
    waiting = build_conditions(CertificatesIssued="Unknown", TrustPropagated="Unknown")
    assert judge(find(build_asked(meshes=[], conditions=waiting))).is_done


def test_meshes_for_which_there_is_no_room_count_as_the_operator_says() -> None:
    progress = judge(find_there(ready=2, meshTotals={"total": 120, "ready": 120}))
    assert (progress.done, progress.total, progress.is_done) == (120, 120, True)
    renewing = build_conditions(CertificatesIssued="Unknown", CertificatesIssued_reason="Renewing")
    totals = {"total": 120, "ready": 19}
    progress = judge(find_there(ready=1, meshTotals=totals, conditions=renewing))
    assert (progress.done, progress.is_done) == (19, False)


def test_a_policy_that_asks_for_less_is_waited_for() -> None:
    """A commit that is not applied yet, or a policy that was made anew."""
    progress = judge(find(build_policy()))
    assert (progress.is_done, progress.is_faulty, progress.done) == (False, False, 0)
    assert progress.waits_for
    assert progress.waits_for.startswith("The policy asks for generation 1: the higher one is not")


def find_two(second: int, **status: Any) -> FoundObjects:
    """Return a policy of generation 1 that asks for 2 in cluster2, of which `second` have it."""
    entry = {"name": "cluster2", "intermediateGeneration": 2}
    told = [build_told("cluster1"), build_told("cluster2", instancesReady=second, instancesTotal=2)]
    spec = {"rotation": {"intermediateGeneration": 1, "clusters": [entry]}}
    return find(build_policy(spec=spec, **{"meshes": told, **status}))


def test_of_clusters_that_are_rotated_alone_others_count_for_nothing() -> None:
    renewing = build_conditions(CertificatesIssued="Unknown", CertificatesIssued_reason="Renewing")
    progress = judge(find_two(2, conditions=renewing), "cluster2")
    assert (progress.is_done, progress.done, progress.total) == (True, 1, 1)
    late = judge(find_two(1, conditions=renewing), "cluster2")
    assert (late.is_done, late.is_faulty) == (False, False)
    assert late.waits_for == f"{MESH} of cluster2 is not reported as done yet."


def test_what_holds_up_a_cluster_that_is_rotated_alone_is_told() -> None:
    told = [build_told("cluster2", instancesReady=0, message="CertificatesIssued is told: see to")]
    failed = build_conditions(CertificatesIssued="False", CertificatesIssued_reason="AgentFailed")
    progress = judge(find_two(0, meshes=told, conditions=failed), "cluster2")
    assert (progress.waits_for, progress.is_faulty) == ("CertificatesIssued is told: see to", True)
    away = build_conditions(VaultReachable="False", VaultReachable_reason="Sealed")
    progress = judge(find_two(2, conditions=away), "cluster2")
    assert (progress.waits_for, progress.is_faulty) == ("VaultReachable is told: see to it.", True)
    assert progress.done == 0


def test_a_cluster_that_is_asked_for_less_is_waited_for() -> None:
    progress = judge(find_two(2), "cluster1")
    assert progress.waits_for
    assert progress.waits_for.startswith("The policy asks for generation 1: the higher one is not")
    unseen = judge(find_two(2, observedGeneration=0), "cluster2")
    assert unseen.waits_for == "The operator has not seen the new generation yet."
