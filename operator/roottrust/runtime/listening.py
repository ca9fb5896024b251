"""Listening at all addresses of a pod, which may have those of IPv6 alone."""

from __future__ import annotations

import socket


def listen_everywhere(port: int) -> socket.socket:
    """Return a socket that listens, for IPv6 as well where there is any; raises OSError."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))
