"""Which Mesh objects the operator believes when it says who may log in as istiod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.istiod import Account, log_in
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import create_namespace, delete_object
from tests.integration.vault_calls import FORBIDDEN, Ask, read

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
def attacker(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A namespace that somebody else is in charge of."""
    name = f"{namespace}-attacker"
    create_namespace(cluster, name)
    yield name
    delete_object(cluster, "namespaces", "", name)


def read_bounds(admin: Ask, names: Names) -> tuple[list[str], list[str]]:
    role: dict[str, Any] = read(admin, names.paths[-1]) or {}
    names_bound = role.get("bound_service_account_names", [])
    return sorted(names_bound), sorted(role.get("bound_service_account_namespaces", []))


def test_mesh_of_one_namespace_does_not_speak_for_another(
    cluster: Cluster,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
    attacker: str,
    admin: Ask,
    vault: Vault,
) -> None:
    own = Account(cluster, namespace=namespace, name="istiod-own")
    own.create()
    Account(cluster, namespace=namespace, name="gateway").create()
    # One that would have another account of istiod's namespace be istiod, and one by its name.
    put_mesh(cluster, lies_in=attacker, speaks_for=namespace, account="gateway")
    policy = make_policy(names)
    policy.wait_until_ready()
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod-own")
    bounds = wait_for(lambda: read_bounds(admin, names), lambda found: found[0] == ["istiod-own"])
    assert bounds == (["istiod-own"], [namespace])
    wait_for(policy.read_status, lambda found: found["meshTotals"]["total"] == 1)
    assert log_in(vault, own.make_token(), names).ok
    gateway = replace(own, name="gateway")
    assert log_in(vault, gateway.make_token(), names).status_code == FORBIDDEN


def test_accounts_of_two_namespaces_are_told_or_kept_apart(
    cluster: Cluster,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
    attacker: str,
    vault: Vault,
) -> None:
    """Here both are istiod's, each under a name of its own."""
    second = attacker
    selectors = [
        {"istio": {"clusterSelector": {"cluster": "cluster1"}, "namespace": each}}
        for each in (namespace, second)
    ]
    for place, own in ((namespace, "blue"), (second, "red")):
        Account(cluster, namespace=place, name="blue").create()
        Account(cluster, namespace=place, name="red").create()
        put_mesh(cluster, lies_in=place, speaks_for=place, account=own)
    policy = make_policy(names, {"spec.applyToMeshes": selectors})
    policy.wait_for("VaultConfigured", "True")
    (told,) = [text for text in policy.read_status()["warnings"] if "also lets in" in text]
    assert f"{namespace}/red" in told
    assert f"{second}/blue" in told
    asked = (Account(cluster, namespace=namespace, name="blue"), Account(cluster, second, "red"))
    for account in asked:
        assert log_in(vault, account.make_token(), names).ok
