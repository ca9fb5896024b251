"""What others made in Vault is left alone and told of, unless the policy says to take it over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from testbed import Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names, read_accessor, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.resync import nudge_and_wait
from tests.integration.vault_calls import Ask, read, write

ADOPT = "admin.gloo.solo.io/adopt=true"
ADMINS = 'path "secret/*" { capabilities = ["read"] }\n'

pytestmark = pytest.mark.usefixtures("operator")


def make_auth_mount(admin: Ask, names: Names, ca: str) -> str:
    """Make the auth mount as somebody made it long ago, and return its accessor."""
    write(admin, f"sys/auth/{names.auth_mount}", {"type": "kubernetes", "description": "by hand"})
    config = {"kubernetes_host": "https://old.example:6443", "kubernetes_ca_cert": ca}
    write(admin, f"auth/{names.auth_mount}/config", {**config, "disable_local_ca_jwt": True})
    return read_accessor(admin, names)


def wait_for_conflict(policy: Policy) -> dict[str, Any]:
    condition = policy.wait_for("VaultConfigured", "False", "Conflict")
    assert policy.read_conditions()["Stalled"]["status"] == "True"
    assert ADOPT in condition["message"]
    assert policy.wait_for_events("Conflict") == [condition["message"]]
    return condition


def list_adopted(policy: Policy) -> list[str]:
    managed = policy.read_status()["managedObjects"]
    return [each["path"] for each in managed if each["origin"] == "Adopted"]


def test_auth_mount_of_others_is_not_touched_before_it_is_adopted(
    make_policy: MakePolicy, names: Names, admin: Ask, vault: Vault, own_istiod: Account
) -> None:
    accessor = make_auth_mount(admin, names, vault.ca_file.read_text())
    before = read_objects(admin, names)
    policy = make_policy(names)
    message = wait_for_conflict(policy)["message"]
    assert f"auth/{names.auth_mount}/config is not roottrust's and differs" in message
    assert "kubernetes_host is https://old.example:6443, not https://10." in message
    drift = policy.read_status()["drift"]
    assert "https://old.example:6443" in [each.get("actual") for each in drift]
    _, auth, config, _, role = names.paths
    after = read_objects(admin, names)
    assert {path: after[path] for path in (auth, config, role)} == {
        path: before[path] for path in (auth, config, role)
    }
    # Whoever logs in there would get it.
    assert after[f"sys/policies/acl/{names.role}"] is None

    policy.annotate(ADOPT)
    policy.wait_until_ready()
    assert read_accessor(admin, names) == accessor
    assert list_adopted(policy) == [auth, config, role]
    ask_as_istiod(vault, own_istiod, names)


def test_policy_of_others_is_not_touched_before_it_is_adopted(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    path = f"sys/policies/acl/{names.role}"
    write(admin, path, {"policy": ADMINS})
    policy = make_policy(names)
    message = wait_for_conflict(policy)["message"]
    assert f"{path} is not roottrust's and differs: policy is" in message
    assert read_objects(admin, names)[path] == {"policy": ADMINS}
    # Nobody may log in and get what that policy grants.
    assert read(admin, f"auth/{names.auth_mount}/role/{names.role}") is None

    policy.annotate(ADOPT)
    policy.wait_until_ready()
    assert ADMINS not in str(read_objects(admin, names)[path])
    assert list_adopted(policy) == [path]


def test_auth_mount_with_roles_of_others_is_not_touched(
    make_policy: MakePolicy, names: Names, admin: Ask, vault: Vault
) -> None:
    make_auth_mount(admin, names, vault.ca_file.read_text())
    role = {"bound_service_account_names": "ci", "bound_service_account_namespaces": "ci"}
    write(admin, f"auth/{names.auth_mount}/role/ci", role)
    message = wait_for_conflict(make_policy(names))["message"]
    assert "it has roles of others (ci)" in message


def test_nothing_is_granted_on_a_mount_of_others(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    write(admin, f"sys/mounts/{names.intermediate_mount}", {"type": "kv"})
    policy = make_policy(names)
    policy.wait_for("VaultConfigured", "False", "Conflict")
    found = read_objects(admin, names)
    intermediate, _, _, document, role = names.paths
    assert (found[document], found[role]) == (None, None)
    admin("DELETE", f"sys/mounts/{intermediate}")
    policy.nudge()
    policy.wait_until_ready()


def test_what_was_granted_is_not_widened_once_a_mount_of_others_is_in_the_place_of_ours(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    intermediate, _, _, document, role = names.paths
    granted = read_objects(admin, names)
    admin("DELETE", f"sys/mounts/{intermediate}")
    write(admin, f"sys/mounts/{intermediate}", {"type": "kv"})
    mark = str((granted[document] or {})["policy"]).partition("\n")[0]
    write(admin, document, {"policy": f"{mark}\n"})
    policy.nudge()
    policy.wait_for("VaultConfigured", "False", "Conflict")
    found = read_objects(admin, names)
    assert found[document] == {"policy": f"{mark}\n"}
    assert found[role] == granted[role]
    assert document in [each["path"] for each in policy.read_status()["drift"]]


def test_what_belongs_to_another_policy_is_never_taken_over(
    operator: OperatorProcess, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    first = make_policy(names, name="first")
    first.wait_until_ready()
    before = read_objects(admin, names)
    second = make_policy(replace(names, mesh_namespace="istio-elsewhere"), name="second")
    condition = second.wait_for("VaultConfigured", "False", "Conflict")
    assert f"belongs to RootTrustPolicy {first.full_name} of hub cluster1" in condition["message"]
    second.annotate(ADOPT)
    nudge_and_wait(operator, second)
    second.wait_for("Stalled", "True", "Conflict")
    assert read_objects(admin, names) == before
    first.wait_until_ready()


def test_what_a_deleted_policy_left_is_taken_over_under_another_name_once_it_is_adopted(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    former = make_policy(names, name="former")
    former.wait_until_ready()
    accessor, before = read_accessor(admin, names), read_objects(admin, names)
    former.delete()
    policy = make_policy(names, name="latter")
    message = wait_for_conflict(policy)["message"]
    assert f"RootTrustPolicy {former.full_name} of hub cluster1, which exists no more" in message
    assert read_objects(admin, names) == before
    policy.annotate(ADOPT)
    policy.wait_until_ready()
    assert read_accessor(admin, names) == accessor
    assert list_adopted(policy) == []
    after = str(read_objects(admin, names))
    assert former.full_name not in after
    assert after.count(f"policy={policy.full_name} ") == 3


def test_policy_made_anew_under_its_name_keeps_its_objects(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    make_policy(names).wait_until_ready()
    accessor = read_accessor(admin, names)
    make_policy(names).delete()
    policy = make_policy(names)
    policy.wait_until_ready()
    assert read_accessor(admin, names) == accessor
    assert str(read_objects(admin, names)).count(policy.read()["metadata"]["uid"]) == 3
