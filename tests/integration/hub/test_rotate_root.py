"""`roottrust rotate root` and what steers it, on a real API server: edits, refusals, two people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster, Vault
from tests.integration.command_result import CommandResult
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import (
    Person,
    build_rotator,
    build_status_reader,
    check_told,
    finish,
)
from tests.integration.hub.played_mesh import PlayedMesh
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for

APPROVE = "admin.gloo.solo.io/rotation-approve"
EXCLUDE = "admin.gloo.solo.io/rotation-exclude"
PAUSE = "admin.gloo.solo.io/rotation-pause"
ROLLBACK = "admin.gloo.solo.io/rotation-rollback"
FIELD = "spec.rotation.rootGeneration"
# The hub gives kubelets a hundred seconds, on a machine that others use as well.
STAGE_SECONDS = 200.0
TOLD = {
    "rootGeneration": 1,
    "toGeneration": 2,
    "strategy": "CrossSigned",
    "stage": "Prove",
    "wave": 0,
    "startedAt": "2026-01-01T00:00:00Z",
    "stageStartedAt": "2026-01-01T01:00:00Z",
    "provenAt": "2026-01-01T02:00:00Z",
    "members": ["cluster1", "gone"],
    "clusters": [{"name": "cluster1", "meshesDone": 1, "meshesTotal": 1}],
    "message": "Prove of generation 2: Drop waits for a person.",
}


@pytest.fixture
def rotate(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    """`rotate root` as somebody calls it who has the rights of deploy/ and no others."""
    return build_rotator(cluster, namespace, tmp_path, what="root")


@pytest.fixture
def told(idle_hub: OperatorProcess, make_policy: MakePolicy, names: Names) -> Policy:
    """A policy whose status tells of a rotation that waits for a person, and stays so."""
    manual = {"rootGeneration": 2, "verification": "Manual"}
    policy = make_policy(names, {"spec.rotation": manual})
    tell(policy, TOLD)
    return policy


def tell(policy: Policy, rotation: Mapping[str, Any], *, ready: str = "True") -> None:
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "Ready",
        "message": "It is as it is.",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    generation = policy.read()["metadata"]["generation"]
    policy.patch_status(
        {"observedGeneration": generation, "conditions": [condition], "rotation": rotation}
    )


def steer(rotate: Person, command: str, *words: str) -> CommandResult:
    return replace(rotate, command=("rotate", command)).run(*words)


def read_annotations(policy: Policy) -> dict[str, str]:
    found: dict[str, str] = policy.read()["metadata"].get("annotations") or {}
    return {name: value for name, value in found.items() if "/rotation-" in name}


def test_it_is_raised_only_where_something_would_come_of_it(
    idle_hub: OperatorProcess, rotate: Person, make_policy: MakePolicy, names: Names, namespace: str
) -> None:
    policy = make_policy(names)
    tell(policy, {"rootGeneration": 1}, ready="False")
    done = rotate.run(policy.full_name)
    assert (done.code, done.out) == (1, "")
    assert "is not ready, and a rotation begins where all is well: It is as it is." in done.err
    tell(policy, {"rootGeneration": 1})
    done = rotate.run(policy.full_name, "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{policy.full_name}: {FIELD}: 1 → 2\nThe root of 0 meshes in 0 cl")
    assert policy.read()["spec"]["rotation"]["rootGeneration"] == 1
    done = rotate.run("-n", namespace, "--no-wait")
    assert (done.code, done.out) == (0, f"{policy.full_name}: {FIELD}: 1 → 2\n"), done.err
    assert policy.read()["spec"]["rotation"]["rootGeneration"] == 2
    done = rotate.run(policy.full_name, "--no-wait")
    assert done.code == 1
    assert "asks for generation 2 already, and that rotation has not begun yet" in done.err
    done = rotate.run(policy.full_name, "--watch", "--timeout", "2")
    assert done.code == 1
    assert "waits: The operator has not seen the new generation yet.\n" in done.err
    managers = policy.kubectl("get", "rtp", policy.name, "-o", "yaml", "--show-managed-fields")
    assert "manager: roottrust-rotate" in managers


def test_orders_are_annotations_beside_each_other(rotate: Person, told: Policy) -> None:
    name = told.full_name
    done = steer(rotate, "approve", name, "--dry-run")
    assert (done.code, done.out) == (0, f'{APPROVE}: "2/Drop"\n'), done.err
    assert read_annotations(told) == {}
    assert steer(rotate, "approve", name).code == 0
    assert steer(rotate, "approve", name, "--stage", "Retire").code == 0
    assert steer(rotate, "pause", name).code == 0
    assert steer(rotate, "exclude", "gone", name, "--yes").code == 0
    orders = {APPROVE: "2/Drop,2/Retire", PAUSE: "2", EXCLUDE: "2/gone"}
    assert read_annotations(told) == orders
    assert steer(rotate, "resume", name).code == 0
    assert steer(rotate, "rollback", name).code == 0
    assert read_annotations(told) == {APPROVE: "2/Drop,2/Retire", EXCLUDE: "2/gone", ROLLBACK: "2"}
    tell(told, {**TOLD, "stage": "Drop"})
    done = steer(rotate, "rollback", name)
    assert done.code == 1
    assert "After Drop a roll-back is a new rotation" in done.err


def test_people_who_order_at_once_undo_nothing_of_each_other(rotate: Person, told: Policy) -> None:
    calls = [("approve", "--stage", "Drop"), ("approve", "--stage", "Retire"), ("pause",)]
    with ThreadPoolExecutor(len(calls)) as pool:
        done = list(pool.map(lambda call: steer(rotate, call[0], told.full_name, *call[1:]), calls))
    assert [each.code for each in done] == [0, 0, 0], [each.err for each in done]
    found = read_annotations(told)
    assert set(found[APPROVE].split(",")) == {"2/Drop", "2/Retire"}
    assert found[PAUSE] == "2"


@pytest.mark.refused("reader")
def test_who_may_only_read_orders_nothing(
    cluster: Cluster, namespace: str, told: Policy, tmp_path: Path
) -> None:
    reader = build_status_reader(cluster, namespace, tmp_path)
    done = steer(reader, "approve", told.full_name)
    assert done.code == 1
    assert "denies you patch on" in done.err
    assert "deploy/rotate/ has all the rights that are needed." in done.err
    assert read_annotations(told) == {}


def test_the_tree_tells_what_to_type(
    cluster: Cluster, namespace: str, told: Policy, tmp_path: Path
) -> None:
    status = build_status_reader(cluster, namespace, tmp_path)
    done = status.run(told.full_name)
    assert done.code == 1, done.out
    assert "? rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove · Drop" in done.out
    assert f"! to go on: roottrust rotate approve {told.full_name} --stage Drop\n" in done.out
    (shown,) = status.run_json(told.full_name).report["policies"]
    assert shown["rotation"]["awaitsApproval"] == "Drop"


@pytest.fixture
def turning(
    operator: OperatorProcess,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
) -> Iterator[Policy]:
    """A policy that is ready, under a root that Vault made, and a mesh that does as it is told."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    policy = make_policy(
        names,
        {
            "spec.config.agentCa.vault.caPath": "pki_steered/root/sign-intermediate",
            "spec.management": {"root": {"source": "Generate"}},
            "spec.rotation": {"verification": "Manual"},
        },
    )
    certificate = Certificate(cluster=cluster, namespace=namespace)
    agent = Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)
    with PlayedMesh(agent=agent, namespace=namespace).alive():
        policy.wait_until_ready()
        yield policy


