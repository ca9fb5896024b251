"""Which addresses clusters get."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from testbed.address import MOST_CLUSTERS, AddressRange, lowest_free
from testbed.errors import TestbedError


def test_a_cluster_has_its_own_part_of_each_network() -> None:
    addresses = AddressRange(77).cluster(3)
    assert addresses.host == IPv4Address("10.77.3.1")
    assert addresses.node == IPv4Address("10.77.3.2")
    assert addresses.pods == IPv4Network("10.78.3.0/24")
    assert addresses.services == IPv4Network("10.79.3.0/24")
    assert addresses.kubernetes_service == IPv4Address("10.79.3.1")
    assert addresses.dns_service == IPv4Address("10.79.3.10")


def test_no_cluster_has_the_address_of_the_host() -> None:
    range_ = AddressRange(10)
    assert range_.host == IPv4Address("10.10.0.1")
    links = {range_.cluster(index).host for index in range(1, MOST_CLUSTERS + 1)}
    assert len(links) == MOST_CLUSTERS
    assert range_.host not in links


@pytest.mark.parametrize(("taken", "free"), [([], 1), ([1, 2], 3), ([2, 3], 1), ([3, 1], 2)])
def test_the_lowest_free_number_is_taken(taken: list[int], free: int) -> None:
    assert lowest_free(taken) == free


def test_a_full_range_is_refused() -> None:
    with pytest.raises(TestbedError, match="no address is left"):
        lowest_free(range(1, MOST_CLUSTERS + 1))


@pytest.mark.parametrize("second", [-1, 254, 300])
def test_a_range_has_to_leave_room_for_three_networks(second: int) -> None:
    with pytest.raises(TestbedError, match="from 0 to 253"):
        AddressRange(second)
