"""A mesh of another cluster in the tree: its istiods as the hub judged them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.cli.rotate.progress import Step, judge_rotation
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.report import MeshReport
from roottrust.domain.health import Health
from tests.unit.cli.status.objects import (
    build_condition,
    build_mirror,
    build_mirrored,
    build_policy,
    build_told,
    find,
    find_well,
)
from tests.unit.domain.agent_entries import INTERMEDIATE, LATER
from tests.unit.domain.samples import OTHER_ROOT

NAME = "istiod-istio-system-cluster2"
TOLD = build_told("cluster2", NAME)


def build(
    mirror: dict[str, Any], *, told: Any = TOLD, after: timedelta = timedelta(0)
) -> MeshReport:
    found = find(build_policy(meshes=[told]), meshes=(mirror,))
    (policy,) = build_report(found, read_at=LATER + after).policies
    (mesh,) = policy.meshes
    return mesh


def test_its_istiods_are_shown_by_pod() -> None:
    mesh = build(build_mirror(generation=1))
    (instance,) = mesh.instances or ()
    assert (mesh.health, mesh.generation, mesh.message) == (Health.GOOD, 1, None)
    assert (mesh.instances_ready, mesh.instances_total) == (1, 1)
    assert (instance.pod, instance.state, instance.health) == (
        "istiod-far",
        "Serving",
        Health.GOOD,
    )
    assert (instance.serial, instance.fingerprint, instance.not_after) == (
        INTERMEDIATE.serial,
        INTERMEDIATE.fingerprint,
        INTERMEDIATE.not_after,
    )
    assert (instance.generation, instance.loaded_by_istiod) == (1, True)


def test_it_reads_as_the_same_mesh_would_in_the_management_cluster() -> None:
    (here,) = build_report(find_well(), read_at=LATER).policies[0].meshes
    there = build(build_mirror())
    same = here.model_copy(
        update={"cluster": "cluster2", "mesh": NAME, "instances": there.instances}
    )
    assert there == same


def test_one_that_fails_is_told_with_why() -> None:
    failed = {"pod": "istiod-b", "state": "Failed", "message": "Vault is sealed"}
    mesh = build(build_mirror(build_mirrored(), failed))
    assert mesh.health is Health.BAD
    assert mesh.message == (
        f"The agent of istiod-b of {NAME} obtains no intermediate: Vault is sealed."
    )


def test_ends_are_judged_as_of_now() -> None:
    mesh = build(build_mirror(), after=timedelta(days=5000))
    (instance,) = mesh.instances or ()
    assert (mesh.health, instance.state) == (Health.BAD, "Expired")


def test_while_its_cluster_is_away_it_is_known_and_not_well() -> None:
    away = {**build_condition("Current", "False"), "message": "It does not answer."}
    message = "Cluster cluster2 (since 2030-01-01T00:00:00Z): It does not answer."
    mesh = build(build_mirror(conditions=[away], message=message))
    (instance,) = mesh.instances or ()
    assert (mesh.health, mesh.message) == (Health.UNKNOWN, message)
    assert (instance.state, instance.health) == ("Serving", Health.UNKNOWN)
    assert mesh.namespaces
    assert mesh.namespaces.health is Health.UNKNOWN


def _place(mirror: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {**mirror, "metadata": {**mirror["metadata"], **metadata}}


@pytest.mark.parametrize(
    "mirror",
    [
        _place(build_mirror(), labels={}),
        _place(build_mirror(), namespace="istio-system"),
        build_mirror(policy="gloo-mesh/other"),
        build_mirror(
            issuance={
                "policy": "gloo-mesh/fleet",
                "rootFingerprint": OTHER_ROOT.fingerprint,
                "intermediateGeneration": 1,
                "instances": [build_mirrored()],
            }
        ),
    ],
    ids=["no mirror", "not where the hub writes", "of another policy", "under another root"],
)
def test_what_the_hub_has_not_judged_for_the_policy_does_not_count(mirror: dict[str, Any]) -> None:
    mesh = build(mirror)
    assert (mesh.instances, mesh.generation) == (None, None)
    assert (mesh.instances_ready, mesh.instances_total) == (1, 1)


def test_a_mesh_for_which_the_policy_has_no_room_is_shown_all_the_same() -> None:
    found = find(build_policy(meshes=[]), meshes=(build_mirror(),))
    (mesh,) = build_report(found, read_at=LATER).policies[0].meshes
    assert (mesh.cluster, mesh.mesh) == ("cluster2", NAME)


def test_a_rotation_is_followed_pod_by_pod() -> None:
    waiting = build_mirrored("istiod-b", state="Outdated")
    mirror = build_mirror(
        build_mirrored("istiod-a", intermediateGeneration=2),
        waiting,
        generation=2,
        istiod={"ready": 2, "total": 2},
    )
    spec = {"rotation": {"intermediateGeneration": 2}}
    found = find(build_policy(meshes=[TOLD], spec=spec), meshes=(mirror,))
    (policy,) = build_report(found, read_at=LATER).policies
    progress = judge_rotation(policy, generation=2)
    (mesh,) = progress.meshes
    assert [(each.pod, each.step) for each in mesh.instances] == [
        ("istiod-a", Step.LOADED),
        ("istiod-b", Step.WAITING),
    ]
    assert (mesh.ready, mesh.total, progress.is_done) == (1, 2, False)
