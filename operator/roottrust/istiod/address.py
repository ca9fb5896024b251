"""Where an istiod is reached, which may be another place than its certificate is for."""

from __future__ import annotations

from dataclasses import dataclass

PORT = 15012


@dataclass(frozen=True, kw_only=True)
class IstiodAddress:
    """Host and port to connect to, and the DNS name that TLS has to prove."""

    host: str
    port: int = PORT
    server_name: str
