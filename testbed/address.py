"""Which addresses the host, each cluster and each Vault have."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from testbed.errors import TestbedError

MOST_CLUSTERS = 254


@dataclass(frozen=True)
class ClusterAddresses:
    """The addresses of one cluster; no two clusters share any, so their pods can talk."""

    host: IPv4Address
    node: IPv4Address
    pods: IPv4Network
    services: IPv4Network

    @property
    def kubernetes_service(self) -> IPv4Address:
        """Where `kubernetes.default` answers: Kubernetes takes the first service address."""
        return self.services[1]

    @property
    def dns_service(self) -> IPv4Address:
        """Where the cluster's DNS answers."""
        return self.services[10]


@dataclass(frozen=True)
class AddressRange:
    """Three neighbouring /16 networks, named by the second number of the first.

    With 77: 10.77.0.1 is the host as every pod sees it, 10.77.I.0/24 links cluster I,
    10.78.I.0/24 are its pods, 10.79.I.0/24 its services.
    """

    second: int = 77

    def __post_init__(self) -> None:
        if not 0 <= self.second <= 253:
            raise TestbedError(f"A range is a number from 0 to 253, and {self.second} is not.")

    @property
    def prefix(self) -> str:
        """Begin the name of every interface and namespace of this range with this."""
        return f"tb{self.second}"

    @property
    def host(self) -> IPv4Address:
        """The host's address that the pods of all clusters reach: Vault listens here."""
        return self.networks[0][1]

    @property
    def networks(self) -> tuple[IPv4Network, IPv4Network, IPv4Network]:
        """Links, pods and services of all clusters."""
        first, second, third = (
            IPv4Network(f"10.{self.second + offset}.0.0/16") for offset in range(3)
        )
        return first, second, third

    def cluster(self, index: int) -> ClusterAddresses:
        """Give cluster number `index` its own part of each network."""
        links, pods, services = (
            IPv4Network((int(network.network_address) + (index << 8), 24))
            for network in self.networks
        )
        return ClusterAddresses(host=links[1], node=links[2], pods=pods, services=services)


def lowest_free(taken: Iterable[int]) -> int:
    """Choose the lowest cluster number that nobody has, so that addresses are predictable."""
    used = set(taken)
    for index in range(1, MOST_CLUSTERS + 1):
        if index not in used:
            return index
    raise TestbedError(f"There are {MOST_CLUSTERS} clusters already, and no address is left.")
