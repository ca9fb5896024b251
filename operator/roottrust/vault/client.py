"""Talking to one Vault: read, list, write, delete, health.

Failures are the classes of `roottrust.domain.errors`, and nothing is retried here but one login:
retries belong to the work queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.http.guard import Guard, allow_writes
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import Login
from roottrust.vault.session import (
    OnRequest,
    VaultSession,
    ignore_login,
    ignore_request,
)
from roottrust.vault.tokens import OnLogin

_DR_SECONDARY = 472


@dataclass(frozen=True, kw_only=True)
class VaultHealth:
    """What sys/health says of the node that answered; `answered_at` is by its clock."""

    initialized: bool
    sealed: bool
    version: str
    dr_secondary: bool = False
    answered_at: datetime | None = None


class VaultClient:
    """One Vault, seen from one namespace; paths are as in `vault read <path>`, without /v1."""

    def __init__(self, session: VaultSession, *, namespace: str | None) -> None:
        self._session = session
        self._namespace = namespace or None

    @classmethod
    def connect(
        cls,
        *,
        connection: VaultConnection,
        login: Login,
        concurrency: int = 8,
        on_request: OnRequest = ignore_request,
        on_login: OnLogin = ignore_login,
        guard: Guard = allow_writes,
        login_guard: Guard | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> VaultClient:
        """Return a client with threads, connections and token of its own; nothing is sent yet.

        `guard` is asked before everything but a read; `login_guard`, by default the same, before
        what the client's own login sends (logging in, renewing and revoking the token).
        """
        session = VaultSession(
            connection=connection,
            login=login,
            concurrency=concurrency,
            on_request=on_request,
            on_login=on_login,
            guard=guard,
            login_guard=login_guard,
            now=now,
        )
        return cls(session, namespace=connection.namespace)

    @property
    def connection(self) -> VaultConnection:
        """Where this Vault is."""
        return self._session.connection

    @property
    def namespace(self) -> str | None:
        """The Vault namespace that paths are relative to."""
        return self._namespace

    def in_namespace(self, namespace: str | None) -> VaultClient:
        """Return the same Vault, token and threads, seen from another namespace."""
        return VaultClient(self._session, namespace=namespace)

    @property
    def own_policies(self) -> frozenset[str]:
        """The Vault policies of the token of this moment, in lower case."""
        return self._session.own_policies

    async def log_in(self) -> None:
        """See to it that there is a token, of which Vault tells what it carries."""
        await self._session.log_in()

    async def read(self, path: str) -> dict[str, Any] | None:
        """Return the data at a path, None if there is none (404)."""
        return await self._send("GET", path, absent_is_none=True)

    async def list(self, path: str) -> tuple[str, ...]:
        """Return the names under a path, none if there is no such path (404)."""
        data = await self._send("LIST", path, absent_is_none=True)
        keys = data.get("keys") if data else None
        return tuple(str(key) for key in keys) if isinstance(keys, list) else ()

    async def write(self, path: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """Write to a path and return the data of the answer, if there is one.

        Raises ConflictError when the name is already in use, DependencyMissingError when Vault
        rejects the request.
        """
        return await self._send("POST", path, body=data, absent_is_none=False)

    async def patch(self, path: str, data: Mapping[str, Any]) -> None:
        """Change these fields of what is at a path, and no others; raises what `write` raises."""
        await self._send("PATCH", path, body=data, absent_is_none=False)

    async def delete(self, path: str) -> None:
        """Delete what is at a path; Vault answers as well when nothing is there."""
        await self._send("DELETE", path, absent_is_none=True)

    async def health(self) -> VaultHealth:
        """Return the state of the node, whatever it is; raises only when it cannot be reached."""
        response = await self._session.send_without_token("GET", "sys/health")
        body = response.body
        if "sealed" not in body:
            raise self._session.explain(response, method="GET", path="sys/health")
        return VaultHealth(
            initialized=bool(body.get("initialized")),
            sealed=bool(body.get("sealed")),
            version=str(body.get("version", "")),
            dr_secondary=response.status == _DR_SECONDARY,
            answered_at=response.answered_at,
        )

    async def probe(self) -> None:
        """Raise TransientError unless this Vault can serve requests.

        A standby can: it forwards them, and one that does not is told by its redirects.
        """
        health = await self.health()
        address = self.connection.address
        if not health.initialized:
            raise TransientError(
                f"Vault {address} is not initialized: initialize it.",
                reason=Reason.NOT_INITIALIZED,
            )
        if health.sealed:
            raise TransientError(f"Vault {address} is sealed: unseal it.", reason=Reason.SEALED)
        if health.dr_secondary:
            raise TransientError(
                f"Vault {address} is a disaster recovery secondary: configure the primary.",
                reason=Reason.STANDBY,
            )

    async def close(self) -> None:
        """Revoke our own token and close the connections, for every namespace of this Vault."""
        await self._session.close()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        absent_is_none: bool,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        place = f"{self._namespace or ''}:{path}"
        self._session.waits.check(place)
        response = await self._session.send(method, path, namespace=self._namespace, body=body)
        if response.is_success:
            data = response.body.get("data")
            return data if isinstance(data, dict) else None
        if response.status == HTTPStatus.NOT_FOUND and absent_is_none:
            return None
        error = self._session.explain(response, method=method, path=self._get_full_path(path))
        self._session.waits.note(place, error)
        raise error

    def _get_full_path(self, path: str) -> str:
        """Return a path as a policy of our token has to name it: from where the token is."""
        own = self.connection.namespace
        below = (self._namespace or "").removeprefix(f"{own}/" if own else "")
        return path if below in {"", own} else f"{below}/{path}"
