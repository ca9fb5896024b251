"""A policy cannot have the operator rewrite what its own token carries, whatever grants say."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import Vault
from tests.integration.hub.names import GRANT, Names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.rights import build_rights
from tests.integration.hub.vault_namespaces import build_team_config
from tests.integration.vault_calls import Ask, read, write
from tests.integration.vault_logins import NAME, build_approle_setting, prepare_approle

# All within `gen-int-ca-istio-*`, which the configuration grants, and for which the hub has rights.
OF_ROLE = "gen-int-ca-istio-operator"
OF_ENTITY = "gen-int-ca-istio-entity"
ROLE_FIELD = "spec.config.agentCa.vault.kubernetesAuth.role"
ADOPT = "metadata.annotations"


@pytest.fixture
def login(admin: Ask, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """An AppRole with a policy of an unusual name, whose entity has one more."""
    write(admin, f"sys/policies/acl/{OF_ROLE}", {"policy": build_rights()})
    write(admin, f"sys/policies/acl/{OF_ENTITY}", {"policy": 'path "secret/x" {}'})
    token = {"token_policies": [OF_ROLE], "token_no_default_policy": True, "token_ttl": "1h"}
    prepared = prepare_approle(admin, tmp_path, token)
    setting = build_approle_setting(prepared)
    mount, role_id = setting["appRole"]["mount"], setting["appRole"]["roleId"]
    accessor = (read(admin, "sys/auth") or {})[f"{mount}/"]["accessor"]
    name = f"operator-{uuid.uuid4().hex[:8]}"
    entity = write(admin, "identity/entity", {"name": name, "policies": [OF_ENTITY]})
    alias = {"name": role_id, "canonical_id": entity["id"], "mount_accessor": accessor}
    write(admin, "identity/entity-alias", alias)
    yield setting
    admin("DELETE", f"identity/entity/id/{entity['id']}")
    admin("DELETE", f"sys/auth/{mount}")
    for policy in (OF_ROLE, OF_ENTITY):
        admin("DELETE", f"sys/policies/acl/{policy}")


@pytest.fixture
def operator_of_approle(
    vault: Vault,
    login: dict[str, Any],
    idle_hub: OperatorProcess,
    hub_kubeconfig: Path,
    log_folder: Path,
    tmp_path: Path,
) -> Iterator[OperatorProcess]:
    """One that logs in so; nobody else works on the same policies."""
    process = OperatorProcess(
        config=build_team_config(vault, login, [{**GRANT, "roles": ["gen-int-ca-istio-*"]}]),
        kubeconfig=hub_kubeconfig,
        folder=tmp_path,
        log=log_folder / "own-policy.log",
    )
    process.start()
    yield process
    process.kill()


@pytest.mark.usefixtures("operator_of_approle")
@pytest.mark.parametrize("role", [OF_ROLE, OF_ENTITY, NAME])
def test_policy_of_the_operator_s_own_token_is_never_written(
    make_policy: MakePolicy, names: Names, admin: Ask, role: str
) -> None:
    before = read(admin, f"sys/policies/acl/{role}")
    policy = make_policy(names, {ROLE_FIELD: role, ADOPT: {"admin.gloo.solo.io/adopt": "true"}})
    told = policy.wait_for("Accepted", "False", "NotAllowed")
    assert f"Vault policy '{role}' is reserved and never written" in told["message"]
    assert read(admin, f"sys/policies/acl/{role}") == before
    objects = read_objects(admin, names)
    assert {path for path, found in objects.items() if found is not None} == {"pki"}


@pytest.mark.usefixtures("operator_of_approle")
def test_other_names_of_the_same_pattern_are_served(make_policy: MakePolicy, names: Names) -> None:
    make_policy(names).wait_until_ready()
