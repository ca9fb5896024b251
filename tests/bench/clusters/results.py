"""What the benchmark finds out about so many registered clusters."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench.floor import Floor

# A look at one cluster reads the auth method's config, the role and the Vault policy.
READS_OF_ONE = 3


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """Seconds of processors, by whose they were."""

    operator: float
    vault: float
    kubernetes: float
    proxy: float

    def __sub__(self, before: Cpu) -> Cpu:
        return Cpu(
            operator=self.operator - before.operator,
            vault=self.vault - before.vault,
            kubernetes=self.kubernetes - before.kubernetes,
            proxy=self.proxy - before.proxy,
        )


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What something took of the hub and of those that it talks to; reviews are of rights.

    Reconciles are of policies and of mirrors.
    """

    cpu: Cpu
    vault_requests: int
    vault_reads_of_clusters: int
    vault_writes: int
    kubernetes_writes: int
    reconciles: int
    cluster_reads: int
    cluster_reviews: int
    cluster_writes: int

    @property
    def writes(self) -> int:
        """All that changed something, those into clusters told by both ends."""
        return self.vault_writes + self.kubernetes_writes + self.cluster_writes

    def count_looks(self, clusters: int) -> float:
        """Return how often each cluster was looked at in Vault."""
        return self.vault_reads_of_clusters / (READS_OF_ONE * clusters)


@dataclass(frozen=True, kw_only=True)
class Issuance:
    """From one policy to VaultConfigured and an IssuedCertificate in each cluster."""

    seconds: float
    costs: Costs
    floor: Floor

    @property
    def ratio(self) -> float:
        """How many times the floor it took."""
        return self.seconds / self.floor.seconds


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """From the same moment to Ready; the agents that the bench plays took some of it."""

    seconds: float
    agents_seconds: float
    costs: Costs


@dataclass(frozen=True, kw_only=True)
class Idle:
    """A minute in which nothing happens."""

    costs: Costs
    memory_mb: float
    connections: int


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Another process, until it knows all clusters and has looked at the policy."""

    connected_seconds: float
    seconds: float
    costs: Costs


@dataclass(frozen=True, kw_only=True)
class Outage:
    """From one policy to an IssuedCertificate in each live cluster while a tenth is dead."""

    live: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ClusterMeasurement:
    """Everything about so many clusters; `meshes_told` is what the policy's status has of them."""

    count: int
    issuance: Issuance
    readiness: Readiness
    idle: Idle
    restart: Restart
    outage: Outage
    meshes_told: int
