"""What somebody changed in Vault by hand comes back at the resync, and nothing else is written."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from testbed import Cluster
from tests.integration.hub.breakage import BREAKAGES, Breakage
from tests.integration.hub.names import Names, Objects, build_names, find_changes, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.resync import wait_for_resyncs
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import create_namespace, delete_object
from tests.integration.vault_calls import Ask


@dataclass
class Victim:
    """A policy, and what it had in Vault before one thing of it was broken."""

    policy: Policy
    names: Names
    breakage: Breakage
    before: Objects = field(default_factory=dict)

    def read_objects(self, admin: Ask) -> Objects:
        return read_objects(admin, self.names, root=self.breakage.root_mount)

    def find_changes(self, admin: Ask) -> Objects:
        return find_changes(self.before, self.read_objects(admin))


@pytest.fixture(scope="module")
def place(cluster: Cluster) -> Iterator[str]:
    """A namespace for all of them."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    create_namespace(cluster, name)
    yield name
    delete_object(cluster, "namespaces", "", name)


@pytest.fixture(scope="module")
def victims(
    cluster: Cluster, admin: Ask, operator_process: OperatorProcess, place: str
) -> dict[str, Victim]:
    """A policy for each breakage; all are broken at once, so that one resync repairs them."""
    operator_process.start()
    victims = [make_victim(cluster, place, each) for each in BREAKAGES]
    for victim in victims:
        victim.policy.wait_until_ready()
        victim.before = victim.read_objects(admin)
    for victim in victims:
        victim.breakage.apply(admin, victim.names)
    return {victim.breakage.name: victim for victim in victims}


def make_victim(cluster: Cluster, namespace: str, breakage: Breakage) -> Victim:
    suffix = uuid.uuid4().hex[:8]
    policy = Policy(cluster=cluster, namespace=namespace, name=f"victim-{suffix}")
    names = build_names(suffix)
    policy.apply({**names.build_changes(), **breakage.changes})
    return Victim(policy, names, breakage)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_change_by_hand_is_repaired(
    victims: dict[str, Victim], admin: Ask, breakage: Breakage
) -> None:
    victim = victims[breakage.name]
    wait_for(lambda: victim.find_changes(admin), lambda found: found == {})
    told = breakage.get_told(victim.names)
    wait_for(lambda: victim.policy.read_events("DriftRepaired"), lambda found: told in found)
    victim.policy.wait_until_ready()


def test_nothing_is_written_while_nothing_changes(
    victims: dict[str, Victim], operator: OperatorProcess
) -> None:
    for victim in victims.values():
        victim.policy.wait_until_ready()
    before = operator.count_writes()
    wait_for_resyncs(operator, policies=len(victims))
    assert operator.count_writes() == before
