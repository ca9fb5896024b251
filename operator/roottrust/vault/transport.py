"""Single blocking requests to one Vault, over hvac."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
from hvac.adapters import RawAdapter
from pydantic import SecretStr

from roottrust.domain.errors import InvalidSpecError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.http.answer import read_date, read_retry_after
from roottrust.http.guard import Guard, allow_writes
from roottrust.http.session import build_session
from roottrust.vault.connection import VaultConnection
from roottrust.vault.errors import classify_transport_failure

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class VaultResponse:
    """An answer of Vault; the body is kept out of `repr`, since it may hold secrets.

    `answered_at` is by the clock of the server, or of what stands in front of it.
    """

    status: int
    body: Mapping[str, Any] = field(repr=False)
    retry_after_seconds: float | None = None
    answered_at: datetime | None = None

    @property
    def is_success(self) -> bool:
        """Whether Vault did what was asked."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def errors(self) -> tuple[str, ...]:
        """Vault's own error lines."""
        errors = self.body.get("errors")
        return tuple(str(line) for line in errors) if isinstance(errors, list) else ()


class VaultTransport:
    """Sends requests, one a call; thread-safe, without retries and without following redirects.

    A redirect would carry the token to whatever host the answer names.
    """

    def __init__(
        self, connection: VaultConnection, *, pool_size: int, guard: Guard = allow_writes
    ) -> None:
        self._connection = connection
        self._session = build_session(
            build_ssl_context(connection), pool_size=pool_size, guard=guard
        )
        self._adapter = RawAdapter(
            base_uri=connection.endpoint.rstrip("/"),
            session=self._session,
            timeout=connection.timeout_seconds,
            allow_redirects=False,
            strict_http=True,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        token: SecretStr | None = None,
        namespace: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> VaultResponse:
        """Send one request to /v1/<path> and return Vault's answer, whatever its status.

        Raises TransientError when there is no answer, InvalidSpecError for a path that leaves its
        mount, and what the guard raises when a write may not be sent.
        """
        arguments: dict[str, Any] = {} if body is None else {"json": dict(body)}
        try:
            response = self._adapter.request(
                method,
                f"v1/{quote_path(path)}",
                headers=build_headers(token=token, namespace=namespace),
                raise_exception=False,
                **arguments,
            )
        except (requests.RequestException, ssl.SSLError, OSError) as failure:
            raise classify_transport_failure(
                failure,
                address=self._connection.address,
                timeout_seconds=self._connection.timeout_seconds,
                trust_hint=self._connection.trust_hint,
            ) from None
        return build_response(
            response.status_code,
            response.headers,
            response.content,
            address=self._connection.address,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()


def build_ssl_context(connection: VaultConnection) -> ssl.SSLContext:
    """Return whom we trust: what the configuration names alone, or else the system's trust."""
    return ssl.create_default_context(cadata=connection.ca_pem)


def build_headers(*, token: SecretStr | None, namespace: str | None) -> dict[str, str]:
    """Return what says who asks, and in which namespace; agents and proxies need the first."""
    headers = {"X-Vault-Request": "true"}
    if token is not None:
        headers["X-Vault-Token"] = token.get_secret_value()
    if namespace:
        headers["X-Vault-Namespace"] = namespace.strip("/") + "/"
    return headers


def quote_path(path: str) -> str:
    """Return the path for a URL; dot segments would be folded away and leave the mount."""
    segments = path.strip("/").split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        raise InvalidSpecError(
            f"{path!r} is not a path in Vault: it must not hold empty, '.' or '..' segments.",
            reason=Reason.INVALID_PATH,
        )
    return "/".join(quote(segment, safe="") for segment in segments)


def build_response(
    status: int, headers: Mapping[str, str], content: bytes, *, address: str
) -> VaultResponse:
    """Return an answer as we understand it; raises TransientError when it is not Vault's."""
    return VaultResponse(
        status=status,
        body=_read_body(status, headers, content, address=address),
        retry_after_seconds=read_retry_after(headers.get("Retry-After")),
        answered_at=read_date(headers.get("Date")),
    )


def _read_body(
    status: int, headers: Mapping[str, str], content: bytes, *, address: str
) -> Mapping[str, Any]:
    if not content:
        return {}
    try:
        body = json.loads(content) if headers.get("Content-Type", "").startswith(JSON) else None
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    if status < HTTPStatus.BAD_REQUEST:
        raise TransientError(
            f"{address} does not answer as Vault does: check the address.",
            reason=Reason.SERVER_ERROR,
        )
    return {}
