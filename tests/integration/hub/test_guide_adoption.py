"""A set-up made by the guide's own commands: its differences are shown, then it is taken over."""

from __future__ import annotations

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.guide_commands import read_accessors, type_guide
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import FORBIDDEN, Ask, read, write

ADOPT = "admin.gloo.solo.io/adopt=true"

pytestmark = pytest.mark.usefixtures("operator")


def test_what_the_guide_has_people_make_is_shown_and_then_taken_over_as_it_is(
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    vault: Vault,
    cluster: Cluster,
    own_istiod: Account,
    operator: OperatorProcess,
) -> None:
    accessors = type_guide(admin, names, cluster=cluster, istiod=own_istiod)
    intermediate, auth, config, document, role = names.paths
    key = write(admin, f"{intermediate}/intermediate/generate/internal", {"common_name": "x"})
    before = read_objects(admin, names)
    writes = operator.count_writes()["vault"]

    policy = make_policy(names)
    condition = policy.wait_for("VaultConfigured", "False", "Conflict")
    assert ADOPT in condition["message"]
    drift = policy.read_status()["drift"]
    shown = {(each["path"], each.get("field")) for each in drift}
    assert {
        (intermediate, "max_lease_ttl"),
        (document, "policy"),
        (role, "token_no_default_policy"),
        (role, "token_ttl"),
    } <= shown
    told = "token_reviewer_jwt_set"
    is_told = told in (before[config] or {})  # not by older versions of Vault
    assert ((config, told) in shown) == is_told
    assert {path for path, _ in shown} - {config} == {intermediate, document, role}
    assert read_objects(admin, names) == before
    assert operator.count_writes()["vault"] == writes

    policy.annotate(ADOPT)
    policy.wait_until_ready()
    assert read_accessors(admin, names) == accessors
    assert read(admin, f"{intermediate}/key/{key['key_id']}") is not None
    (updated,) = wait_for(lambda: policy.read_events("Updated"), bool)
    assert f"{config} ({told})" in updated
    assert policy.read_events("DriftRepaired") == []
    managed = {each["path"]: each["origin"] for each in policy.read_status()["managedObjects"]}
    assert managed == dict.fromkeys((intermediate, auth, config, document, role), "Adopted")

    ask = ask_as_istiod(vault, own_istiod, names)
    assert ask("LIST", f"{intermediate}/certs").status_code == FORBIDDEN
    assert ask("DELETE", f"{intermediate}/key/{key['key_id']}").status_code == FORBIDDEN
    by_itself = {"csr": key["csr"], "common_name": "Root A", "ttl": "87600h"}
    assert ask("POST", "pki/root/sign-intermediate", by_itself).status_code == FORBIDDEN
    pinned = {"common_name": "roottrust istiod CA cluster1", "key_type": "ec", "key_bits": "256"}
    assert ask("POST", f"{intermediate}/intermediate/generate/exported", pinned).ok
