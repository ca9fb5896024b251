"""The root of a policy is rotated: in Vault, in what clusters are asked for, and in its status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import pytest

from roottrust.domain.certificate import parse_certificates
from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.pki import make_request
from tests.integration.hub.played_mesh import PlayedMesh, list_fingerprints
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import NAME as RIGHTS
from tests.integration.hub.rights import build_rights
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

pytestmark = pytest.mark.usefixtures("operator")

MOUNTS = "pki_rotated_"
ROTATION_SECONDS = 60.0
GENERATED = {"source": "Generate", "commonName": "Root of the fleet"}


@pytest.fixture
def changes(names: Names, mount: str) -> dict[str, Any]:
    """What makes the guide's policy one of the test's own mesh, under a root that Vault makes."""
    return {
        **names.build_changes(),
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.management": {"root": GENERATED},
    }


@pytest.fixture
def policy(
    cluster: Cluster,
    namespace: str,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
    changes: dict[str, Any],
) -> Policy:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    return make_policy(names, changes)


def read_rotation(policy: Policy) -> dict[str, Any]:
    return dict(policy.read_status().get("rotation") or {})


def _is_held(found: Mapping[str, Any], *, stage: str, following: str) -> bool:
    return found.get("stage") == stage and f"{following} waits for a person" in found["message"]


def wait_for_stage(policy: Policy, stage: str | None, *, seconds: float = 30) -> dict[str, Any]:
    return wait_for(
        lambda: read_rotation(policy), lambda found: found.get("stage") == stage, seconds=seconds
    )


def wait_for_rotated(policy: Policy) -> dict[str, Any]:
    """Wait until the root of generation 2 is in use."""
    return wait_for(
        lambda: read_rotation(policy),
        lambda found: found.get("rootGeneration") == 2,
        seconds=ROTATION_SECONDS,
    )


def rotate(policy: Policy, changes: dict[str, Any], **rotation: Any) -> None:
    policy.apply({**changes, "spec.rotation": {"rootGeneration": 2, **rotation}})


@pytest.mark.parametrize("restarts", [True, False])
def test_an_istiod_that_knows_its_clients_by_the_old_root_is_restarted_or_told(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh, restarts: bool
) -> None:
    """In the last stage alone, which ends without that where nobody lets it be done."""
    mesh.started_with = mesh.seen[-1]["trustBundle"]
    rotate(policy, {**changes, "spec.config.autoRestartPods": restarts})
    wait_for_rotated(policy)

    def list_asked() -> list[tuple[str | None, bool]]:
        return [_describe_restart(each) for each in mesh.seen if "rotationStep" in each]

    # The hub goes on once it is reported; here it counts as seen a moment later.
    asked = wait_for(list_asked, lambda found: found[-1] == ("Istiod", restarts))
    assert {scope for scope, _ in asked[:-1]} == {None}
    young = mesh.seen[-1]["trustBundle"]
    assert (mesh.started_with == young) is restarts
    wait_for(lambda: list_stale(policy), lambda found: bool(found) is not restarts)
    (certificate,) = {each["meshRef"]["name"] for each in mesh.seen}
    assert all(certificate in each for each in list_stale(policy))


def _describe_restart(spec: dict[str, Any]) -> tuple[str | None, bool]:
    return spec.get("restartScope"), spec["autoRestartPods"]


def list_stale(policy: Policy) -> list[str]:
    """Return what is told of istiods that know their clients by roots before."""
    warnings = policy.read_status().get("warnings", [])
    return [each for each in warnings if each.startswith("IstiodsStale: ")]


def test_an_istiod_that_takes_no_second_root_stops_multi_root_before_anything_changes(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh, cluster: Cluster
) -> None:
    mesh.multi_root = False
    bundle = mesh.seen[-1]["trustBundle"]
    report_mesh(
        cluster,
        namespace=mesh.namespace,
        fingerprints=list_fingerprints(bundle),
        multiRoot=False,
    )
    rotate(policy, changes, strategy="MultiRoot")
    told = wait_for(
        lambda: read_rotation(policy).get("message", ""), lambda text: "takes no second" in text
    )
    assert f"istiod of istiod-{mesh.namespace}-{cluster.name} (of no known version)" in told
    assert "config.autoRestartPods" in told
    assert read_rotation(policy)["stage"] == "Prepare"
    assert {each["trustBundle"] for each in mesh.seen} == {bundle}
    # It is restarted for it, if that is asked for.
    policy.apply(
        {
            **changes,
            "spec.config.autoRestartPods": True,
            "spec.rotation": {"rootGeneration": 2, "strategy": "MultiRoot"},
        }
    )
    wait_for_rotated(policy)
    asked = [
        _describe_restart(each)
        for each in mesh.seen
        if len(list_fingerprints(each["trustBundle"])) > 1
    ]
    assert asked[0] == ("Istiod", True), "in Widen its workloads have nothing to follow yet"
    assert (None, True) in asked


def read_issuers(admin: Ask, mount: str) -> dict[str, dict[str, Any]]:
    """Return the issuers of a mount by their names."""
    ids = admin("LIST", f"{mount}/issuers").json()["data"]["keys"]
    found = [read(admin, f"{mount}/issuer/{each}") or {} for each in ids]
    return {each["issuer_name"]: each for each in found}


def list_trust(mesh: PlayedMesh) -> list[tuple[str, str]]:
    """Return the signers and roots that a mesh was asked for, each as long as it stayed so."""
    asked = [(each["agentCa"]["vault"]["caPath"], each["trustBundle"]) for each in mesh.seen]
    return [each for each, _ in groupby(asked)]


def check_no_two_changes_at_once(seen: list[dict[str, Any]]) -> None:
    """Of signer, roots and cross-certificate one changes at a time."""
    for before, after in pairwise(seen):
        roots = list_fingerprints(before["trustBundle"]), list_fingerprints(after["trustBundle"])
        assert set(roots[0]) & set(roots[1]), "no step leads to roots that nobody has announced"
        signer = before["agentCa"] != after["agentCa"]
        assert not (signer and roots[0] != roots[1])


def list_reasons(status: Mapping[str, Any]) -> list[str]:
    """Return why each root is in the trust bundle."""
    return [each["reason"] for each in status.get("trustBundle", ())]


def test_a_root_that_vault_made_is_replaced_by_another_one(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh, admin: Ask, mount: str
) -> None:
    old = policy.read_status()["root"]["fingerprint"]
    rotate(policy, changes)
    wait_for(policy.read_status, lambda found: list_reasons(found) == ["Root", "NextRoot"])
    rotation = wait_for_rotated(policy)
    (past,) = rotation["history"]
    assert (past["generation"], past["end"], past["strategy"]) == (2, "Completed", "CrossSigned")
    new = wait_for(policy.read_status, lambda found: found["root"]["fingerprint"] != old)["root"]
    issuers = read_issuers(admin, mount)
    assert new["issuer"] == issuers["roottrust-g2"]["issuer_id"]
    assert read(admin, f"{mount}/config/issuers") == {
        "default": new["issuer"],
        "default_follows_latest_issuer": False,
    }
    assert "issuing-certificates" not in issuers["roottrust-g1"]["usage"]
    assert "issuing-certificates" in issuers["roottrust-g2"]["usage"]
    policy.wait_until_ready()
    spec = wait_for(lambda: mesh.seen[-1], lambda found: "rotationStep" not in found)
    assert list_fingerprints(spec["trustBundle"]) == [new["fingerprint"]]
    assert "crossCertificates" not in spec
    check_no_two_changes_at_once(mesh.seen)
    crossed = next(each for each in mesh.seen if "crossCertificates" in each)
    (cross,) = parse_certificates(crossed["crossCertificates"])
    assert cross.subject == parse_certificates(crossed["signingRoot"])[0].subject
    assert policy.wait_for_events("RotationCompleted")
    told = policy.read_events("RotationStage") + policy.read_events("RotationStarted")
    assert len(told) == 6


@pytest.fixture
def blind(admin: Ask, mount: str) -> Iterator[Callable[[], object]]:
    """The operator may not list what the root has signed; call it to have that end."""
    path = f"sys/policies/acl/{RIGHTS}"
    whole = build_rights()
    listing = f'path "{mount}/certs" {{'
    assert listing in whole
    write(admin, path, {"policy": whole.replace(listing, 'path "nothing" {')})
    yield lambda: write(admin, path, {"policy": whole})
    write(admin, path, {"policy": whole})


def test_an_intermediate_of_somebody_else_keeps_the_root_until_a_person_approves(
    policy: Policy,
    changes: dict[str, Any],
    mesh: PlayedMesh,
    admin: Ask,
    mount: str,
    blind: Callable[[], object],
) -> None:
    """First nobody may look, then its name is told; a workload's and a dead one's are nobody's.

    Nor does anybody see what a ztunnel from before trusts.
    """
    sign = f"{mount}/root/sign-intermediate"
    wanted = {"csr": make_request().csr, "common_name": "roottrust istiod CA elsewhere"}
    stranger = write(admin, sign, wanted)
    dead = write(admin, sign, {"csr": make_request().csr, "common_name": "given up"})
    write(admin, f"{mount}/revoke", {"serial_number": dead["serial_number"]})
    write(admin, f"{mount}/roles/leaf", {"allow_any_name": True, "key_type": "any"})
    csr = {"csr": make_request().csr, "common_name": "workload"}
    write(admin, f"{mount}/sign/leaf", csr)
    mesh.node_proxies = 1
    rotate(policy, changes)
    held = wait_for(
        lambda: read_rotation(policy),
        lambda found: "Drop waits for a person" in found.get("message", ""),
        seconds=ROTATION_SECONDS,
    )
    assert held["provenAt"], "Prove itself is not held up"
    ztunnel, told = held["unseen"]
    assert ztunnel.startswith("1 pod of ztunnel in cluster1 may know its peers by the prev")
    assert f"denied list on {mount}/certs: grant it" in told
    blind()
    held = wait_for(
        lambda: read_rotation(policy),
        lambda found: stranger["serial_number"] in found.get("message", ""),
        seconds=ROTATION_SECONDS,
    )
    _, told = held["unseen"]
    assert told.startswith(f"{mount}/ has signed CN=roottrust istiod CA elsewhere (serial ")
    assert told.endswith("who uses it must trust the next root first")
    assert any(told in each for each in policy.read_status()["warnings"])
    assert len(list_fingerprints(mesh.seen[-1]["trustBundle"])) == 2
    policy.annotate("admin.gloo.solo.io/rotation-approve=2/Drop")
    rotation = wait_for_rotated(policy)
    assert not rotation.get("unseen")
    policy.wait_until_ready()


def test_a_rotation_is_rolled_back_and_starts_no_more(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh, admin: Ask, mount: str
) -> None:
    old = policy.read_status()["root"]["fingerprint"]
    mesh.is_telling = False  # so that it stays in Prove
    rotate(policy, changes)
    wait_for_stage(policy, "Prove")
    policy.annotate("admin.gloo.solo.io/rotation-rollback=2")
    mesh.is_telling = True
    mesh.seen.pop()
    rotation = wait_for_stage(policy, None)
    assert (rotation["rootGeneration"], rotation["rejectedGeneration"]) == (1, 2)
    assert rotation["history"][0]["end"] == "RolledBack"
    spec = wait_for(lambda: mesh.seen[-1], lambda found: "rotationStep" not in found)
    assert list_fingerprints(spec["trustBundle"]) == [old]
    issuers = read_issuers(admin, mount)
    assert "issuing-certificates" not in issuers["roottrust-g2"]["usage"]
    assert "issuing-certificates" in issuers["roottrust-g1"]["usage"]
    policy.patch_status(None)
    policy.wait_until_ready()
    assert read_rotation(policy).get("stage") is None
    check_no_two_changes_at_once(mesh.seen)


def test_status_that_is_lost_in_the_middle_is_found_again(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh
) -> None:
    rotate(policy, changes, strategy="MultiRoot", verification="Manual")
    approve = "admin.gloo.solo.io/rotation-approve"
    for stage, approvals in (("Widen", "2/Widen"), ("Sign", "2/Widen,2/Sign")):
        policy.annotate(f"{approve}={approvals}")
        wait_for_stage(policy, {"Widen": "Confirm", "Sign": "Prove"}[stage])
        count = len(list_trust(mesh))
        policy.patch_status(None)
        found = wait_for(lambda: read_rotation(policy), lambda found: bool(found.get("stage")))
        assert found["toGeneration"] == 2
        wait_for_stage(policy, {"Widen": "Confirm", "Sign": "Prove"}[stage])
        assert len(list_trust(mesh)) == count, "no other signer and no other roots are asked for"


@pytest.mark.parametrize("loses_status", [False, True])
def test_a_hub_that_is_killed_in_each_stage_goes_on_where_it_was(
    policy: Policy,
    changes: dict[str, Any],
    mesh: PlayedMesh,
    operator: OperatorProcess,
    loses_status: bool,
) -> None:
    rotate(policy, changes, verification="Manual")
    approved: list[str] = []
    for held, following in (
        ("Prepare", "Sign"),
        ("Sign", "Widen"),
        ("Prove", "Drop"),
        ("Drop", "Retire"),
    ):
        wait_for(
            lambda: read_rotation(policy),
            partial(_is_held, stage=held, following=following),
        )
        asked = list_trust(mesh)
        operator.kill()
        if loses_status:
            policy.patch_status(None)
        approved.append(f"2/{following}")
        policy.annotate(f"admin.gloo.solo.io/rotation-approve={','.join(approved)}")
        operator.start()
        if not loses_status:
            wait_for_stage(policy, {"Widen": "Prove", "Retire": None}.get(following, following))
        assert list_trust(mesh)[: len(asked)] == asked
    wait_for(
        lambda: read_rotation(policy),
        lambda found: found.get("rootGeneration") == 2 and "stage" not in found,
        seconds=ROTATION_SECONDS,
    )
    policy.wait_until_ready()
    assert len(list_trust(mesh)) == 4, "each signer and bundle was asked for once"
    check_no_two_changes_at_once(mesh.seen)


def test_policies_that_share_a_root_rotate_together(
    policy: Policy,
    changes: dict[str, Any],
    mesh: PlayedMesh,
    make_policy: MakePolicy,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
) -> None:
    """The second one's mesh is waited for, and follows the course of the first one's root."""
    elsewhere = f"{namespace}-b"
    cluster.kubectl("create", "namespace", elsewhere)
    account = Account(cluster, namespace=elsewhere)
    account.create()
    put_mesh(cluster, lies_in=elsewhere, speaks_for=elsewhere, account=account.name)
    others = build_names(namespace.removeprefix("test-") + "b", mesh_namespace=elsewhere)
    ca_path = "spec.config.agentCa.vault.caPath"
    sharing = make_policy(
        others, {**others.build_changes(), ca_path: changes[ca_path]}, name="sharing"
    )
    certificate = Certificate(cluster=cluster, namespace=elsewhere)
    agent = Agent(cluster=cluster, vault=vault, certificate=certificate, account=account)
    other_mesh = PlayedMesh(agent=agent, namespace=elsewhere, is_telling=False)
    with other_mesh.alive():
        sharing.wait_until_ready()
        rotate(policy, changes)
        rotation = wait_for(
            lambda: read_rotation(policy),
            lambda found: "Nothing is told of the workloads" in found.get("message", ""),
        )
        assert f"istiod-{elsewhere}" in rotation["message"]
        assert wait_for_stage(sharing, "Prove")["owner"] == policy.full_name
        bundle = list_fingerprints(mesh.seen[-1]["trustBundle"])
        wait_for(
            lambda: list_fingerprints(other_mesh.seen[-1]["trustBundle"]),
            lambda found: found == bundle,
        )
        other_mesh.is_telling = True
        other_mesh.seen.pop()  # so that it is told once more
        wait_for_rotated(policy)
        root = wait_for(
            policy.read_status,
            lambda found: found["root"]["issuer"] == found["rotation"]["root"]["issuer"],
        )["root"]
        wait_for(sharing.read_status, lambda found: found["root"] == root)
    check_no_two_changes_at_once(other_mesh.seen)
    cluster.kubectl("delete", "namespace", elsewhere, "--wait=false")
