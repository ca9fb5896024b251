"""What the operator can lose: its status, its life; Vault is not written to for either."""

from __future__ import annotations

from typing import Any

from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, write

MANY = 6


def strip_times(status: dict[str, Any]) -> dict[str, Any]:
    conditions = [{**each, "lastTransitionTime": ""} for each in status["conditions"]]
    return {**status, "conditions": conditions}


def is_done(operator: OperatorProcess, policy: Policy) -> bool:
    """Whether it has looked at everything since its start."""
    known = operator.list_known()
    done = operator.sum_metric("roottrust_reconciles_total")
    return policy.full_name in known and done >= len(known)


def test_deleted_status_is_rebuilt_and_starts_nothing(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    status, objects = policy.read_status(), read_objects(admin, names)
    writes = operator.count_writes()["vault"]
    assert "status" not in policy.patch_status(None)
    policy.wait_until_ready()
    assert strip_times(policy.read_status()) == strip_times(status)
    assert read_objects(admin, names) == objects
    assert operator.count_writes()["vault"] == writes
    assert policy.read_events("DriftRepaired") == []


def test_status_deleted_while_the_operator_is_away_is_rebuilt_and_starts_nothing(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    status, objects = policy.read_status(), read_objects(admin, names)
    operator.kill()
    assert "status" not in policy.patch_status(None)
    operator.start()
    policy.wait_until_ready()
    assert strip_times(policy.read_status()) == strip_times(status)
    assert read_objects(admin, names) == objects
    assert operator.count_writes()["vault"] == 0


def test_status_deleted_during_a_conflict_is_rebuilt_and_starts_nothing(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    document = names.paths[3]
    write(admin, document, {"policy": 'path "secret/*" { capabilities = ["read"] }'})
    policy.patch_status(None)
    policy.wait_for("VaultConfigured", "False", "Conflict")
    status, objects = policy.read_status(), read_objects(admin, names)
    writes = operator.count_writes()["vault"]
    policy.patch_status(None)
    policy.wait_for("VaultConfigured", "False", "Conflict")
    assert strip_times(policy.read_status()) == strip_times(status)
    assert read_objects(admin, names) == objects
    assert operator.count_writes()["vault"] == writes


def test_status_edited_by_hand_is_put_right(
    make_policy: MakePolicy, names: Names, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    root = policy.read_status()["root"]
    policy.patch_status({"message": "All is lost.", "conditions": None})
    policy.wait_until_ready()
    assert policy.read_status()["message"] != "All is lost."
    assert policy.read_status()["root"] == root


def test_operator_that_was_killed_at_work_converges(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    suffix = names.role.rpartition("_")[2]
    policies = {
        name: make_policy(build_names(f"{suffix}{name}"), name=name) for name in "abcdefgh"[:MANY]
    }
    first = build_names(f"{suffix}a")
    wait_for(lambda: read_objects(admin, first)[first.paths[0]], bool, every=0.01)
    operator.kill()
    operator.start()
    for name, policy in policies.items():
        policy.wait_until_ready()
        assert None not in read_objects(admin, build_names(f"{suffix}{name}")).values()


def test_restart_writes_nothing_where_nothing_is_to_be_done(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    before = policy.read()
    operator.kill()
    operator.start()
    wait_for(lambda: is_done(operator, policy), bool)
    assert operator.count_writes() == {"vault": 0, "kubernetes": 0}
    assert policy.read() == before


def test_what_was_edited_while_it_was_away_is_done(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    operator.kill()
    accounts = {"serviceAccounts": ["istiod"]}
    policy.apply({**names.build_changes(), "spec.management": {"workloadAuth": accounts}})
    operator.start()
    policy.wait_until_ready()
    role = read_objects(admin, names)[names.paths[-1]]
    assert role is not None
    assert role["bound_service_account_names"] == ["istiod"]
