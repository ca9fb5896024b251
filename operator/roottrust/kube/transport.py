"""Single requests to one Kubernetes API server, over kubernetes.aio."""

from __future__ import annotations

import asyncio
import copy
import ssl
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from kubernetes.aio.client import ApiClient

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.http.answer import parse_object, read_retry_after
from roottrust.http.guard import Guard, allow_writes
from roottrust.http.guarded_request import build_request_class
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import classify_status, classify_transport_failure
from roottrust.kube.media_type import JSON

USER_AGENT = "roottrust-operator"
CONNECT_SECONDS = 10.0

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class KubeTransport:
    """A bounded number of requests at once; without retries and without following redirects."""

    def __init__(
        self,
        access: KubeAccess,
        *,
        concurrency: int,
        timeout_seconds: float,
        guard: Guard = allow_writes,
    ) -> None:
        self._access = access
        configuration = copy.copy(access.configuration)
        configuration.connection_pool_maxsize = concurrency
        configuration.client_session_kwargs = {
            # kopf does not look at proxies and ~/.netrc either; a proxy belongs in kubeconfig.
            "trust_env": False,
            "request_class": build_request_class(guard),
        }
        self._api = ApiClient(configuration)
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=CONNECT_SECONDS)
        self._slots = asyncio.Semaphore(concurrency)

    async def send(
        self,
        method: str,
        path: str,
        *,
        verb: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> dict[str, Any] | None:
        """Send one request and return the object of the answer, None for a 404 on it.

        Raises one of the product's errors for anything but a success and "there is no such object",
        and what the guard raises when a write may not be sent.
        """
        headers = {
            "Accept": accept,
            "Content-Type": content_type,
            "User-Agent": USER_AGENT,
            **await self._access.build_headers(),
        }
        url = self._access.server + quote(path) + (f"?{urlencode(query)}" if query else "")
        async with self._slots:
            status, data, answer_headers = await self._exchange(method, url, headers, body)
        answer = parse_object(data)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return self._require_object(answer)
        if status == HTTPStatus.NOT_FOUND and _is_missing_object(answer, path=path):
            return None
        raise classify_status(
            status,
            message=str(answer.get("message", "")),
            retry_after_seconds=read_retry_after(answer_headers.get("Retry-After")),
            verb=verb,
            path=path,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: Body | None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            response = await self._api.call_api(
                method, url, header_params=headers, body=body, _request_timeout=self._timeout
            )
            return response.status, await response.read(), response.headers
        except (aiohttp.ClientError, ssl.SSLError, OSError) as failure:
            raise classify_transport_failure(failure, server=self._access.server) from None

    def _require_object(self, answer: dict[str, Any]) -> dict[str, Any]:
        if not answer:
            raise TransientError(
                f"{self._access.server} does not answer as an API server does.",
                reason=Reason.API_UNREACHABLE,
            )
        return answer


def _is_missing_object(answer: Mapping[str, Any], *, path: str) -> bool:
    """Tell a missing object from a missing kind or namespace, which also answer 404."""
    name = (answer.get("details") or {}).get("name")
    return bool(name) and path.endswith(f"/{name}")
