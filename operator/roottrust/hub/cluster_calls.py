"""Calls into a registered cluster that keep nobody waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from roottrust.api.mesh import MeshStatus
from roottrust.domain.errors import AccessDeniedError, RootTrustError, TransientError
from roottrust.domain.issuance_plan import CertificateAction
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import DirectiveAction
from roottrust.domain.target import MeshTarget
from roottrust.hub.cluster_health import ClusterHealth
from roottrust.hub.cluster_objects import Manifest, WatchedObjects
from roottrust.runtime.clock import Timer, sleep

CALL_SECONDS = 5.0

Result = TypeVar("Result")


class ClusterCalls:
    """Makes calls while the cluster is well, each for so long and no longer."""

    def __init__(
        self, name: str, *, health: ClusterHealth, call_seconds: float = CALL_SECONDS
    ) -> None:
        self._name = name
        self._health = health
        self._seconds = call_seconds

    async def run(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Return what a call does; raises RootTrustError, at once while the cluster is not well."""
        trouble = self._health.trouble
        if trouble is not None:
            raise TransientError(trouble.describe(self._name), reason=trouble.reason)
        try:
            result = await self._call(call)
        except TransientError as error:
            raise self._note(error) from None
        self._health.tell_call(None)
        return result

    async def probe(self, call: Callable[[], Awaitable[object]], *, timer: Timer) -> None:
        """Make a call again and again while calls fail, until cancelled: nobody waits for it.

        Any answer counts. Were there no probes, whoever is the next to make a call would wait.
        """
        while True:
            await self._health.probes_due.wait()
            await sleep(timer, self._health.find_probe_delay())
            try:
                await self._call(call)
            except TransientError as error:
                is_away = error.reason is Reason.API_UNREACHABLE
                self._health.tell_probe(error if is_away else None)
            except RootTrustError:
                self._health.tell_probe(None)
            else:
                self._health.tell_probe(None)

    async def _call(self, call: Callable[[], Awaitable[Result]]) -> Result:
        try:
            async with asyncio.timeout(self._seconds):
                return await call()
        except TimeoutError:
            message = f"Its API server does not answer within {self._seconds:g} seconds."
            raise TransientError(message, reason=Reason.API_UNREACHABLE) from None

    def _note(self, error: TransientError) -> TransientError:
        """Have nobody else wait for it, and name the cluster, which may be one of many."""
        if error.reason is Reason.API_UNREACHABLE:
            self._health.tell_call(error)
        trouble = self._health.trouble
        if trouble is None:
            return error
        return TransientError(
            trouble.describe(self._name),
            reason=trouble.reason,
            retry_after_seconds=error.retry_after_seconds,
        )


class CalledObjects:
    """The objects of a registered cluster: what is known is at hand, writes are such calls."""

    def __init__(self, objects: WatchedObjects, calls: ClusterCalls) -> None:
        self._objects = objects
        self._calls = calls

    @property
    def is_complete(self) -> bool:
        """Whether everything was listed."""
        return self._objects.is_complete

    def find_certificate(self, namespace: str, name: str) -> Manifest | None:
        """Return an IssuedCertificate as it was seen last."""
        return self._objects.find_certificate(namespace, name)

    def list_certificates(self) -> tuple[Manifest, ...]:
        """Return all IssuedCertificates as they were seen last."""
        return self._objects.list_certificates()

    def find_report(self, mesh: MeshTarget) -> MeshStatus | None:
        """Return what the cluster reported of a mesh last."""
        return self._objects.find_report(mesh)

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; raises RootTrustError."""
        await self._calls.run(lambda: self._objects.apply(action))

    async def report(self, found: Manifest, status: Manifest) -> None:
        """Write the hub's part of a status; raises RootTrustError."""
        await self._calls.run(lambda: self._objects.report(found, status))

    async def create(self, action: DirectiveAction) -> None:
        """Have a PodBounceDirective be there; raises RootTrustError.

        A cluster that was registered by an older version has not granted it.
        """
        try:
            await self._calls.run(lambda: self._objects.create(action))
        except AccessDeniedError as error:
            cluster = action.key.cluster
            raise AccessDeniedError(
                f"The hub may not write PodBounceDirectives in cluster {cluster}, so that nothing "
                f"is restarted there: run `roottrust cluster join {cluster}` again, which grants "
                "it.",
                reason=Reason.CLUSTER_ACCESS_DENIED,
                path=error.path,
                capability=error.capability,
            ) from None
