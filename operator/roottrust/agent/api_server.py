"""Requests to the API server of the pod's own cluster, over the HTTP client that hvac brings."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests

from roottrust.agent.api_access import ApiAccess
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.http.answer import parse_object, read_retry_after
from roottrust.http.session import build_session
from roottrust.kube.errors import classify_status, classify_transport_failure
from roottrust.kube.media_type import JSON

logger = logging.getLogger(__name__)

USER_AGENT = "roottrust-agent"
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
# The server ends a watch after the first; one that is silent for longer is broken.
WATCH_SECONDS = 60
WATCH_READ_SECONDS = 75.0

_ACCOUNT = "the ServiceAccount of istiod's pod"
_POOL_SIZE = 2

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class ApiServer:
    """One request a call, without retries and without following redirects.

    Each of the agent's threads has one of its own.
    """

    def __init__(self, access: ApiAccess) -> None:
        self._access = access
        self._ca = ""
        self._session: requests.Session | None = None

    def send(
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
        """Return the object of the answer, None for a 404.

        Raises one of the product's errors for any other answer but a success.
        """
        with closing(
            self._open(
                method,
                path,
                query=query,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Accept": accept, "Content-Type": content_type},
                read_seconds=READ_SECONDS,
            )
        ) as response:
            answer = parse_object(self._read(response))
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            self._check(response, answer, verb=verb, path=path)
            return answer

    def watch(self, path: str, *, resource_version: str) -> Iterator[dict[str, Any]]:
        """Yield the events of a collection since a version, until the server ends the watch.

        Raises one of the product's errors, also when the version is too old.
        """
        query = {
            "watch": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        with closing(
            self._open(
                "GET",
                path,
                query=query,
                headers={"Accept": JSON},
                read_seconds=WATCH_READ_SECONDS,
                stream=True,
            )
        ) as response:
            if response.status_code != HTTPStatus.OK:
                self._check(response, parse_object(self._read(response)), verb="watch", path=path)
            for line in self._iterate(response):
                event = parse_object(line)
                if event.get("type") == "ERROR":
                    self._raise_status(event.get("object") or {}, verb="watch", path=path)
                yield event

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._session.close()

    def _open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        read_seconds: float,
        body: bytes | None = None,
        stream: bool = False,
    ) -> requests.Response:
        token = self._access.read_token()
        try:
            return self._get_session().request(
                method,
                self._access.server + quote(path),
                params=dict(query or {}),
                data=body,
                headers={
                    **headers,
                    "Authorization": f"Bearer {token}",
                    "User-Agent": USER_AGENT,
                },
                timeout=(CONNECT_SECONDS, read_seconds),
                allow_redirects=False,
                stream=stream,
            )
        except (requests.RequestException, OSError) as failure:
            raise self._explain(failure, seconds=read_seconds) from None

    def _get_session(self) -> requests.Session:
        """Return a session that trusts the cluster's CA of this moment, and no proxy."""
        ca = self._access.read_ca()
        if self._session is None or ca != self._ca:
            self.close()
            self._session = build_session(
                ssl.create_default_context(cadata=ca), pool_size=_POOL_SIZE
            )
            self._session.trust_env = False
            self._ca = ca
        return self._session

    def _read(self, response: requests.Response) -> bytes:
        try:
            return response.content
        except (requests.RequestException, OSError) as failure:
            raise self._explain(failure, seconds=READ_SECONDS) from None

    def _iterate(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from (line for line in response.iter_lines() if line)
        except (requests.RequestException, OSError) as failure:
            raise self._explain(failure, seconds=WATCH_READ_SECONDS) from None

    def _check(
        self, response: requests.Response, answer: Mapping[str, Any], *, verb: str, path: str
    ) -> None:
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            self._raise(
                response.status_code,
                message=str(answer.get("message", "")),
                retry_after_seconds=read_retry_after(response.headers.get("Retry-After")),
                verb=verb,
                path=path,
            )
        if not answer:
            raise TransientError(
                f"{self._access.server} does not answer as an API server does.",
                reason=Reason.API_UNREACHABLE,
            )

    def _raise_status(self, status: Mapping[str, Any], *, verb: str, path: str) -> None:
        self._raise(
            int(status.get("code") or HTTPStatus.INTERNAL_SERVER_ERROR),
            message=str(status.get("message", "")),
            retry_after_seconds=None,
            verb=verb,
            path=path,
        )

    def _raise(
        self, status: int, *, message: str, retry_after_seconds: float | None, verb: str, path: str
    ) -> None:
        raise classify_status(
            status,
            message=message,
            retry_after_seconds=retry_after_seconds,
            verb=verb,
            path=path,
            account=_ACCOUNT,
        )

    def _explain(self, failure: BaseException, *, seconds: float) -> RootTrustError:
        return classify_transport_failure(
            failure, server=self._access.server, timeout_seconds=seconds
        )
