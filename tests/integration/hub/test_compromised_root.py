"""A root whose key somebody else has is replaced in a hurry, on real parts."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.person import Person, build_rotator, check_told, finish
from tests.integration.hub.played_mesh import PlayedMesh, list_fingerprints
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import REVOCATION, grant_revocation
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

pytestmark = pytest.mark.usefixtures("operator")

MOUNTS = "pki_compromised_"
ROTATION_SECONDS = 60.0
COMPROMISED = "admin.gloo.solo.io/rotation-compromised"
# Whatever makes a rotation patient.
PATIENT = {
    "verification": "Manual",
    "soakSeconds": 3600,
    "waves": [{"name": "first", "clusters": ["elsewhere"]}],
    "externalDependants": [{"name": "vm-gateway"}],
}


@pytest.fixture
def policy(
    cluster: Cluster,
    namespace: str,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
    mount: str,
) -> Policy:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    changes = {
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate", "commonName": "Root of the fleet"}},
        "spec.rotation": PATIENT,
    }
    return make_policy(names, changes)


@pytest.fixture
def rotate(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    """`rotate root` as somebody calls it who has the rights of deploy/ and no others."""
    return build_rotator(cluster, namespace, tmp_path, what="root")


def read_rotation(policy: Policy) -> dict[str, Any]:
    return dict(policy.read_status().get("rotation") or {})


def read_root(admin: Ask, mount: str) -> dict[str, Any]:
    """Return the first root's issuer."""
    return read(admin, f"{mount}/issuer/roottrust-g1") or {}


def describe(mesh: PlayedMesh, old: str) -> list[tuple[str, str, bool]]:
    """Return who signed, which roots were trusted, and whether workloads were restarted."""

    def name(pem: str) -> str:
        return "".join("A" if each == old else "B" for each in list_fingerprints(pem))

    asked = [
        (
            name(each.get("signingRoot") or each["trustBundle"])[0],
            name(each["trustBundle"]),
            each["autoRestartPods"],
        )
        for each in mesh.seen
    ]
    return [each for each, _ in groupby(asked)]


def test_it_is_replaced_with_nobody_asked_and_revoked(
    policy: Policy, mesh: PlayedMesh, rotate: Person, admin: Ask, mount: str
) -> None:
    old = policy.read_status()["root"]["fingerprint"]
    shown = rotate.run(policy.full_name, "--compromised", "--dry-run")
    assert (shown.code, shown.err) == (0, "")
    assert "Whoever else trusts the root (vm-gateway)" in shown.out
    refused = rotate.run(policy.full_name, "--compromised")
    assert (refused.code, refused.out) == (1, "")
    assert "say so by --yes" in refused.err
    assert policy.read()["spec"]["rotation"]["rootGeneration"] == 1
    done = check_told(
        rotate.run(policy.full_name, "--compromised", "--yes", f"--timeout={ROTATION_SECONDS}")
    )
    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == [
        f'{policy.full_name}: metadata.annotations: {COMPROMISED}: "2"',
        f"{policy.full_name}: spec.rotation.rootGeneration: 2",
    ]
    assert "the compromised root is distrusted, " in done.out.splitlines()[2]
    rotation = read_rotation(policy)
    (past,) = rotation["history"]
    assert (past["end"], past["strategy"]) == ("Completed", "DistrustFirst")
    assert past["startedAt"] <= past["distrustedAt"] <= past["endedAt"]
    assert "leftBehind" not in past or past["leftBehind"] == []
    retired = read_root(admin, mount)
    assert retired["revoked"] is True
    assert "issuing-certificates" not in retired["usage"]
    wait_for(lambda: mesh.seen[-1], lambda found: "rotationStep" not in found)
    asked = describe(mesh, old)
    trusted = [each for each, _ in groupby(step[:2] for step in asked)]
    assert trusted == [("A", "A"), ("A", "AB"), ("B", "AB"), ("B", "B")]
    assert not any(restarts for signer, _, restarts in asked if signer == "A")
    assert ("B", "B", True) in asked, "a proxy trusts what it was given until it is restarted"
    assert asked[-1] == ("B", "B", False)
    policy.wait_until_ready()
    assert policy.wait_for_events("RotationCompleted")


def test_a_person_has_it_dropped_before_all_workloads_are_restarted(
    policy: Policy, mesh: PlayedMesh, rotate: Person
) -> None:
    mesh.is_telling = False
    done = rotate.run(policy.full_name, "--compromised", "--yes", "--no-wait")
    assert done.code == 0, done.err
    held = wait_for(
        lambda: read_rotation(policy),
        lambda found: "Nothing is told of the workloads" in found.get("message", ""),
    )
    assert held["stage"] == "Prove"
    status = policy.read_status()
    assert status["rotation"]["strategy"] == "DistrustFirst"
    approve = replace(rotate, command=("rotate", "approve"))
    done = approve.run(policy.full_name, "--stage", "Drop")
    assert "Drop follows at once, whatever is not restarted yet" in done.out, done.err
    wait_for(lambda: read_rotation(policy), lambda found: found.get("stage") == "Drop")
    wait_for(lambda: len(list_fingerprints(mesh.seen[-1]["trustBundle"])), lambda n: n == 1)
    assert "distrustedAt" not in read_rotation(policy), "its workloads may trust it still"
    mesh.is_telling = True
    mesh.seen.pop()  # so that it is told once more
    followed = rotate.start(policy.full_name, "--follow", f"--timeout={ROTATION_SECONDS}")
    ended = check_told(finish(followed))
    assert ended.code == 0, ended.err
    assert "the compromised root is distrusted, " in ended.out


def test_without_the_right_to_revoke_it_says_so_and_waits(
    policy: Policy, mesh: PlayedMesh, rotate: Person, admin: Ask, mount: str
) -> None:
    nothing = {"policy": 'path "nothing" { capabilities = ["read"] }'}
    write(admin, f"sys/policies/acl/{REVOCATION}", nothing)
    try:
        done = rotate.run(policy.full_name, "--compromised", "--yes", "--no-wait")
        assert done.code == 0, done.err
        condition = policy.wait_for("VaultConfigured", "False", seconds=ROTATION_SECONDS)
        assert f"{mount}/issuer/" in condition["message"]
        assert "/revoke: grant it" in condition["message"]
        held = read_rotation(policy)
        assert (held["stage"], bool(held["distrustedAt"])) == ("Retire", True)
        assert read_root(admin, mount)["revoked"] is False
    finally:
        grant_revocation(admin)
    wait_for(
        lambda: read_rotation(policy),
        lambda found: found.get("rootGeneration") == 2,
        seconds=ROTATION_SECONDS,
    )
    assert read_root(admin, mount)["revoked"] is True
    policy.wait_until_ready()
