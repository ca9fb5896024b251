"""A Vault that comes back empty: what can be made again is, and no root is unless a person says so.

See docs/adr/0006-root-is-never-made-unasked.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.resync import nudge_and_wait
from tests.integration.hub.rights import grant_rights
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask, read

MOUNT = "pki_lost"
REPLACE = "admin.gloo.solo.io/replace-root"


@pytest.fixture
def existing(operator: OperatorProcess, make_policy: MakePolicy, names: Names) -> Policy:
    """A policy with the imported root."""
    policy = make_policy(names, name="existing")
    policy.wait_until_ready()
    return policy


@pytest.fixture
def names_of_generated(names: Names) -> Names:
    return build_names(f"{names.role.rpartition('_')[2]}g")


@pytest.fixture
def generated(
    operator: OperatorProcess, make_policy: MakePolicy, names_of_generated: Names
) -> Policy:
    """A policy with a root of its own making."""
    changes = {
        "spec.config.agentCa.vault.caPath": f"{MOUNT}/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate"}},
    }
    policy = make_policy(names_of_generated, changes, name="generated")
    policy.wait_until_ready()
    return policy


@pytest.fixture
def emptied(
    existing: Policy, generated: Policy, vault: Vault, admin: Ask, token_file: Path, root: Root
) -> Iterator[None]:
    """Vault forgets everything; somebody lets the operator in again, and does no more."""
    vault.restart()
    grant_rights(admin, token_file)
    yield
    if read(admin, "sys/mounts/pki") is None:
        root.import_into(admin)


def test_lost_roots_are_waited_for(
    operator: OperatorProcess,
    existing: Policy,
    generated: Policy,
    names: Names,
    names_of_generated: Names,
    emptied: None,
    vault: Vault,
    admin: Ask,
    root: Root,
    own_istiod: Account,
) -> None:
    before = generated.read_status()["root"]
    for policy in (existing, generated):
        policy.nudge()
        lost = policy.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert f"{REPLACE}={before['fingerprint']}" in lost["message"]
    # No mount, nor anything that only made sense under the root.
    for own, mount in ((names, "pki"), (names_of_generated, MOUNT)):
        assert set(read_objects(admin, own, root=mount).values()) == {None}
    assert generated.read_status()["root"] == before

    root.import_into(admin)
    existing.wait_until_ready()
    ask_as_istiod(vault, own_istiod, names)
    assert None not in read_objects(admin, names).values()

    generated.annotate(f"{REPLACE}={'0' * 64}")
    nudge_and_wait(operator, generated)
    generated.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert read(admin, f"sys/mounts/{MOUNT}") is None
    generated.annotate(f"{REPLACE}={before['fingerprint']}")
    generated.wait_until_ready()
    after = generated.read_status()["root"]
    assert after["fingerprint"] != before["fingerprint"]
    assert None not in read_objects(admin, names_of_generated, root=MOUNT).values()
