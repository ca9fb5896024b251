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
    class GuardedConnection(HTTPConnection):
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            _pass_guard(self, method, guard)
            super().request(method, url, *args, **kwargs)

    class GuardedTLSConnection(HTTPSConnection):
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            _pass_guard(self, method, guard)
            super().request(method, url, *args, **kwargs)

    class GuardedPool(HTTPConnectionPool):
        ConnectionCls = GuardedConnection

    class GuardedTLSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedTLSConnection

    return {"http": GuardedPool, "https": GuardedTLSPool}


def _pass_guard(connection: HTTPConnection, method: str, guard: Guard) -> None:
    if method in READS:
        return
    if connection.is_closed:
        connection.connect()
    guard()
