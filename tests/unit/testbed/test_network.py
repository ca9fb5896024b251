"""A cluster's link, as the commands tell it that cut it and join it again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed import network
from testbed.address import AddressRange
from testbed.command import CommandError


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


LINKS: list[dict[str, str]] = [
    {"ifname": "lo"},
    {"ifname": "tb77", "ifalias": "/srv/mine"},
    {"ifname": "tb77-1"},
    {"ifname": "tb90peer"},
]
OTHER = {"ifname": "tb90", "ifalias": "/srv/other"}


@pytest.mark.parametrize(("others", "left"), [([], "0"), ([OTHER], "1")])
def test_the_last_testbed_to_go_restores_forwarding(
    commands: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    others: list[dict[str, str]],
    left: str,
) -> None:
    def refuse(argv: Sequence[str | Path]) -> str:
        raise CommandError([str(each) for each in argv], 1, "no such rule")

    forward = tmp_path / "ip_forward"
    forward.write_text("1")
    monkeypatch.setattr(network, "_FORWARD", forward)
    monkeypatch.setattr(network, "_listed", lambda _: [*LINKS, *others])
    monkeypatch.setattr(network, "run", refuse)
    network.remove_host(AddressRange(77), forward_before="0")
    assert forward.read_text() == left
