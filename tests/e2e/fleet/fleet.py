"""The fleet: a management cluster with the hub, two workload clusters, and one policy for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import Vault
from tests.e2e.fleet.member import Member
from tests.e2e.operator_pod import OperatorPod, apply_sample_policy
from tests.integration.command_result import CommandResult
from tests.integration.hub.person import Person
from tests.integration.hub.policy import Policy
from tests.integration.vault_calls import Ask

MANAGEMENT, WORKLOADS = "mgmt", ("east", "west")
LABEL = {"env": "prod"}
SELECTED = [{"istio": {"clusterSelector": LABEL, "namespace": "istio-system"}}]
POLICY = "fleet"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Everything that tests of the fleet look at, or do something to."""

    mgmt: Member
    east: Member
    west: Member
    hub: OperatorPod
    vault: Vault
    admin: Ask
    kubeconfig: Path  # with a context for each cluster

    @property
    def policy(self) -> Policy:
        return Policy(cluster=self.mgmt.cluster, namespace="gloo-mesh", name=POLICY)

    @property
    def root_pem(self) -> str:
        """The root in use, whichever a rotation has brought."""
        issuer = self.policy.read_status()["root"]["issuer"]
        return self.admin("GET", f"pki/issuer/{issuer}/pem").text.strip() + "\n"

    @property
    def both(self) -> tuple[Member, Member]:
        """The workload clusters."""
        return self.east, self.west

    def apply_policy(self, changes: dict[str, Any] | None = None) -> None:
        """Apply the one policy, whose `${cluster}` makes it everybody's, with changes by path."""
        own = {"metadata.name": POLICY, "spec.applyToMeshes": SELECTED}
        apply_sample_policy(self.mgmt.cluster, self.vault, {**own, **(changes or {})})

    def run(self, command: str, *words: str) -> CommandResult:
        """Call `roottrust` as a person who has a context for each cluster."""
        return Person(kubeconfig=self.kubeconfig, command=tuple(command.split())).run(*words)


def do_at_once(work: Callable[[Member], None], members: Iterable[Member]) -> None:
    """Do the same in several clusters; the first failure is told once all have ended."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(work, members))
