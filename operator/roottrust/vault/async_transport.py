"""Single requests to one Vault in the event loop, over aiohttp.

A hub sends thousands of them: by threads and hvac each takes six times the processor's time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import SecretStr
from requests.utils import get_environ_proxies, select_proxy
from yarl import URL

from roottrust.http.guard import Guard, allow_writes
from roottrust.http.guarded_request import build_request_class
from roottrust.http.guarded_tls import guard_tls
from roottrust.vault.connection import VaultConnection
from roottrust.vault.errors import classify_transport_failure
from roottrust.vault.transport import (
    JSON,
    VaultResponse,
    build_headers,
    build_response,
    build_ssl_context,
    quote_path,
)

# RFC 7396, the only form of a PATCH that Vault takes.
_MERGE_PATCH = "application/merge-patch+json"


class AsyncVaultTransport:
    """What VaultTransport does, for one event loop: no retries, and no redirects are followed.

    A request that is cancelled closes its connection: Vault may have done what was asked or not.
    """

    def __init__(
        self, connection: VaultConnection, *, pool_size: int, guard: Guard = allow_writes
    ) -> None:
        self._connection = connection
        self._base = connection.endpoint.rstrip("/")
        self._pool_size = pool_size
        self._guard = guard
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: SecretStr | None = None,
        namespace: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> VaultResponse:
        """Send one request to /v1/<path> and return Vault's answer, whatever its status.

        Raises what VaultTransport raises.
        """
        # Proxies need not let LIST pass.
        is_list = method == "LIST"
        url = f"{self._base}/v1/{quote_path(path)}{'?list=true' if is_list else ''}"
        headers = build_headers(token=token, namespace=namespace)
        try:
            async with self._open().request(
                "GET" if is_list else method,
                URL(url, encoded=True),
                headers=headers if body is None else {**headers, **_describe_body(method)},
                data=None if body is None else json.dumps(dict(body)).encode(),
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError) as failure:
            raise classify_transport_failure(
                failure,
                address=self._connection.address,
                timeout_seconds=self._connection.timeout_seconds,
                trust_hint=self._connection.trust_hint,
            ) from None
        return build_response(
            answer.status, answer.headers, content, address=self._connection.address
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; aiohttp wants it to be made in the loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._pool_size, ssl=guard_tls(build_ssl_context(self._connection))
                ),
                timeout=aiohttp.ClientTimeout(total=self._connection.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=select_proxy(self._base, get_environ_proxies(self._base)),
                request_class=build_request_class(self._guard),
                # It would send credentials of ~/.netrc, too.
                trust_env=False,
            )
        return self._session


def _describe_body(method: str) -> dict[str, str]:
    return {"Content-Type": _MERGE_PATCH if method == "PATCH" else JSON}
