"""Running kopf for its watches only: each event goes to one callback, in our event loop.

kopf gets a thread and a loop of its own. In ours it would replace our signal handlers, and when it
stops it cancels every task that was created since it started.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiohttp
import kopf

from roottrust.kube.access import KubeAccess
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.kopf_settings import COMPONENT, build_kopf_settings
from roottrust.runtime.watching import WatchedKind

STOP_SECONDS = 10.0
CUT_SECONDS = 1.0

_SPARE_CONNECTIONS = 4


class OnEvent(Protocol):
    """Told of every event; `type_` is None for objects of kopf's own first list."""

    def __call__(self, *, kind: ResourceKind, type_: str | None, found: Mapping[str, Any]) -> None:
        """Take over one event; called in the event loop that runs the watches."""


class KopfWatches:
    """Watches some kinds of one API server, all in the same namespace or all in all."""

    def __init__(
        self, *, access: KubeAccess, watched: tuple[WatchedKind, ...], on_event: OnEvent
    ) -> None:
        namespaces = {kind.namespace for kind in watched}
        if len(namespaces) != 1:
            raise ValueError("one KopfWatches watches kinds of one namespace, or of all")
        self._namespace = namespaces.pop()
        self._access = access
        self._watched = watched
        self._on_event = on_event
        self._stop_flag = threading.Event()
        self._ready_flag = threading.Event()

    @property
    def is_started(self) -> bool:
        """Whether kopf is through with its own start."""
        return self._ready_flag.is_set()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until the stop. Raises whatever kopf failed with: the process must then end."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        thread = threading.Thread(
            target=self._run_in_thread, args=(loop, ended), name="kopf", daemon=True
        )
        thread.start()
        stopping = asyncio.create_task(stop.wait())
        patience = STOP_SECONDS
        try:
            waits: list[asyncio.Future[Any]] = [stopping, ended]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await ended
                raise RuntimeError("kopf has ended without being stopped")
        except asyncio.CancelledError:
            patience = CUT_SECONDS  # the process is to end at once, and kopf with it
            raise
        finally:
            stopping.cancel()
            self._stop_flag.set()
            await asyncio.wait({ended}, timeout=patience)
            if ended.done():
                ended.exception()  # after the stop a failure no longer matters
            else:
                # It ends with the process, whose own last line is the one to be read.
                logging.getLogger("kopf").setLevel(logging.CRITICAL)

    def _run_in_thread(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
        failure: BaseException | None = None
        try:
            asyncio.run(self._operate(loop))
        except BaseException as error:  # noqa: BLE001 - it is handed to the loop that waits for us
            failure = error
        _call(loop, lambda: _end(ended, failure))

    async def _operate(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.get_running_loop().set_exception_handler(self._handle_loop_failure)
        namespace = self._namespace
        # Unless told, kopf asks for the user's name, which an image's user id need not have.
        identity: Any = COMPONENT
        await kopf.operator(
            registry=self._build_registry(loop),
            settings=build_kopf_settings(self._watched),
            identity=identity,
            standalone=True,
            clusterwide=namespace is None,
            namespaces=() if namespace is None else (namespace,),
            stop_flag=self._stop_flag,
            ready_flag=self._ready_flag,
        )

    def _handle_loop_failure(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]
    ) -> None:
        """Have failures of tasks logged, but not those that kopf's stop brings with it."""
        if not self._stop_flag.is_set():
            loop.default_exception_handler(context)

    def _build_registry(self, loop: asyncio.AbstractEventLoop) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, id="login", errors=kopf.ErrorsMode.TEMPORARY)(self._login)
        for kind in self._watched:
            resource = kind.resource
            kopf.on.event(
                group=resource.group,
                version=resource.version,
                plural=resource.plural,
                id=str(resource),
                registry=registry,
            )(self._build_handler(resource, loop))
        return registry

    def _build_handler(
        self, resource: ResourceKind, loop: asyncio.AbstractEventLoop
    ) -> Callable[..., Any]:
        async def handle(*, event: Mapping[str, Any], **_: object) -> None:
            found = dict(event["object"])
            type_ = event["type"]
            _call(loop, lambda: self._on_event(kind=resource, type_=type_, found=found))

        return handle

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """Return a session with few connections; kopf's own has no limit."""
        connector = aiohttp.TCPConnector(
            limit=len(self._watched) + _SPARE_CONNECTIONS,
            ssl=self._access.build_ssl_context(),
        )
        session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": COMPONENT},
            middlewares=(self._authorize,),
            read_bufsize=2**21,
        )
        return kopf.AiohttpSession(server=self._access.server, aiohttp_session=session)

    async def _authorize(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send the token of this moment: pods' tokens are replaced hourly."""
        request.headers.update(await self._access.build_headers())
        return await handler(request)


def _call(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(work)
    except RuntimeError:
        return  # the loop that waited for us is closed: the process ends


def _end(ended: asyncio.Future[None], failure: BaseException | None) -> None:
    if ended.done():
        return
    if failure is None:
        ended.set_result(None)
    elif isinstance(failure, Exception):
        ended.set_exception(failure)
    else:
        ended.set_exception(RuntimeError(f"kopf ended by {type(failure).__name__}"))
