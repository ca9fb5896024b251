"""What has to hold before anything is started; each refusal is one sentence."""

import os
import platform
import shutil
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from testbed import network
from testbed.address import AddressRange
from testbed.errors import TestbedError

GIB = 1 << 30
_SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True)
class Needs:
    """How much of the machine a run wants."""

    memory: int
    state_disk: int
    cache_disk: int

    @classmethod
    def of(cls, *, clusters: int, nodes: bool, vaults: int, builds: bool) -> "Needs":
        """Estimate: a cluster takes about 0.6 GB with a node, and building takes the most."""
        each = GIB if nodes else GIB // 2
        return cls(
            memory=clusters * each + vaults * GIB // 4 + (2 * GIB if builds else 0),
            state_disk=clusters * GIB + vaults * GIB // 4,
            cache_disk=8 * GIB if builds else GIB // 4,
        )


def check_machine(system: str | None = None, user: int | None = None) -> None:
    """Refuse machines and users that can hold no network namespaces."""
    system = system or platform.system()
    if system != "Linux":
        raise TestbedError(f"The testbed needs Linux, and this is {system}.")
    if (os.geteuid() if user is None else user) != 0:
        raise TestbedError("The testbed needs root, because it makes network namespaces.")


def check_memory(wanted: int, meminfo: Path = Path("/proc/meminfo")) -> None:
    """Refuse to start what the machine's free memory cannot hold."""
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024
            if available < wanted:
                raise TestbedError(
                    f"Too little memory: {_gib(wanted)} needed, {_gib(available)} available."
                )


def check_disk(folder: Path, wanted: int, free: int | None = None) -> None:
    """Refuse to start what the folder's disk cannot hold."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    available = shutil.disk_usage(existing).free if free is None else free
    if available < wanted:
        raise TestbedError(
            f"Too little disk for {folder}: {_gib(wanted)} needed, {_gib(available)} free."
        )


def check_disks(state: Path, cache: Path, needs: Needs) -> None:
    """Refuse when state and cache do not fit, also when both are on one disk."""
    check_disk(state, needs.state_disk)
    check_disk(cache, needs.cache_disk)
    existing = [next(p for p in (f, *f.parents) if p.exists()) for f in (state, cache)]
    if existing[0].stat().st_dev == existing[1].stat().st_dev:
        check_disk(state, needs.state_disk + needs.cache_disk)


def check_state_path(state: Path, names: Iterable[str]) -> None:
    """Refuse folders whose sockets would have longer paths than Linux allows."""
    for name in names:
        longest = state / "clusters" / name / "containerd.sock.ttrpc"
        if len(str(longest)) > _SOCKET_PATH_LIMIT:
            raise TestbedError(f"The path {state} is too long for the sockets below it.")


def check_range(range_: AddressRange, *, owner: Path) -> None:
    """Refuse a range that another testbed, or anything else, already uses."""
    other = network.interface_owner(range_)
    if other is not None and other != str(owner):
        raise TestbedError(
            f"The range {range_.networks[0]} is in use by the testbed in {other or 'nowhere'}; "
            "choose another with TESTBED_RANGE."
        )
    for route, device in network.foreign_routes(range_):
        raise TestbedError(
            f"The range {route} is already in use on this machine, by {device or 'a route'}; "
            "choose another with TESTBED_RANGE."
        )


def check_port(address: IPv4Address, port: int) -> None:
    """Refuse a port that something else listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # The address may not exist yet: binding must fail for the port only.
        probe.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        try:
            probe.bind((str(address), port))
        except OSError:
            raise TestbedError(f"Port {port} of {address} is already in use.") from None


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


_IP_FREEBIND = 15
