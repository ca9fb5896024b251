"""After a disaster Vault or the cluster is older than what meshes have: none gets another root.

See docs/how-to/disaster-recovery.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.played_mesh import PlayedMesh, list_fingerprints
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.root import Root, make_root
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

pytestmark = pytest.mark.usefixtures("operator")

MOUNTS = "pki_restored_"
ROTATION_SECONDS = 60.0
REPLACE = "admin.gloo.solo.io/replace-root"
USAGE = "issuing-certificates,read-only"


@pytest.fixture
def changes(names: Names, mount: str) -> dict[str, Any]:
    """What makes the guide's policy one of the test's own mesh, under a root that is there."""
    return {
        **names.build_changes(),
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
    }


@pytest.fixture
def policy(
    cluster: Cluster,
    namespace: str,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
    changes: dict[str, Any],
    admin: Ask,
    mount: str,
    tmp_path: Path,
) -> Policy:
    """A policy with a root that an administrator put into a mount of his own."""
    make_root(tmp_path / "first", subject="/CN=First").import_into(admin, mount)
    write(admin, f"sys/mounts/{mount}/tune", {"max_lease_ttl": "87600h"})
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    return make_policy(names, changes)


@pytest.fixture
def second(policy: Policy, tmp_path: Path) -> Root:
    """The root of generation 2, which somebody keeps elsewhere, too; it must not end before."""
    return make_root(tmp_path / "second", subject="/CN=Second")


def put_second(admin: Ask, mount: str, second: Root, *, is_default: bool) -> str:
    """Import it as the generation 2, and return the id that Vault gave it."""
    bundle = second.key.read_text() + second.certificate.read_text()
    made = write(admin, f"{mount}/issuers/import/bundle", {"pem_bundle": bundle})
    (issuer,) = made["imported_issuers"]
    write(admin, f"{mount}/issuer/{issuer}", {"issuer_name": "roottrust-g2", "usage": USAGE})
    if is_default:
        write(admin, f"{mount}/config/issuers", {"default": issuer})
    return str(issuer)


def retire_first(admin: Ask, mount: str, first: str) -> None:
    """Do what Retire asks the administrator of such a mount for."""
    write(admin, f"{mount}/config/issuers", {"default": "roottrust-g2"})
    usage = "read-only"
    write(admin, f"{mount}/issuer/{first}", {"usage": usage})


@pytest.fixture
def rotated(
    policy: Policy,
    changes: dict[str, Any],
    mesh: PlayedMesh,
    admin: Ask,
    mount: str,
    second: Root,
) -> str:
    """The root of generation 2 is in use; return the id of the first one."""
    first = str(policy.read_status()["root"]["issuer"])
    put_second(admin, mount, second, is_default=False)
    policy.apply({**changes, "spec.rotation": {"rootGeneration": 2}})
    wait_for(
        lambda: policy.read_status()["rotation"],
        lambda found: found.get("stage") == "Retire",
        seconds=ROTATION_SECONDS,
    )
    retire_first(admin, mount, first)
    wait_for(
        lambda: policy.read_status()["rotation"],
        lambda found: found.get("rootGeneration") == 2 and "stage" not in found,
        seconds=ROTATION_SECONDS,
    )
    policy.wait_until_ready()
    wait_for(lambda: mesh.seen[-1], lambda found: "rotationStep" not in found)
    return first


def lose_second(admin: Ask, mount: str, first: str) -> None:
    """Bring the mount back to what it was before the rotation."""
    lost = read(admin, f"{mount}/issuer/roottrust-g2") or {}
    write(admin, f"{mount}/issuer/{first}", {"usage": USAGE})
    write(admin, f"{mount}/config/issuers", {"default": first})
    admin("DELETE", f"{mount}/issuer/{lost['issuer_id']}")
    admin("DELETE", f"{mount}/key/{lost['key_id']}")


def test_a_policy_from_before_a_rotation_is_told_so_and_changes_nothing(
    policy: Policy, changes: dict[str, Any], mesh: PlayedMesh, rotated: str
) -> None:
    """The management cluster is made anew, and Git does not know that the root was replaced."""
    asked = mesh.seen[-1]
    policy.delete()
    before = {"spec.config.agentCa.vault.caPath": _name_issuer(changes, rotated)}
    policy.apply({**changes, **before})
    told = policy.wait_for("VaultConfigured", "False", "RootNotUsable")
    assert "rotation.rootGeneration" in told["message"]
    assert mesh.agent.certificate.wait_for()["spec"] == asked
    policy.apply({**changes, **before, "spec.rotation": {"rootGeneration": 2}})
    policy.wait_until_ready()
    assert policy.read_status()["root"]["subject"] == "CN=Second"
    assert mesh.agent.certificate.wait_for()["spec"] == asked


def _name_issuer(changes: dict[str, Any], issuer: str) -> str:
    """Return a path that names an issuer, as Generate and Import do without being told."""
    mount = changes["spec.config.agentCa.vault.caPath"].partition("/")[0]
    return f"{mount}/issuer/{issuer}/sign-intermediate"


def test_an_older_vault_gets_the_root_back_under_another_id(
    policy: Policy, mesh: PlayedMesh, rotated: str, admin: Ask, mount: str, second: Root
) -> None:
    used = policy.read_status()["root"]
    lose_second(admin, mount, rotated)
    policy.nudge()
    lost = policy.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert used["fingerprint"] in lost["message"]
    assert policy.read_conditions()["TrustPropagated"]["status"] == "True"
    assert list_fingerprints(mesh.seen[-1]["trustBundle"]) == [used["fingerprint"]]

    issuer = put_second(admin, mount, second, is_default=True)
    assert issuer != used["issuer"]
    policy.nudge()
    policy.wait_until_ready()
    root = policy.read_status()["root"]
    assert (root["fingerprint"], root["issuer"]) == (used["fingerprint"], issuer)
    path = f"{mount}/issuer/{issuer}/sign-intermediate"
    spec = wait_for(
        lambda: mesh.seen[-1], lambda found: found["agentCa"]["vault"]["caPath"] == path
    )
    assert list_fingerprints(spec["trustBundle"]) == [used["fingerprint"]]


def test_a_rotated_root_that_is_given_up_leaves_the_one_that_vault_has(
    policy: Policy, rotated: str, admin: Ask, mount: str
) -> None:
    used = policy.read_status()["root"]
    lose_second(admin, mount, rotated)
    policy.nudge()
    policy.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    policy.annotate(f"{REPLACE}={used['fingerprint']}")
    policy.wait_for("VaultConfigured", "True")
    root = wait_for(policy.read_status, lambda found: found["root"] != used)["root"]
    assert root["issuer"] == rotated