def test_a_root_is_rotated_by_a_person_who_is_asked_before_each_stage(
    rotate: Person, turning: Policy, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "reader").mkdir()
    status = build_status_reader(cluster, namespace, tmp_path / "reader")
    before = turning.read_status()["root"]["fingerprint"]
    log = tmp_path / "followed"
    with log.open("w") as stream:
        process = rotate.start(turning.full_name, "--timeout", "900", log=stream)
    for stage in ("Sign", "Widen", "Drop", "Retire"):
        wait_for(
            lambda: read_shown(status, turning),
            lambda found: found["awaitsApproval"] == stage,  # noqa: B023 - read at once
            seconds=STAGE_SECONDS,
        )
        asked = f"to go on: roottrust rotate approve {turning.full_name} --stage {stage}\n"
        wait_for(log.read_text, lambda told: asked in told)  # noqa: B023 - read at once
        done = steer(rotate, "approve", turning.full_name)
        assert done.out.startswith(f"{turning.full_name}: {APPROVE}: "), done.err
        assert f"{stage} follows: " in done.out
    done = check_told(replace(finish(process), err=log.read_text()))
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == f"{turning.full_name}: {FIELD}: 1 → 2"
    assert "the root of generation 2 is in use everywhere" in done.out
    assert turning.read_status()["root"]["fingerprint"] != before
    turning.wait_until_ready()
    shown = status.run(turning.full_name)
    assert shown.code == 0, shown.out
    assert "✓ rotation: generation 2 is in use since its rotation was completed" in shown.out


def read_shown(status: Person, policy: Policy) -> dict[str, Any]:
    (shown,) = status.run_json(policy.full_name).report["policies"]
    found: dict[str, Any] = shown["rotation"] or {"awaitsApproval": None}
    return found
