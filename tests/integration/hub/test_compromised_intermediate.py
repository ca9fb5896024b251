"""Intermediates whose keys have leaked: replaced, revoked in Vault, and nothing else with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.compromise import (
    A_MOMENT,
    ANNOTATION,
    is_revoked,
    read_entry,
    wait_for_entry,
    wait_until_revoked,
)
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import Person, build_rotator, finish
from tests.integration.hub.pki import make_request
from tests.integration.hub.played_mesh import PlayedMesh
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import REVOCATION, grant_revocation
from tests.integration.vault_calls import Ask, write

# A mount for each test: all intermediates of a cluster have one name.
MOUNTS = "pki_leaked_"
ORDER: dict[str, Any] = {
    "spec.rotation": {"clusters": [{"name": "cluster1", "intermediateGeneration": 2}]},
    "metadata.annotations": {ANNOTATION: "2/cluster1"},
}


@pytest.fixture
def changes(names: Names, mount: str) -> dict[str, Any]:
    """What makes the guide's policy one of the test's own mesh, under a root that Vault makes."""
    return {
        **names.build_changes(),
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate"}},
    }


@pytest.fixture
def policy(
    quick_operator: OperatorProcess,
    cluster: Cluster,
    namespace: str,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
    changes: dict[str, Any],
) -> Policy:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    return make_policy(names, changes)


@pytest.fixture
def rotate(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    return build_rotator(cluster, namespace, tmp_path)


def begin(policy: Policy, *agents: Agent) -> tuple[str, ...]:
    """Have all istiods serve their first intermediates, and return these."""
    first = agents[0]
    served = tuple(each.serve() for each in agents)
    root = parse_certificate(first.certificate.wait_for()["spec"]["trustBundle"]).fingerprint
    report_mesh(
        first.cluster,
        namespace=first.certificate.namespace,
        fingerprints=[root],
        replicas=len(agents),
    )
    policy.wait_until_ready()
    time.sleep(A_MOMENT)
    return served


def order(policy: Policy, changes: dict[str, Any]) -> None:
    """Order it as Git does."""
    policy.apply({**changes, **ORDER})


def test_what_leaked_is_replaced_and_revoked_and_nothing_else_is(
    rotate: Person, policy: Policy, agent: Agent, admin: Ask, mount: str, tmp_path: Path
) -> None:
    agent.certificate.wait_for()
    sign = f"{mount}/root/sign-intermediate"
    strangers = [
        write(admin, sign, {"csr": make_request().csr, "common_name": name})["certificate"]
        for name in ("roottrust istiod CA cluster2", "roottrust istiod CA cluster10", "stranger")
    ]
    gone = agent.obtain()  # of a pod that nobody has heard of since
    (leaked,) = begin(policy, agent)
    log = tmp_path / "followed"
    with log.open("w") as stream:
        words = (policy.full_name, "--cluster", "cluster1", "--compromised", "--yes")
        process = rotate.start(*words, log=stream)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    waiting = wait_for_entry(policy, bool)
    assert "are compromised, and are not revoked yet: " in waiting["message"]
    assert not is_revoked(admin, mount, leaked), "an istiod uses it"
    fresh = agent.serve()
    done = replace(finish(process), err=log.read_text())
    assert done.code == 0, done.err
    assert all(is_revoked(admin, mount, each) for each in (gone, leaked))
    assert not any(is_revoked(admin, mount, each) for each in (fresh, *strangers))
    entry = read_entry(policy)
    assert (entry["cluster"], entry["generation"], entry["revoked"]) == ("cluster1", 2, 2)
    assert entry["root"] == policy.read_status()["root"]["fingerprint"]
    said = f"`roottrust rotate root {policy.full_name} --compromised`"
    assert "Nobody distrusts them. Peers go on trusting what they sign until 20" in done.err
    assert said in done.err
    lines = done.out.splitlines()
    assert lines[1] == f'{policy.full_name}: {ANNOTATION}: "2/cluster1"'
    assert lines[-1] == entry["message"]
    assert f"2 are revoked in {mount}/. Revoked or not, peers go on trusting" in lines[-1]
    assert said in lines[-1]
    assert entry["message"] in policy.read_status()["warnings"]
    assert policy.wait_for_events("IntermediatesCompromised")
    assert policy.wait_for_events("IntermediatesRevoked") == [entry["message"]]
    policy.wait_until_ready()


def test_a_status_that_is_lost_is_found_again_and_revokes_nothing_more(
    policy: Policy,
    agent: Agent,
    admin: Ask,
    mount: str,
    changes: dict[str, Any],
    quick_operator: OperatorProcess,
) -> None:
    (leaked,) = begin(policy, agent)
    order(policy, changes)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    quick_operator.kill()
    fresh = agent.serve()
    quick_operator.start()
    done = wait_until_revoked(policy)
    assert is_revoked(admin, mount, leaked)
    quick_operator.kill()
    policy.patch_status(None)
    quick_operator.start()
    again = wait_until_revoked(policy)
    assert {**again, "revokedAt": done["revokedAt"]} == done
    assert not is_revoked(admin, mount, fresh)


def test_each_replica_has_to_serve_a_new_one_first(
    policy: Policy, agent: Agent, admin: Ask, mount: str, changes: dict[str, Any]
) -> None:
    second = replace(agent, pod="istiod-5d9c7b6f4-fghij")
    agent.certificate.wait_for()
    leaked = begin(policy, agent, second)
    order(policy, changes)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    fresh = agent.serve()
    entry = wait_for_entry(policy, lambda found: second.pod in found.get("message", ""))
    assert "revokedAt" not in entry
    assert not any(is_revoked(admin, mount, each) for each in leaked)
    pem = second.obtain()
    second.report(second.describe(pem, loadedByIstiod=False))
    wait_for_entry(policy, lambda found: "does not serve it yet" in found["message"])
    assert not any(is_revoked(admin, mount, each) for each in leaked)
    second.report(second.describe(pem))
    assert wait_until_revoked(policy)["revoked"] == 2
    assert all(is_revoked(admin, mount, each) for each in leaked)
    assert not any(is_revoked(admin, mount, each) for each in (fresh, pem))


def test_once_the_root_is_replaced_nobody_trusts_them_any_more(
    policy: Policy, agent: Agent, namespace: str, changes: dict[str, Any]
) -> None:
    agent.certificate.wait_for()
    with PlayedMesh(agent=agent, namespace=namespace).alive():
        policy.wait_until_ready()
        time.sleep(A_MOMENT)
        order(policy, changes)
        done = wait_until_revoked(policy)
        assert done["message"] in policy.read_status()["warnings"]
        rotation = {**ORDER["spec.rotation"], "rootGeneration": 2}
        policy.apply({**changes, **ORDER, "spec.rotation": rotation})
        entry = wait_for_entry(policy, lambda found: found["message"] != done["message"])
        assert policy.read_status()["rotation"]["rootGeneration"] == 2
        assert entry["message"].endswith("was replaced: nobody trusts them any more.")
        assert entry["message"] not in policy.read_status()["warnings"]


@pytest.fixture
def foreign(admin: Ask, mount: str, changes: dict[str, Any]) -> None:
    """The root is one that an administrator has put into a mount of theirs."""
    write(admin, f"sys/mounts/{mount}", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    root = {"common_name": "Theirs", "key_type": "ec", "ttl": "87600h"}
    write(admin, f"{mount}/root/generate/internal", root)
    changes["spec.management"] = {"mode": "Manage"}


@pytest.mark.usefixtures("foreign")
def test_in_a_mount_that_is_not_ours_a_person_gets_the_commands(
    changes: dict[str, Any],
    policy: Policy,
    agent: Agent,
    admin: Ask,
    mount: str,
    quick_operator: OperatorProcess,
) -> None:
    (leaked,) = begin(policy, agent)
    order(policy, changes)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    fresh = agent.serve()
    entry = wait_for_entry(policy, lambda found: found.get("needsPerson", False))
    assert f"{mount}/ does not carry roottrust's mark" in entry["message"]
    assert not is_revoked(admin, mount, leaked)
    assert policy.wait_for_events("RevocationLeft") == [entry["message"]]
    _, _, command = entry["message"].partition(f"`vault write {mount}/revoke serial_number=")
    write(admin, f"{mount}/revoke", {"serial_number": command.partition("`")[0]})
    assert is_revoked(admin, mount, leaked)
    quick_operator.kill()  # which would look again in some minutes
    quick_operator.start()
    assert wait_until_revoked(policy)["revoked"] == 1
    assert not is_revoked(admin, mount, fresh)


@pytest.fixture
def bound(admin: Ask) -> Iterator[Callable[[], object]]:
    """The operator may not revoke, as it is installed; call it to have that end."""
    admin("DELETE", f"sys/policies/acl/{REVOCATION}")
    yield lambda: grant_revocation(admin)
    grant_revocation(admin)


def test_a_hub_that_may_not_revoke_says_so_and_goes_on(
    policy: Policy,
    agent: Agent,
    admin: Ask,
    mount: str,
    changes: dict[str, Any],
    bound: Callable[[], object],
    quick_operator: OperatorProcess,
) -> None:
    (leaked,) = begin(policy, agent)
    order(policy, changes)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    agent.serve()
    entry = wait_for_entry(policy, lambda found: found.get("needsPerson", False))
    assert f"denied create/update on {mount}/revoke: grant it" in entry["message"]
    assert "(`roottrust vault-policy --for revoke` prints it)" in entry["message"]
    assert f"Or revoke by hand: `vault write {mount}/revoke serial_number=" in entry["message"]
    assert entry["message"] in policy.read_status()["warnings"]
    policy.wait_until_ready()
    assert quick_operator.is_running
    assert not is_revoked(admin, mount, leaked)
    bound()
    quick_operator.kill()  # which would try again in some minutes
    quick_operator.start()
    wait_until_revoked(policy)
    assert is_revoked(admin, mount, leaked)


@pytest.fixture
def beside(
    policy: Policy,
    make_policy: MakePolicy,
    changes: dict[str, Any],
    cluster: Cluster,
    vault: Vault,
    namespace: str,
) -> Iterator[tuple[Policy, Agent]]:
    """Another policy for another istiod of the same cluster, under the same root."""
    elsewhere = f"{namespace}-b"
    cluster.kubectl("create", "namespace", elsewhere)
    account = Account(cluster, namespace=elsewhere)
    account.create()
    put_mesh(cluster, lies_in=elsewhere, speaks_for=elsewhere, account=account.name)
    others = build_names(namespace.removeprefix("test-") + "b", mesh_namespace=elsewhere)
    ca_path = "spec.config.agentCa.vault.caPath"
    sharing = make_policy(
        others, {**others.build_changes(), ca_path: changes[ca_path]}, name="sharing"
    )
    certificate = Certificate(cluster=cluster, namespace=elsewhere)
    yield sharing, Agent(cluster=cluster, vault=vault, certificate=certificate, account=account)
    cluster.kubectl("delete", "namespace", elsewhere, "--wait=false")


def test_what_an_istiod_of_another_policy_uses_is_not_revoked(
    rotate: Person,
    policy: Policy,
    agent: Agent,
    beside: tuple[Policy, Agent],
    admin: Ask,
    mount: str,
    changes: dict[str, Any],
) -> None:
    """All intermediates of a cluster have one name: those that may be others' need their order."""
    sharing, other = beside
    agent.certificate.wait_for()
    (used,) = begin(sharing, other)
    (leaked,) = begin(policy, agent)
    order(policy, changes)
    policy.wait_for("CertificatesIssued", "Unknown", "Renewing")
    fresh = agent.serve()
    entry = wait_for_entry(policy, lambda found: found.get("needsPerson", False))
    command = f"rotate intermediate {sharing.full_name} --cluster cluster1 --compromised"
    assert f"`roottrust {command}`" in entry["message"]
    assert not any(is_revoked(admin, mount, each) for each in (used, leaked, fresh))
    words = (sharing.full_name, "--cluster", "cluster1", "--compromised", "--yes", "--no-wait")
    done = rotate.run(*words)
    assert done.code == 0, done.err
    assert f"`roottrust rotate root {policy.full_name} --compromised`" in done.err
    sharing.wait_for("CertificatesIssued", "Unknown", "Renewing")
    renewed = other.serve()
    for each in (sharing, policy):
        wait_until_revoked(each)
    assert all(is_revoked(admin, mount, each) for each in (used, leaked))
    assert not any(is_revoked(admin, mount, each) for each in (fresh, renewed))
