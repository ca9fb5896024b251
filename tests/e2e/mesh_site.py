"""A mesh as we recommend it: istiod with the values of deploy/, the policy of deploy/samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from testbed import Cluster, Vault
from tests.e2e.istiod import Istiod
from tests.e2e.load import CERTIFICATE_SECONDS, Told, connect_all_the_while
from tests.e2e.operator_pod import apply_sample_policy
from tests.e2e.workload import Workload
from tests.integration.hub.policy import Policy


@dataclass(frozen=True, kw_only=True)
class MeshSite:
    """Everything that tests of one mesh look at, or do something to."""

    cluster: Cluster
    vault: Vault
    policy: Policy
    istiod: Istiod
    namespace: str  # of the workloads

    def ask_for_renewal(self) -> int:
        """Ask for another intermediate of every istiod, and return the generation's number."""
        rotation = self.policy.read()["spec"].get("rotation", {})
        generation: int = rotation.get("intermediateGeneration", 1) + 1
        changes = {"spec.rotation": {"intermediateGeneration": generation}}
        apply_sample_policy(self.cluster, self.vault, changes)
        return generation

    def renew(self, *, seconds: float = 60) -> None:
        """Ask for another one, and wait until istiod serves it."""
        self.istiod.wait_for_generation(self.ask_for_renewal(), seconds=seconds)

    @contextmanager
    def load(
        self, seconds: float, *, certificate_seconds: int = CERTIFICATE_SECONDS
    ) -> Iterator[Told]:
        """Have workloads connect anew all the while; not one connection may fail."""
        client, server = (
            Workload(cluster=self.cluster, namespace=self.namespace, name=name)
            for name in ("client", "server")
        )
        with connect_all_the_while(
            client, server, seconds, certificate_seconds=certificate_seconds
        ) as told:
            yield told
        told.assert_nobody_failed(server, seconds)
