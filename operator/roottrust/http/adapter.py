"""Blocking connections: whom they trust, and the guard that each write has to pass."""

from __future__ import annotations

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from roottrust.http.guard import READS, Guard


class GuardedAdapter(HTTPAdapter):
    """Verifies against the given trust only: requests would add its own CA bundle to it."""

    def __init__(self, context: ssl.SSLContext, *, guard: Guard, pool_size: int) -> None:
        self._context = context
        self._pools = _build_pools(guard)
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=0, pool_block=True)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
        **pool_kwargs: Any,
    ) -> None:
        """Have direct connections made by our pools."""
        super().init_poolmanager(
            connections, maxsize, block=block, ssl_context=self._context, **pool_kwargs
        )
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Have connections over a proxy made by our pools."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave everything to the context."""


def _build_pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    class GuardedConnection(_Guarded, HTTPConnection):
        ask = staticmethod(guard)

    class GuardedTLSConnection(_Guarded, HTTPSConnection):
        ask = staticmethod(guard)

    class GuardedPool(HTTPConnectionPool):
        ConnectionCls = GuardedConnection

    class GuardedTLSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedTLSConnection

    return {"http": GuardedPool, "https": GuardedTLSPool}


class _Guarded(HTTPConnection):
    """Asks before the head of a write and again before its body, which is sent by itself."""

    ask: Guard
    _writes = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        writes = method not in READS
        if writes and self.is_closed:
            self.connect()
        self._writes = writes
        try:
            super().request(method, url, *args, **kwargs)
        finally:
            self._writes = False

    def send(self, data: Any) -> None:
        if self._writes:
            self.ask()
        super().send(data)
