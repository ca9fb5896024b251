"""A cluster's link, as the commands tell it that cut it and join it again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed import network
from testbed.address import AddressRange


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been run."""
    found: list[str] = []

    def note(argv: Sequence[str | Path]) -> str:
        found.append(" ".join(map(str, argv)))
        return ""

    monkeypatch.setattr(network, "run", note)
    return found


def test_a_link_is_cut_inside_the_cluster_alone(commands: list[str]) -> None:
    network.cut_link("tb77-c1")
    assert commands == ["ip -n tb77-c1 link set eth0 down"]


def test_joined_again_it_has_the_route_that_went_with_it(commands: list[str]) -> None:
    network.join_link("tb77-c1", AddressRange(77).cluster(3))
    assert commands == [
        "ip -n tb77-c1 link set eth0 up",
        "ip -n tb77-c1 route replace default via 10.77.3.1",
    ]
