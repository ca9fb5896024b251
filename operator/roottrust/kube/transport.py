"""Single requests to one Kubernetes API server, over kubernetes.aio."""

from __future__ import annotations

import asyncio
import copy
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from kubernetes.aio.client import ApiClient

from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.manifest import read_mapping
from roottrust.domain.reasons import Reason
from roottrust.http.answer import parse_object, read_date, read_retry_after
from roottrust.http.guard import Guard, allow_writes
from roottrust.http.guarded_request import build_request_class
from roottrust.http.guarded_tls import guard_tls
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import classify_status, classify_transport_failure
from roottrust.kube.lines import LineTooLongError, split_lines
from roottrust.kube.media_type import JSON

USER_AGENT = "roottrust-operator"
CONNECT_SECONDS = 10.0
# Streams stay open and take no turn of other requests.
STREAMS_MAX = 4
LINE_BYTES_MAX = 2**20

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The object that was found, None for a 404 on it; `size` is that of its text.

    `answered_at` is by the API server's clock, None where it does not say.
    """

    found: dict[str, Any] | None = field(repr=False)
    size: int
    answered_at: datetime | None


class KubeTransport:
    """A bounded number of requests at once; without retries and without following redirects.

    Answers that are larger than `answer_bytes` are not read to their end.
    """

    def __init__(
        self,
        access: KubeAccess,
        *,
        concurrency: int,
        timeout_seconds: float,
        guard: Guard = allow_writes,
        answer_bytes: int | None = None,
    ) -> None:
        self._access = access
        self._answer_bytes = answer_bytes
        configuration = copy.copy(access.configuration)
        configuration.connection_pool_maxsize = concurrency + STREAMS_MAX
        configuration.client_session_kwargs = {
            # kopf does not look at proxies and ~/.netrc either; a proxy belongs in kubeconfig.
            "trust_env": False,
            "request_class": build_request_class(guard),
        }
        self._api = ApiClient(configuration)
        guard_tls(self._api.rest_client.ssl_context)
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
        answer = await self.ask(
            method,
            path,
            verb=verb,
            query=query,
            body=body,
            content_type=content_type,
            accept=accept,
        )
        return answer.found

    async def ask(
        self,
        method: str,
        path: str,
        *,
        verb: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Answer:
        """Send one request as above, and return also what else is known of its answer."""
        headers = await self._build_headers(accept=accept, content_type=content_type)
        url = self._build_url(path, query)
        async with self._slots:
            status, data, answer_headers = await self._exchange(method, url, headers, body)
        found = parse_object(data)
        answered_at = read_date(answer_headers.get("Date"))
        if status < HTTPStatus.MULTIPLE_CHOICES:
            if not found:
                raise self.build_strange()
            return Answer(found=found, size=len(data), answered_at=answered_at)
        if status == HTTPStatus.NOT_FOUND and _is_missing_object(found, path=path):
            return Answer(found=None, size=len(data), answered_at=answered_at)
        raise _classify(status, found, answer_headers, verb, path)

    async def stream(
        self, path: str, *, query: Mapping[str, str], silence_seconds: float
    ) -> AsyncGenerator[bytes]:
        """Yield the lines of an answer as they come, until it ends or is silent for so long.

        Raises one of the product's errors where it cannot be had, or is cut off.
        """
        headers = await self._build_headers(accept=JSON, content_type=JSON)
        timeout = aiohttp.ClientTimeout(
            total=None, connect=CONNECT_SECONDS, sock_read=silence_seconds
        )
        url = self._build_url(path, query)
        try:
            answer = await self._api.call_api(
                "GET", url, header_params=headers, _request_timeout=timeout
            )
            async with answer.response as response:
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    data = await _read_up_to(response, LINE_BYTES_MAX)
                    refusal = parse_object(data)
                    raise _classify(response.status, refusal, response.headers, "watch", path)
                async for line in split_lines(response.content.iter_any(), most=LINE_BYTES_MAX):
                    yield line
        except LineTooLongError:
            raise self.build_too_large() from None
        except (aiohttp.ClientError, ssl.SSLError, OSError) as failure:
            raise classify_transport_failure(failure, server=self._access.server) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def _build_headers(self, *, accept: str, content_type: str) -> dict[str, str]:
        return {
            "Accept": accept,
            "Content-Type": content_type,
            "User-Agent": USER_AGENT,
            **await self._access.build_headers(),
        }

    def _build_url(self, path: str, query: Mapping[str, str] | None) -> str:
        return self._access.server + quote(path) + (f"?{urlencode(query)}" if query else "")

    async def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: Body | None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            response = await self._api.call_api(
                method, url, header_params=headers, body=body, _request_timeout=self._timeout
            )
            async with response.response as answer:
                return answer.status, await _read_up_to(answer, self._answer_bytes), answer.headers
        except LineTooLongError:
            raise self.build_too_large() from None
        except (aiohttp.ClientError, ssl.SSLError, OSError) as failure:
            raise classify_transport_failure(failure, server=self._access.server) from None

    def build_too_large(self) -> TransientError:
        """Return the error of a server that answers with more than is read."""
        return TransientError(
            f"The API server {self._access.server} answers with more than the hub reads.",
            reason=Reason.CLUSTER_TOO_LARGE,
        )

    def build_strange(self) -> TransientError:
        """Return the error of a server that answers as no API server does."""
        return TransientError(
            f"{self._access.server} does not answer as an API server does.",
            reason=Reason.API_UNREACHABLE,
        )


def _classify(
    status: int, answer: Mapping[str, Any], headers: Mapping[str, str], verb: str, path: str
) -> RootTrustError:
    return classify_status(
        status,
        message=str(answer.get("message", "")),
        retry_after_seconds=read_retry_after(headers.get("Retry-After")),
        verb=verb,
        path=path,
    )


async def _read_up_to(response: aiohttp.ClientResponse, most: int | None) -> bytes:
    """Return the body; raises LineTooLongError for one that is longer."""
    if most is None:
        return await response.read()
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > most:
            raise LineTooLongError
        chunks.append(chunk)
    return b"".join(chunks)


def _is_missing_object(answer: Mapping[str, Any], *, path: str) -> bool:
    """Tell a missing object from a missing kind or namespace, which also answer 404."""
    name = read_mapping(answer.get("details")).get("name")
    return bool(name) and path.endswith(f"/{name}")
