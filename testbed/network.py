"""Namespaces, interfaces, routes and firewall rules, all named after the address range."""

import contextlib
import json
import re
import shutil
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from testbed.address import AddressRange, ClusterAddresses
from testbed.command import CommandError, run

NAMESPACES = Path("/run/netns")
_INSIDE = "eth0"
_HOST = re.compile(r"tb[0-9]+")  # as AddressRange.prefix
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def namespace_name(range_: AddressRange, cluster: str) -> str:
    """Name a cluster's network namespace."""
    return f"{range_.prefix}-{cluster}"


def ensure_host(range_: AddressRange, *, owner: Path) -> None:
    """Give the host its address and let packets pass between clusters.

    The interface carries the owner's state folder as its alias: that is how a second testbed
    notices that the range is taken.
    """
    if interface_owner(range_) is None:
        # Links of this kind are needed anyway; not every kernel has the dummy kind.
        peer = f"{range_.prefix}peer"
        run(["ip", "link", "add", range_.prefix, "type", "veth", "peer", "name", peer])
        run(["ip", "link", "set", range_.prefix, "alias", str(owner)])
    run(["ip", "addr", "replace", f"{range_.host}/32", "dev", range_.prefix])
    run(["ip", "link", "set", range_.prefix, "up"])
    _FORWARD.write_text("1")
    for rule in _rules(range_):
        try:
            run(["iptables", "-w", "-C", *rule])
        except CommandError:
            run(["iptables", "-w", "-I", *rule])


def remove_host(range_: AddressRange, *, forward_before: str | None) -> None:
    """Undo `ensure_host`, whichever part of it was done."""
    for rule in _rules(range_):
        with contextlib.suppress(CommandError):
            while True:
                run(["iptables", "-w", "-D", *rule])
    with contextlib.suppress(CommandError):
        run(["ip", "link", "del", range_.prefix])
    # The last to go restores what the first one found: the others' clusters need it until then.
    if forward_before is not None and not other_owners(range_):
        _FORWARD.write_text(forward_before)


def forwarding() -> str:
    """Tell whether the host forwards packets, to restore it later."""
    return _FORWARD.read_text().strip()


def connect_cluster(
    range_: AddressRange, name: str, index: int, addresses: ClusterAddresses
) -> None:
    """Make a cluster's namespace and a link to it; route its pods and services over the link."""
    namespace = namespace_name(range_, name)
    link = f"{range_.prefix}-{index}"
    inside = ["ip", "-n", namespace]
    run(["ip", "netns", "add", namespace])
    run(["ip", "link", "add", link, "type", "veth", "peer", "name", _INSIDE, "netns", namespace])
    run(["ip", "addr", "add", f"{addresses.host}/24", "dev", link])
    run(["ip", "link", "set", link, "up"])
    run([*inside, "addr", "add", f"{addresses.node}/24", "dev", _INSIDE])
    run([*inside, "link", "set", "lo", "up"])
    join_link(namespace, addresses)
    enter = ["nsenter", f"--net={NAMESPACES / namespace}", "--"]
    run([*enter, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
    for network in (addresses.pods, addresses.services):
        run(["ip", "route", "replace", str(network), "via", str(addresses.node), "dev", link])


def disconnect_cluster(range_: AddressRange, name: str, index: int) -> None:
    """Remove a cluster's link, with its routes, and its namespace."""
    for command in (
        ["ip", "link", "del", f"{range_.prefix}-{index}"],
        ["ip", "netns", "del", namespace_name(range_, name)],
    ):
        with contextlib.suppress(CommandError):
            run(command)


def cut_link(namespace: str) -> None:
    """Take a cluster's link down from its own side; whatever is inside goes on among itself."""
    run(["ip", "-n", namespace, "link", "set", _INSIDE, "down"])


def join_link(namespace: str, addresses: ClusterAddresses) -> None:
    """Bring it up, with the route that went with it; harmless when it is up."""
    inside = ["ip", "-n", namespace]
    run([*inside, "link", "set", _INSIDE, "up"])
    run([*inside, "route", "replace", "default", "via", str(addresses.host)])


def interface_owner(range_: AddressRange) -> str | None:
    """Say which state folder made this range's interface; None when there is none."""
    links = _listed(["ip", "-j", "link", "show"]) if shutil.which("ip") else []
    for link in links:
        if link["ifname"] == range_.prefix:
            return str(link.get("ifalias", ""))
    return None


def other_owners(range_: AddressRange) -> list[Path]:
    """List the state folders of the testbeds that this machine has beside this range's."""
    links = _listed(["ip", "-j", "link", "show"]) if shutil.which("ip") else []
    return [
        Path(link["ifalias"])
        for link in links
        if _HOST.fullmatch(link["ifname"]) and link["ifname"] != range_.prefix and "ifalias" in link
    ]


def leftover_namespaces(range_: AddressRange) -> list[str]:
    """List the namespaces of this range, whether or not a record knows them."""
    if not NAMESPACES.is_dir():
        return []
    return sorted(path.name for path in NAMESPACES.glob(f"{range_.prefix}-*"))


def foreign_routes(range_: AddressRange) -> list[tuple[IPv4Network, str]]:
    """List the host's routes into this range that belong to somebody else, with their device."""
    routes = []
    for route in _listed(["ip", "-j", "-4", "route", "show", "table", "all"]):
        device = route.get("dev", "")
        if route["dst"] == "default" or device.split("-")[0] == range_.prefix:
            continue
        network = IPv4Network(route["dst"], strict=False)
        if any(network.overlaps(own) for own in range_.networks) and network.prefixlen > 8:
            routes.append((network, device))
    return routes


def _listed(command: list[str]) -> list[dict[str, Any]]:
    output = run(command).strip()
    items: list[dict[str, Any]] = json.loads(output) if output else []
    return items


def _rules(range_: AddressRange) -> list[list[str]]:
    """Accept what comes from and goes to clusters, also where the host's policy is to drop."""
    pattern = f"{range_.prefix}-+"
    mark = ["-m", "comment", "--comment", f"testbed {range_.prefix}", "-j", "ACCEPT"]
    return [
        ["FORWARD", "-i", pattern, *mark],
        ["FORWARD", "-o", pattern, *mark],
        ["INPUT", "-i", pattern, *mark],
    ]
