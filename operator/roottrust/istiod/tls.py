"""Whom a connection to istiod's port 15012 trusts."""

from __future__ import annotations

import ssl

# gRPC servers end a handshake that does not offer it.
_ALPN = "h2"


def trust_roots(pem: str) -> ssl.SSLContext:
    """Return trust in these roots alone, as lenient as that of workloads (Go, BoringSSL).

    Python's own defaults ask for a key usage, which the guide's root does not have.
    """
    context = _build()
    context.load_verify_locations(cadata=pem)
    return context


def trust_anybody() -> ssl.SSLContext:
    """Return what shows the certificates of a stranger, to whom nothing must be sent."""
    context = _build()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _build() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([_ALPN])
    return context
