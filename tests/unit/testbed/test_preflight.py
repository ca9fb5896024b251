"""Every refusal is one clear sentence."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from testbed import network, preflight
from testbed.address import AddressRange
from testbed.errors import TestbedError
from testbed.preflight import GIB, Needs

RANGE = AddressRange(77)
STATE = Path("/var/lib/testbed")


def refusal(error: pytest.ExceptionInfo[TestbedError]) -> str:
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_another_system_is_refused() -> None:
    with pytest.raises(TestbedError) as error:
        preflight.check_machine(system="Darwin", user=0)
    assert refusal(error) == "The testbed needs Linux, and this is Darwin."


def test_another_user_is_refused() -> None:
    with pytest.raises(TestbedError) as error:
        preflight.check_machine(system="Linux", user=1000)
    assert refusal(error) == "The testbed needs root, because it makes network namespaces."


def test_root_on_linux_passes() -> None:
    preflight.check_machine(system="Linux", user=0)


def test_too_little_memory_is_refused(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 8000000 kB\nMemAvailable: 1048576 kB\n")
    preflight.check_memory(GIB, meminfo)
    with pytest.raises(TestbedError) as error:
        preflight.check_memory(2 * GIB, meminfo)
    assert refusal(error) == "Too little memory: 2.0 GiB needed, 1.0 GiB available."


def test_too_little_disk_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "not/yet/there"
    preflight.check_disk(folder, GIB, free=GIB)
    with pytest.raises(TestbedError) as error:
        preflight.check_disk(folder, 8 * GIB, free=GIB)
    assert refusal(error) == f"Too little disk for {folder}: 8.0 GiB needed, 1.0 GiB free."


def test_building_needs_the_most() -> None:
    warm = Needs.of(clusters=1, nodes=True, vaults=1, builds=False)
    cold = Needs.of(clusters=1, nodes=True, vaults=1, builds=True)
    bare = Needs.of(clusters=1, nodes=False, vaults=1, builds=False)
    assert cold.cache_disk == 8 * GIB
    assert bare.memory < warm.memory < cold.memory
    assert Needs.of(clusters=3, nodes=True, vaults=0, builds=False).memory == 3 * GIB


def test_a_state_folder_too_deep_for_sockets_is_refused() -> None:
    preflight.check_state_path(STATE, ["c1"])
    with pytest.raises(TestbedError) as error:
        preflight.check_state_path(Path("/" + "x" * 90), ["c1"])
    assert "too long for the sockets" in refusal(error)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A server's socket that does not listen yet: while it is there, nobody is given its port."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        yield server


def test_a_port_in_use_is_refused(server: socket.socket) -> None:
    port = server.getsockname()[1]
    preflight.check_port(IPv4Address("127.0.0.1"), port)
    server.listen()
    with pytest.raises(TestbedError) as error:
        preflight.check_port(IPv4Address("127.0.0.1"), port)
    assert refusal(error) == f"Port {port} of 127.0.0.1 is already in use."


def test_a_port_of_an_address_that_does_not_exist_yet_is_free(server: socket.socket) -> None:
    # The address is never anybody's (RFC 5737), but who listens at all addresses has its port, too.
    preflight.check_port(IPv4Address("192.0.2.1"), server.getsockname()[1])


def test_a_port_in_use_at_all_addresses_is_refused(server: socket.socket) -> None:
    port = server.getsockname()[1]
    with socket.socket() as everywhere:
        everywhere.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        everywhere.bind(("0.0.0.0", port))  # noqa: S104 - that is the case
        everywhere.listen()
        with pytest.raises(TestbedError, match="already in use"):
            preflight.check_port(IPv4Address("192.0.2.1"), port)


def test_a_range_of_another_testbed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "interface_owner", lambda _: "/srv/other")
    with pytest.raises(TestbedError) as error:
        preflight.check_range(RANGE, owner=STATE)
    assert refusal(error).startswith(
        "The range 10.77.0.0/16 is in use by the testbed in /srv/other"
    )


def test_a_range_with_a_foreign_route_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "interface_owner", lambda _: str(STATE))
    routes = [
        {"dst": "default", "dev": "eth0"},
        {"dst": "10.0.0.0/8", "dev": "vpn0"},
        {"dst": "10.77.1.0/24", "dev": "tb77-1"},
        {"type": "local", "dst": "10.77.0.1", "dev": "tb77"},
        {"dst": "10.80.0.0/16", "dev": "eth1"},
    ]
    monkeypatch.setattr(network, "_listed", lambda _: routes)
    preflight.check_range(RANGE, owner=STATE)
    routes.append({"dst": "10.78.3.0/24", "dev": "docker0"})
    assert network.foreign_routes(RANGE) == [(IPv4Network("10.78.3.0/24"), "docker0")]
    with pytest.raises(TestbedError) as error:
        preflight.check_range(RANGE, owner=STATE)
    assert "10.78.3.0/24 is already in use on this machine, by docker0" in refusal(error)
