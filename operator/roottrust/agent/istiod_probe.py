"""Whether istiod serves an intermediate: its own certificate on port 15012 is signed by it.

istiod tells nobody that it has refused a CA folder, and expiry metrics cannot tell two apart.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum


class Serving(StrEnum):
    """What istiod serves."""

    THIS = "This"
    ANOTHER = "Another"
    NOTHING = "Nothing"


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What was found; `detail` is the end of a sentence for people."""

    serving: Serving
    detail: str = ""


def probe_istiod(
    host: str, port: int, *, name: str, intermediate: str, trust_bundle: str, timeout_seconds: float
) -> ProbeResult:
    """Ask istiod for its chain; texts are PEM, `name` is the one in its certificate.

    Two handshakes: one trusts the intermediate and nothing else, so that the leaf must be signed by
    its very key; the other trusts the roots alone, so that the rest of the chain must be served.
    """
    partial = _build_context(intermediate)
    partial.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for context, missing in (
        (partial, "its certificate is not signed by this intermediate"),
        (_build_context(trust_bundle), "its chain does not lead to the pinned root"),
    ):
        try:
            _shake_hands(host, port, name=name, context=context, timeout_seconds=timeout_seconds)
        except ssl.SSLCertVerificationError as refusal:
            detail = f"{missing} ({refusal.verify_message})"
            return ProbeResult(serving=Serving.ANOTHER, detail=detail)
        except OSError as failure:
            return ProbeResult(serving=Serving.NOTHING, detail=_describe(failure))
    return ProbeResult(serving=Serving.THIS)


def _build_context(trusted: str) -> ssl.SSLContext:
    # Not the default one, whose strictness since Python 3.13 refuses roots that istiod takes.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=trusted)
    return context


def _shake_hands(
    host: str, port: int, *, name: str, context: ssl.SSLContext, timeout_seconds: float
) -> None:
    with (
        socket.create_connection((host, port), timeout=timeout_seconds) as connection,
        context.wrap_socket(connection, server_hostname=name),
    ):
        pass


def _describe(failure: OSError) -> str:
    if isinstance(failure, ConnectionRefusedError):
        return "it does not listen"
    if isinstance(failure, TimeoutError):
        return "it does not answer"
    return f"the connection failed ({type(failure).__name__})"
