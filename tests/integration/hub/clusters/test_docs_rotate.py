"""docs/rotate.md by somebody who has two clusters: each order is typed and followed to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from testbed import Cluster, Testbed, Vault
from tests.doc_blocks import find_block
from tests.integration.contexts import write_contexts
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.both import select_both
from tests.integration.hub.clusters.registration import HOME, Registrar
from tests.integration.hub.compromise import A_MOMENT
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.played_mesh import PlayedMesh
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.reader import Reader, prepare_reader
from tests.integration.shown import check_shown
from tests.integration.vault_calls import Ask, read

MOUNTS = "pki_read_"
APPROVE = "admin.gloo.solo.io/rotation-approve"
SECONDS = 180.0


@pytest.fixture
def reader(bed: Testbed, cluster: Cluster, second: Cluster, vault: Vault, tmp_path: Path) -> Reader:
    """Somebody who has the time to follow a rotation."""
    reader = prepare_reader(
        tmp_path,
        tools=bed.tools(),
        vault=vault,
        kubeconfig=write_contexts(tmp_path / "kubeconfig", [cluster, second]),
        configuration=None,
    )
    return replace(reader, seconds=SECONDS)


@pytest.fixture
def fleet(
    quick_operator: OperatorProcess,
    cluster: Cluster,
    second: Cluster,
    vault: Vault,
    registrar: Registrar,
    kubeconfig: str,
    remote: Certificate,
    own_istiod: Account,
    namespace: str,
    mount: str,
) -> Iterator[Policy]:
    """A policy that is ready, under a root that Vault made; a person is asked before its stages."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    registrar.register("cluster2", kubeconfig)
    policy = Policy(cluster=cluster, namespace=HOME, name="fleet")
    policy.apply(
        {
            **select_both(namespace),
            "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
            "spec.management": {"root": {"source": "Generate"}},
            "spec.rotation": {"verification": "Manual"},
        }
    )
    with ExitStack() as stack:
        stack.callback(policy.delete)
        for each in (cluster, second):
            account = Account(each, namespace=namespace)
            account.create()
            certificate = Certificate(cluster=each, namespace=namespace)
            agent = Agent(cluster=each, vault=vault, certificate=certificate, account=account)
            stack.enter_context(PlayedMesh(agent=agent, namespace=namespace).alive())
        wait_for(
            lambda: policy.read_status().get("meshTotals", {}).get("summary"),
            lambda told: told == "2/2",
        )
        policy.wait_until_ready()
        yield policy


def test_what_leaked_is_replaced_as_the_page_tells(
    reader: Reader, fleet: Policy, admin: Ask, mount: str
) -> None:
    time.sleep(A_MOMENT)
    _replace_intermediates(reader, fleet)
    _replace_root(reader, fleet)
    _replace_compromised_root(reader, fleet, admin, mount)


def _replace_intermediates(reader: Reader, fleet: Policy) -> None:
    block = find_block(
        "docs/rotate.md", "$ roottrust rotate intermediate fleet --cluster cluster1 --compromised"
    )
    done = reader.run(block, answer="y")
    assert done.code == 0, done.err
    check_shown(block, done)
    (entry,) = fleet.read_status()["compromisedIntermediates"]
    assert (entry["cluster"], entry["generation"]) == ("cluster1", 2)
    assert entry["revoked"] > 0


def _replace_root(reader: Reader, fleet: Policy) -> None:
    """Its stages wait for a person, who approves some of them before their time."""
    block = find_block("docs/rotate.md", "$ roottrust rotate root fleet")
    with ThreadPoolExecutor(1) as pool:
        followed = pool.submit(reader.run, block)
        _wait_until_asked(fleet, "Sign")
        fleet.annotate(f"{APPROVE}=2/Sign,2/Widen")
        _wait_until_asked(fleet, "Drop")
        shown = find_block("docs/rotate.md", "$ roottrust rotate approve fleet --dry-run")
        done = reader.run(shown)
        assert (done.code, done.out) == (0, shown.text.partition("\n")[2]), done
        assert fleet.read()["metadata"]["annotations"][APPROVE] == "2/Sign,2/Widen"
        # As the page has it for Git.
        fleet.annotate(f"{APPROVE}=2/Sign,2/Widen,2/Drop,2/Retire")
        done = followed.result()
    assert done.code == 0, done.err
    check_shown(block, done, but="The root of ")
    assert "The root of 2 meshes in 2 clusters is replaced: cluster1, cluster2." in done.err
    # So does a pipeline that comes later.
    followed_again = reader.type("roottrust rotate root fleet --follow --generation 2")
    assert (followed_again.code, followed_again.out) == (0, done.out.splitlines(keepends=True)[-1])


def _replace_compromised_root(reader: Reader, fleet: Policy, admin: Ask, mount: str) -> None:
    """Now nobody is asked but whoever orders it."""
    block = find_block("docs/rotate.md", "$ roottrust rotate root fleet --compromised")
    fleet.wait_until_ready()
    done = reader.run(block, answer="y")
    assert done.code == 0, done.err
    check_shown(block, done, but="The root of ")
    assert "The root of 2 meshes in 2 clusters counts as compromised: cluster1, clus" in done.err
    assert (read(admin, f"{mount}/issuer/roottrust-g2") or {})["revoked"] is True
    fleet.wait_until_ready()


def _wait_until_asked(fleet: Policy, stage: str) -> None:
    wait_for(
        lambda: fleet.read_status().get("rotation", {}).get("message", ""),
        lambda told: f"{stage} waits for a person" in told,
        seconds=SECONDS,
    )
