"""A port of a pod, reached through the API server as `kubectl port-forward` reaches it.

Kubernetes API: GET pods/NAME/portforward as a WebSocket of the subprotocol v4.channel.k8s.io. Each
port has two channels, its data and its errors; the first message of each has the port's number.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import aiohttp
from kubernetes.aio.stream import WsApiClient

from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_one_line
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import classify_status, classify_transport_failure
from roottrust.kube.kind import PODS, build_path

LOCALHOST = "127.0.0.1"

_DATA, _ERRORS = 0, 1
_CHUNK = 64 * 1024
_REFUSED = "connection refused"


@asynccontextmanager
async def forward_port(
    access: KubeAccess, *, namespace: str, pod: str, port: int
) -> AsyncIterator[int]:
    """Listen at a port of localhost while this is open, and give its number.

    Each connection becomes one to the pod. What went wrong on the way is raised in the place of the
    error that whoever used the port met: RootTrustError.
    """
    forward = _Forward(access, namespace=namespace, pod=pod, port=port)
    server = await asyncio.start_server(forward.serve, LOCALHOST, 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    except RootTrustError as error:
        raise (forward.trouble or error) from None
    finally:
        server.close()
        await forward.close()


class _Forward:
    def __init__(self, access: KubeAccess, *, namespace: str, pod: str, port: int) -> None:
        self._access = access
        self._path = build_path(PODS, namespace=namespace, name=pod, subresource="portforward")
        self._what = f"Port {port} of pod {namespace}/{pod}"
        self._url = f"{access.server}{quote(self._path)}?ports={port}"
        self._connections: set[asyncio.Task[None]] = set()
        self.trouble: RootTrustError | None = None

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        task = asyncio.create_task(self._carry(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def close(self) -> None:
        """End all connections."""
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        api = WsApiClient(self._access.configuration)
        try:
            headers = await self._access.build_headers()
            opening = await api.request("GET", self._url, headers=headers, _preload_content=False)
            async with opening as socket:
                await self._exchange(reader, writer, socket)
        except aiohttp.WSServerHandshakeError as refusal:
            self.trouble = classify_status(
                refusal.status,
                message=refusal.message,
                retry_after_seconds=None,
                verb="create",
                path=self._path,
            )
        except (aiohttp.ClientError, OSError) as failure:
            self.trouble = classify_transport_failure(failure, server=self._access.server)
        finally:
            writer.close()
            await api.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        socket: aiohttp.ClientWebSocketResponse,
    ) -> None:
        """Carry both ways until one side ends."""
        ways = [
            asyncio.create_task(_send(reader, socket)),
            asyncio.create_task(self._receive(writer, socket)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _receive(
        self, writer: asyncio.StreamWriter, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        begun: set[int] = set()
        async for message in socket:
            content = message.data
            if not isinstance(content, bytes) or not content:
                return
            channel = content[0]
            if channel not in begun:
                begun.add(channel)  # its first message has the port's number
            elif channel == _ERRORS:
                self.trouble = _build_trouble(self._what, content[1:])
                return
            elif channel == _DATA:
                writer.write(content[1:])
                await writer.drain()


async def _send(reader: asyncio.StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    while data := await reader.read(_CHUNK):
        with suppress(aiohttp.ClientConnectionResetError):
            await socket.send_bytes(bytes([_DATA]) + data)


def _build_trouble(what: str, content: bytes) -> TransientError:
    """Return what the kubelet says it failed at, which is text or a Status."""
    text = content.decode(errors="replace")
    with suppress(ValueError, TypeError, AttributeError):
        text = str(json.loads(text).get("message") or text)
    detail = _REFUSED if _REFUSED in text else build_one_line(text).rstrip(".")
    return TransientError(
        f"{what} cannot be reached: {detail}.",
        reason=Reason.ISTIOD_UNREACHABLE,
    )
