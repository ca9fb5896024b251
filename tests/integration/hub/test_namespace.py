"""An operator whose Vault server is a namespace of one: everything is in it, its login as well."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import Vault
from tests.integration.hub.configuration import build_config
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.rights import build_rights
from tests.integration.hub.root import Root
from tests.integration.hub.vault_namespaces import NAMESPACE_FIELD
from tests.integration.vault_calls import Ask, in_namespace, write
from tests.integration.vault_logins import NAME, build_approle_setting, prepare_approle

# Nobody else works on the same policies.
pytestmark = pytest.mark.usefixtures("idle_hub")


@pytest.fixture
def team(admin: Ask, vault: Vault) -> Iterator[str]:
    """A namespace of Vault."""
    if vault.kind != "openbao":
        pytest.skip("HashiCorp's Vault has namespaces in its enterprise edition alone.")
    name = f"team-{uuid.uuid4().hex[:8]}"
    write(admin, f"sys/namespaces/{name}", {})
    yield name
    admin("DELETE", f"sys/namespaces/{name}")


@pytest.fixture
def login(admin: Ask, team: str, root: Root, tmp_path: Path) -> dict[str, Any]:
    """The operator's AppRole in that namespace, where there is the guide's root, too."""
    there = in_namespace(admin, team)
    root.import_into(there)
    write(there, f"sys/policies/acl/{NAME}", {"policy": build_rights()})
    token = {"token_policies": [NAME], "token_no_default_policy": True, "token_ttl": "1h"}
    return build_approle_setting(prepare_approle(there, tmp_path, token))


@pytest.fixture
def operator_of_team(
    vault: Vault,
    team: str,
    login: dict[str, Any],
    hub_kubeconfig: Path,
    log_folder: Path,
    tmp_path: Path,
) -> Iterator[OperatorProcess]:
    config = build_config(vault, login)
    server = {**config["vaultServers"][0], "namespace": team}
    process = OperatorProcess(
        config={**config, "vaultServers": [server]},
        kubeconfig=hub_kubeconfig,
        folder=tmp_path,
        log=log_folder / f"{team}.log",
    )
    process.start()
    yield process
    process.kill()


def test_policy_is_served_in_the_namespace(
    operator_of_team: OperatorProcess,
    make_policy: Callable[..., Policy],
    names: Names,
    admin: Ask,
    team: str,
) -> None:
    policy = make_policy(names, {NAMESPACE_FIELD: team})
    policy.wait_until_ready()
    objects = read_objects(in_namespace(admin, team), names)
    assert [path for path, found in objects.items() if found is None] == []
    objects_at_top = read_objects(admin, names)
    assert {path for path, found in objects_at_top.items() if found is not None} == {"pki"}
    logins = "roottrust_vault_logins_total"
    assert operator_of_team.sum_metric(logins) == 1
    assert operator_of_team.sum_metric(logins, method="approle", result="ok") == 1

    there = in_namespace(admin, team)
    before = there("LIST", "auth/token/accessors").json()["data"]["keys"]
    assert operator_of_team.stop() == 0
    after = there("LIST", "auth/token/accessors")
    left = after.json()["data"]["keys"] if after.ok else []
    assert len(left) == len(before) - 1


def test_policy_for_another_namespace_is_refused(
    operator_of_team: OperatorProcess, make_policy: Callable[..., Policy], names: Names, team: str
) -> None:
    policy = make_policy(names, {NAMESPACE_FIELD: "another"})
    told = policy.wait_for("Accepted", "False", "NotAllowed")
    assert f"({team})" in told["message"]
