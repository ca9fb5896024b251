"""Policies that the API server takes and the operator refuses: it says why, and touches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.manifests.table import OperatorCase, read_operator_cases
from tests.integration.vault_calls import Ask, read, write

# The operator serves one cluster; what needs two is tried in tests/unit/domain.
CASES = [case for case in read_operator_cases() if case.clusters == 1]


def build_manifest(case: OperatorCase, number: int) -> dict[str, Any]:
    """Return a case under a name of its own."""
    metadata = {**case.manifest["metadata"], "name": f"case-{number}"}
    return {**case.manifest, "metadata": metadata}


def build_list(manifests: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})


def build_namespaces(manifests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {each["metadata"]["namespace"] for each in manifests}
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in names]


def prepare_victims(admin: Ask) -> None:
    """Have what the attackers of these cases are after."""
    write(admin, "sys/policies/acl/admins", {"policy": 'path "*" { capabilities = ["sudo"] }'})
    admin("POST", "sys/mounts/pki_payments", {"type": "pki"})
    admin("POST", "sys/auth/kubernetes", {"type": "kubernetes"})


def read_everything(admin: Ask) -> dict[str, Any]:
    """Return what Vault has, less the objects of tests that have names of their own."""
    names = admin("LIST", "sys/policies/acl").json()["data"]["keys"]
    tables = {table: read(admin, table) or {} for table in ("sys/mounts", "sys/auth")}
    found = {f"{table} {name}": each for table in tables for name, each in tables[table].items()}
    found |= {name: read(admin, f"sys/policies/acl/{name}") for name in names}
    found |= {path: read(admin, path) for path in ("auth/kubernetes/config", "pki/config/issuers")}
    return {name: each for name, each in found.items() if "cluster1_" not in name}


@pytest.fixture(scope="module")
def refused(
    cluster: Cluster, admin: Ask, operator_process: OperatorProcess
) -> Iterator[dict[str, Policy]]:
    """All cases at once; nothing in Vault may be another afterwards."""
    operator_process.start()
    prepare_victims(admin)
    before = read_everything(admin)
    manifests = [build_manifest(case, number) for number, case in enumerate(CASES)]
    everything = build_list([*build_namespaces(manifests), *manifests])
    cluster.kubectl("apply", "--server-side", "-f", "-", input=everything)
    yield {
        case.name: Policy(
            cluster=cluster, namespace=each["metadata"]["namespace"], name=each["metadata"]["name"]
        )
        for case, each in zip(CASES, manifests, strict=True)
    }
    cluster.kubectl("delete", "-f", "-", input=build_list(manifests))
    assert read_everything(admin) == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_policy_is_refused_with_its_reason(refused: dict[str, Policy], case: OperatorCase) -> None:
    policy = refused[case.name]
    accepted = policy.wait_for("Accepted", case.status, case.reason)
    assert case.message in accepted["message"]
    assert accepted["message"].endswith(".")
    ready = policy.read_conditions()["Ready"]
    assert (ready["status"], ready["reason"]) == (case.status, case.reason)
    status = policy.read_status()
    assert status["state"] == ("INVALID" if case.status == "False" else "PENDING")
    assert "managedObjects" not in status


def test_refused_policy_is_accepted_once_it_is_mended(
    refused: dict[str, Policy], names: Names, admin: Ask
) -> None:
    policy = refused["the role admins"]
    policy.wait_for("Accepted", "False", "NotAllowed")
    policy.apply({**names.build_changes(), "spec.management": {"mode": "Observe"}})
    policy.wait_for("Accepted", "True")
    # Observe looks and tells, and leaves Vault as it is.
    policy.wait_for("VaultConfigured", "False", "ChangesPending")
    assert [each["path"] for each in policy.read_status()["drift"]] == list(names.paths)
    found = read_objects(admin, names)
    assert [path for path in names.paths if found[path]] == []
