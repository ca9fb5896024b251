"""Requests to one Vault with our token: a bounded number, one retry after a refusal, timed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr

from roottrust.domain.errors import RootTrustError
from roottrust.http.guard import Guard, allow_writes
from roottrust.vault.async_transport import AsyncVaultTransport
from roottrust.vault.connection import VaultConnection
from roottrust.vault.errors import CREATE_OR_UPDATE, classify_status, is_denied
from roottrust.vault.login import Login, VaultToken
from roottrust.vault.namespace import NamespaceCheck, check_namespace
from roottrust.vault.own_call import judge_own_call
from roottrust.vault.renewal import TokenRenewal
from roottrust.vault.retry_after import RetryAfter
from roottrust.vault.tokens import OnLogin, TokenKeeper
from roottrust.vault.transport import VaultResponse, VaultTransport

REVOKE_SECONDS = 5.0

_CAPABILITIES = {
    "GET": "read",
    "LIST": "list",
    "POST": CREATE_OR_UPDATE,
    "PATCH": "patch",
    "DELETE": "delete",
}

_Result = TypeVar("_Result")


class Send(Protocol):
    """Sends one request, which is known but for its token."""

    def __call__(self, *, token: SecretStr) -> Awaitable[VaultResponse]:
        """Send it."""


class OnRequest(Protocol):
    """Told of every request: `status` is HTTP's number, or the reason why there was no answer."""

    def __call__(self, *, method: str, path_class: str, status: str, seconds: float) -> None:
        """Count one request."""


def ignore_request(*, method: str, path_class: str, status: str, seconds: float) -> None:
    """Count nothing."""


def ignore_login(*, method: str, result: str) -> None:
    """Count nothing."""


def classify_path(path: str) -> str:
    """Return a word for a path that has few values, for metrics."""
    head, _, rest = path.strip("/").partition("/")
    if head == "sys":
        return f"sys/{rest.partition('/')[0]}"
    if head == "auth":
        return "auth/token" if rest.startswith("token/") else "auth"
    return "secrets-engine"


class VaultSession:
    """One Vault, one pool of connections, one token.

    Logins block, and are few: they have a thread and a connection of their own.
    """

    def __init__(
        self,
        *,
        connection: VaultConnection,
        login: Login,
        concurrency: int = 8,
        on_request: OnRequest = ignore_request,
        on_login: OnLogin = ignore_login,
        guard: Guard = allow_writes,
        login_guard: Guard | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.connection = connection
        self.waits = RetryAfter()
        self._on_request = on_request
        self._transport = AsyncVaultTransport(connection, pool_size=concurrency, guard=guard)
        self._login_transport = VaultTransport(connection, pool_size=1, guard=login_guard or guard)
        self._login_thread = ThreadPoolExecutor(1, thread_name_prefix="vault-login")
        # Waiting here instead of for a connection: only an answer's time is limited.
        self._slots = asyncio.Semaphore(concurrency)
        self._tokens = TokenKeeper(
            login=login, call=self._call, run=self._run, now=now, on_login=on_login
        )
        self._renewal = TokenRenewal(self._tokens, now=now)
        self._namespaces = NamespaceCheck(self._ask_health, address=connection.address)

    @property
    def own_policies(self) -> frozenset[str]:
        """The Vault policies that our token carries, none before the first login."""
        token = self._tokens.token
        return token.policies if token else frozenset()

    async def log_in(self) -> None:
        """See to it that there is a token; raises one of the product's errors."""
        await self._tokens.get()
        self._renewal.start()

    async def send(
        self,
        method: str,
        path: str,
        *,
        namespace: str | None,
        body: Mapping[str, Any] | None = None,
    ) -> VaultResponse:
        """Send with our token; after a refusal log in again, once.

        Returns Vault's answer if it is a success or a 404, else raises one of the product's errors.
        """
        if namespace:
            await self._namespaces.require(namespace)
        token = await self._tokens.get()
        self._renewal.start()
        send = partial(self._send, method, path, namespace=namespace, body=body)
        response = await send(token=token.token)
        if is_denied(response.status):
            response = await self._repeat(send, token) or response
        check_namespace(response, namespace=namespace, address=self.connection.address)
        return response

    async def _repeat(self, send: Send, refused: VaultToken) -> VaultResponse | None:
        """Send once more if there is another token than the refused one, else return None."""
        fresh = await self._tokens.replace(refused)
        if fresh is None:
            return None
        response = await send(token=fresh.token.token)
        if fresh.is_new and not is_denied(response.status):
            self._tokens.note_help()
        return response

    async def send_without_token(self, method: str, path: str) -> VaultResponse:
        """Send to a path that needs no token, without a namespace."""
        return await self._send(method, path)

    def explain(self, response: VaultResponse, *, method: str, path: str) -> RootTrustError:
        """Return the error that an unsuccessful answer means."""
        return classify_status(
            response.status,
            errors=response.errors,
            retry_after_seconds=response.retry_after_seconds,
            address=self.connection.address,
            path=path,
            capability=_CAPABILITIES[method],
        )

    async def close(self) -> None:
        """Revoke a token that we got by logging in (bounded in time), and close everything."""
        await self._renewal.stop()
        try:
            with contextlib.suppress(TimeoutError):  # then it ends by itself
                async with asyncio.timeout(REVOKE_SECONDS):
                    await self._tokens.give_up()
        finally:
            self._login_thread.shutdown(wait=False, cancel_futures=True)
            self._login_transport.close()
            await self._transport.close()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        token: SecretStr | None = None,
        namespace: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> VaultResponse:
        async with self._slots:
            with self._count(method, path) as note:
                return note(
                    await self._transport.send(
                        method, path, token=token, namespace=namespace, body=body
                    )
                )

    async def _ask_health(self, namespace: str) -> VaultResponse:
        return await self._send("GET", "sys/health", namespace=namespace)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._login_thread, work)

    def _call(
        self,
        method: str,
        path: str,
        *,
        token: SecretStr | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Send a login's own request: in the namespace of the login, never logging in again."""
        namespace = self.connection.namespace
        with self._count(method, path) as note:
            response = note(
                self._login_transport.send(
                    method, path, token=token, namespace=namespace, body=body
                )
            )
        if response.is_success:
            return response.body
        raise judge_own_call(
            self.explain(response, method=method, path=path),
            errors=response.errors,
            address=self.connection.address,
            namespace=namespace,
            path=path,
            capability=_CAPABILITIES[method],
        )

    @contextlib.contextmanager
    def _count(self, method: str, path: str) -> Iterator[Callable[[VaultResponse], VaultResponse]]:
        """Tell of the request that is sent inside; what this gives takes note of the answer."""
        started_at = time.monotonic()
        status = "bug"

        def note(response: VaultResponse) -> VaultResponse:
            nonlocal status
            status = str(response.status)
            return response

        try:
            yield note
        except RootTrustError as error:
            status = error.reason
            raise
        except asyncio.CancelledError:
            status = "cancelled"
            raise
        finally:
            self._on_request(
                method=method,
                path_class=classify_path(path),
                status=status,
                seconds=time.monotonic() - started_at,
            )
