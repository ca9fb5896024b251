"""Cluster DNS: service names, and the names that Vault is known by."""

import secrets
import socket
import struct
from collections.abc import Iterable
from importlib import resources
from ipaddress import IPv4Address
from string import Template

from testbed.control_plane import DOMAIN

PROBE_NAME = f"kubernetes.default.svc.{DOMAIN}"


def manifest(
    *, address: IPv4Address, image: str, vault_address: IPv4Address, vault_names: Iterable[str]
) -> str:
    """Render CoreDNS with everything it needs."""
    text = (resources.files("testbed") / "manifests/coredns.yaml").read_text()
    names = " ".join(vault_names)
    return Template(text).substitute(
        domain=DOMAIN,
        image=image,
        address=address,
        hosts=f"{vault_address} {names}" if names else "# Vault has no names",
    )


def resolves(server: IPv4Address, name: str, *, seconds: float = 0.5) -> bool:
    """Ask a DNS server for an address and tell whether it gave one."""
    number = secrets.randbelow(1 << 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(seconds)
        try:
            client.sendto(query(number, name), (str(server), 53))
            answer, _ = client.recvfrom(4096)
        except OSError:
            return False
    return has_answer(number, answer)


def query(number: int, name: str) -> bytes:
    """Encode a question for the IPv4 address of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, 1, 1)


def has_answer(number: int, answer: bytes) -> bool:
    """Tell whether this is a successful answer to that question."""
    if len(answer) < 12:
        return False
    echoed, flags, _, answers, _, _ = struct.unpack(">6H", answer[:12])
    return bool(echoed == number and flags & 0xF == 0 and answers > 0)
