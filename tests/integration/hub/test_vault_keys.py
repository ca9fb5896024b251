"""Keys that Vault makes at csrPath: removed once nobody can use them, never one that is in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Vault
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import NAME
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

KEY = {"common_name": "istiod", "key_type": "ec", "key_bits": "256"}


@pytest.fixture
def quick_operator(
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    vault: Vault,
    token_file: Path,
    admin: Ask,
) -> Iterator[OperatorProcess]:
    """An operator that looks every second, and for which a key is old after four of them."""
    operator_process.kill()
    login = {"tokenFile": {"path": str(token_file)}}
    built = build_operator("operator-of-keys", vault, login, module="quick_operator")
    built.start()
    yield built
    built.kill()


def generate(admin: Ask, names: Names) -> str:
    """Have Vault make a key as istiod's agent does, and return its id."""
    path = f"{names.intermediate_mount}/intermediate/generate/exported"
    return str(write(admin, path, KEY)["key_id"])


def list_keys(admin: Ask, names: Names) -> set[str]:
    answer = admin("LIST", f"{names.intermediate_mount}/keys")
    return set(answer.json()["data"]["keys"]) if answer.ok else set()


def make_issuer(admin: Ask, names: Names) -> str:
    """Sign with the root what the mount asks for; return the id of the key of that issuer."""
    mount = names.intermediate_mount
    made = write(admin, f"{mount}/intermediate/generate/internal", KEY)
    signed = write(admin, "pki/root/sign-intermediate", {"csr": made["csr"], **KEY})
    write(admin, f"{mount}/intermediate/set-signed", {"certificate": signed["certificate"]})
    return str(made["key_id"])


def wait_for_warning(policy: Policy, text: str) -> str:
    warnings: list[str] = wait_for(
        lambda: policy.read_status().get("warnings", []),
        lambda found: any(text in each for each in found),
    )
    return next(each for each in warnings if text in each)


def test_unused_keys_go_and_used_ones_stay(
    quick_operator: OperatorProcess, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    mount = names.intermediate_mount
    used = make_issuer(admin, names)
    unused = {generate(admin, names) for _ in range(3)}
    assert list_keys(admin, names) == {used, *unused}
    told = wait_for_warning(policy, f"4 in {mount} now")
    assert told.startswith("KeyGeneratedInVault: ")
    wait_for(lambda: list_keys(admin, names), lambda keys: keys == {used})
    wait_for_warning(policy, f"1 in {mount} now")
    # A sweep in the middle of the three has them removed in two turns.
    told_of = re.compile(
        rf"Removed (\d) keys from {mount} that nobody needs there any more; \d are left\."
    )

    def count_told() -> int:
        found = (told_of.fullmatch(each) for each in policy.read_events("KeysRemoved"))
        return sum(int(each[1]) for each in found if each)

    wait_for(count_told, lambda count: count == 3)
    assert any(each.endswith("; 1 are left.") for each in policy.read_events("KeysRemoved"))
    assert quick_operator.sum_metric("roottrust_vault_keys_removed_total") >= 3
    # Vault itself refuses what the operator never asks for.
    assert not admin("DELETE", f"{mount}/key/{used}").ok
    policy.wait_until_ready()


@pytest.mark.usefixtures("quick_operator")
def test_keys_of_an_adopted_mount_stay(make_policy: MakePolicy, names: Names, admin: Ask) -> None:
    write(admin, f"sys/mounts/{names.intermediate_mount}", {"type": "pki"})
    policy = make_policy(names)
    policy.annotate("admin.gloo.solo.io/adopt=true")
    policy.wait_until_ready()
    kept = generate(admin, names)
    wait_for_warning(policy, f"1 in {names.intermediate_mount} now; roottrust removes none there")
    # So long that a mount of ours has lost its key.
    ours = build_names(f"{names.role.rpartition('_')[2]}b")
    make_policy(ours, name="other").wait_until_ready()
    generate(admin, ours)
    wait_for(lambda: list_keys(admin, ours), lambda keys: not keys)
    assert list_keys(admin, names) == {kept}


def test_missing_right_is_told(
    quick_operator: OperatorProcess, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    path = f"sys/policies/acl/{NAME}"
    found = read(admin, path)
    assert found is not None
    rights = found["policy"]
    write(admin, path, {"policy": rights.replace('path "pki_int_*"', 'path "pki_int_none_*"')})
    key = generate(admin, names)
    told = wait_for_warning(policy, "denied delete on")
    assert f"denied delete on {names.intermediate_mount}/key/{key}: grant it" in told
    assert list_keys(admin, names) == {key}
    write(admin, path, {"policy": rights})
    wait_for(lambda: list_keys(admin, names), lambda keys: not keys)
    wait_for_warning(policy, f"0 in {names.intermediate_mount} now")
    assert quick_operator.is_running
