"""deletionPolicy Delete: what was made for a policy goes with it, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.configuration import DELETION_SECONDS
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import REMOVAL, grant_removal
from tests.integration.hub.waiting import wait_for
from tests.integration.manifests.table import change, read_base
from tests.integration.vault_calls import Ask, read, write

FINALIZER = "admin.gloo.solo.io/vault-cleanup"
FORCE = "admin.gloo.solo.io/force-delete=true"
DELETE = {"spec.management": {"deletionPolicy": "Delete"}}
RETAIN = {"spec.management": {"deletionPolicy": "Retain"}}
END_SECONDS = DELETION_SECONDS + 20

pytestmark = pytest.mark.usefixtures("operator")


def list_finalizers(policy: Policy) -> list[str]:
    return list(policy.read()["metadata"].get("finalizers", []))


def list_left(admin: Ask, names: Names, *, root: str = "pki") -> list[str]:
    """Return the paths of one policy that Vault still has."""
    return [path for path, found in read_objects(admin, names, root=root).items() if found]


def delete(policy: Policy, *, seconds: float = 15) -> None:
    policy.start_deletion()
    policy.wait_until_gone(seconds=seconds)


def test_what_was_made_goes_with_the_policy(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    root = read_objects(admin, names)["pki"]
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    assert list_finalizers(policy) == [FINALIZER]
    assert list_left(admin, names) == ["pki", *names.paths]
    delete(policy)
    assert list_left(admin, names) == ["pki"]
    assert read_objects(admin, names)["pki"] == root
    (told,) = wait_for(lambda: policy.read_events("RemovedFromVault"), bool)
    intermediate, auth, _, document, role = names.paths
    assert told.endswith(f": {role}, {document}, {auth}, {intermediate}.")
    assert policy.read_events("LeftInVault") == []


def test_policy_that_is_made_anew_makes_all_anew(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    make_policy(names, DELETE).wait_until_ready()
    policy = make_policy(names, DELETE)
    delete(policy)
    again = make_policy(names, DELETE)
    again.wait_until_ready()
    assert list_left(admin, names) == ["pki", *names.paths]


def test_what_was_made_under_other_names_before_goes_as_well(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    make_policy(names, DELETE).wait_until_ready()
    suffix = names.role.rpartition("_")[2]
    later = build_names(f"{suffix}b", mesh_namespace=names.mesh_namespace)
    policy = make_policy(later, DELETE)
    policy.wait_until_ready()
    wait_for(lambda: list_left(admin, later), lambda left: len(left) == len(names.paths) + 1)
    delete(policy)
    assert list_left(admin, later) == ["pki"]
    assert list_left(admin, names) == ["pki"]


@pytest.mark.parametrize(
    "management", [{"deletionPolicy": "Retain"}, {"deletionPolicy": "Delete", "mode": "Observe"}]
)
def test_switched_away_from_delete_it_leaves_all(
    make_policy: MakePolicy, names: Names, admin: Ask, management: dict[str, str]
) -> None:
    make_policy(names, DELETE).wait_until_ready()
    before = read_objects(admin, names)
    policy = make_policy(names, {"spec.management": management})
    wait_for(lambda: list_finalizers(policy), lambda found: not found)
    policy.delete()
    assert read_objects(admin, names) == before


def test_observing_policy_has_no_finalizer_and_makes_nothing(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(
        names, {"spec.management": {"deletionPolicy": "Delete", "mode": "Observe"}}
    )
    policy.wait_for("VaultConfigured", "False", "ChangesPending")
    assert list_finalizers(policy) == []
    policy.delete()
    assert list_left(admin, names) == ["pki"]


def test_what_was_adopted_stays(make_policy: MakePolicy, names: Names, admin: Ask) -> None:
    write(admin, f"sys/mounts/{names.intermediate_mount}", {"type": "pki"})
    policy = make_policy(names, DELETE)
    policy.annotate("admin.gloo.solo.io/adopt=true")
    policy.wait_until_ready()
    delete(policy)
    assert list_left(admin, names) == ["pki", names.intermediate_mount]


def test_what_is_in_the_way_stays(make_policy: MakePolicy, names: Names, admin: Ask) -> None:
    path = f"sys/policies/acl/{names.role}"
    write(admin, path, {"policy": 'path "secret/*" { capabilities = ["read"] }\n'})
    before = read(admin, path)
    policy = make_policy(names, DELETE)
    policy.wait_for("VaultConfigured", "False", "Conflict")
    assert f"auth/{names.auth_mount}" in list_left(admin, names)
    delete(policy)
    assert list_left(admin, names) == ["pki", path]
    assert read(admin, path) == before


def test_root_that_was_made_stays_also_for_others(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    mount = "pki_kept"
    shared = {"spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate"}
    owner = make_policy(
        names,
        {
            **shared,
            "spec.management": {"deletionPolicy": "Delete", "root": {"source": "Generate"}},
        },
    )
    owner.wait_until_ready()
    suffix = names.role.rpartition("_")[2]
    others = build_names(f"{suffix}b")
    other = make_policy(others, {**shared, **DELETE}, name="other")
    other.wait_until_ready()
    issuers = admin("LIST", f"{mount}/issuers").json()["data"]
    delete(owner)
    assert list_left(admin, names, root=mount) == [mount]
    assert admin("LIST", f"{mount}/issuers").json()["data"] == issuers
    other.nudge()
    other.wait_until_ready()
    assert len(list_left(admin, others, root=mount)) == 1 + len(others.paths)
    delete(other)
    assert list_left(admin, others, root=mount) == [mount]


def test_auth_mount_with_roles_of_others_stays_and_is_told(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    role = {
        "bound_service_account_names": ["ci"],
        "bound_service_account_namespaces": ["ci"],
        "token_policies": ["ci"],
    }
    write(admin, f"auth/{names.auth_mount}/role/ci", role)
    delete(policy)
    _, auth, config, _, _ = names.paths
    assert list_left(admin, names) == ["pki", auth, config]
    assert read(admin, f"auth/{names.auth_mount}/role/ci") is not None
    (told,) = wait_for(lambda: policy.read_events("LeftInVault"), bool)
    assert f"vault auth disable {names.auth_mount} (it has roles of others: ci)" in told


def test_what_somebody_removed_before_is_no_hindrance(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    operator.kill()
    policy.start_deletion()
    assert admin("DELETE", f"sys/auth/{names.auth_mount}").ok
    assert admin("DELETE", f"sys/policies/acl/{names.role}").ok
    operator.start()
    policy.wait_until_gone(seconds=END_SECONDS)
    assert list_left(admin, names) == ["pki"]


def test_status_need_not_be_known(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    operator.kill()
    policy.patch_status(None)
    policy.start_deletion()
    operator.start()
    policy.wait_until_gone(seconds=END_SECONDS)
    assert list_left(admin, names) == ["pki"]


def test_operator_that_was_killed_while_it_removed_goes_on(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    suffix = names.role.rpartition("_")[2]
    policies = {name: build_names(f"{suffix}{name}") for name in "abcdef"}
    made = {name: make_policy(each, DELETE, name=name) for name, each in policies.items()}
    for policy in made.values():
        policy.wait_until_ready()
    made["a"].kubectl("delete", "rtp", "--all", "--wait=false")
    wait_for(
        lambda: read_objects(admin, policies["a"])[policies["a"].paths[-1]],
        lambda role: not role,
        every=0.01,
    )
    operator.kill()
    operator.start()
    for name, policy in made.items():
        policy.wait_until_gone(seconds=END_SECONDS)
        assert list_left(admin, policies[name]) == ["pki"]


def test_younger_policy_takes_over_once_the_older_one_is_gone(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    older = make_policy(names, DELETE, name="older")
    older.wait_until_ready()
    younger = make_policy(names, DELETE, name="younger")
    younger.wait_for("Accepted", "False", "SelectedByOlderPolicy")
    delete(older)
    younger.wait_until_ready()
    mount = read_objects(admin, names)[f"auth/{names.auth_mount}"]
    assert mount is not None
    assert "/younger " in mount["description"]
    assert younger.read_events("Conflict") == []


def issue(cluster: Cluster, policy: Policy, names: Names) -> None:
    """Make an IssuedCertificate whose keys an intermediate mount makes."""
    csr_path = f"{names.intermediate_mount}/intermediate/generate/exported"
    changes: dict[str, Any] = {
        "metadata.namespace": policy.namespace,
        "spec.agentCa.vault.csrPath": csr_path,
    }
    manifest = change(read_base("certificate"), changes)
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))


def test_mount_in_use_is_left_in_the_end_unless_forced(
    cluster: Cluster, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    issue(cluster, policy, names)
    policy.start_deletion()
    waiting = policy.wait_for("Ready", "False", "Deleting")
    assert (
        f"{names.intermediate_mount}: IssuedCertificate {policy.namespace}/" in waiting["message"]
    )
    assert list_left(admin, names) == ["pki", names.intermediate_mount]
    policy.annotate(FORCE)
    policy.wait_until_gone(seconds=END_SECONDS)
    assert list_left(admin, names) == ["pki"]

    again = make_policy(names, DELETE, name="again")
    again.wait_until_ready()
    delete(again, seconds=END_SECONDS)
    assert list_left(admin, names) == ["pki", names.intermediate_mount]
    (told,) = wait_for(lambda: again.read_events("LeftInVault"), bool)
    assert f"vault secrets disable {names.intermediate_mount} (IssuedCertificate" in told


def test_missing_right_is_told_and_used_once_it_is_granted(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    nothing = {"policy": 'path "nothing" { capabilities = ["read"] }'}
    write(admin, f"sys/policies/acl/{REMOVAL}", nothing)
    policy.start_deletion()
    waiting = policy.wait_for("Ready", "False", "Deleting")
    grant_removal(admin)
    assert "denied " in waiting["message"]
    assert "grant it in the policy of the operator's Vault role" in waiting["message"]
    policy.wait_until_gone(seconds=END_SECONDS)
    assert list_left(admin, names) == ["pki"]
