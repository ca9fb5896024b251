"""Calls into a registered cluster that keep nobody waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from roottrust.api.mesh import MeshStatus
from roottrust.domain.errors import TransientError
from roottrust.domain.issuance_plan import CertificateAction
from roottrust.domain.reasons import Reason
from roottrust.domain.target import MeshTarget
from roottrust.hub.cluster_health import ClusterHealth
from roottrust.hub.cluster_objects import Manifest, WatchedObjects

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
            async with asyncio.timeout(self._seconds):
                result = await call()
        except TimeoutError:
            message = f"Its API server does not answer within {self._seconds:g} seconds."
            error = TransientError(message, reason=Reason.API_UNREACHABLE)
            raise self._note(error) from None
        except TransientError as error:
            raise self._note(error) from None
        self._health.tell_call(None)
        return result

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

    def find_report(self, mesh: MeshTarget) -> MeshStatus | None:
        """Return what the cluster reported of a mesh last."""
        return self._objects.find_report(mesh)

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; raises RootTrustError."""
        await self._calls.run(lambda: self._objects.apply(action))

    async def report(self, found: Manifest, status: Manifest) -> None:
        """Write the hub's part of a status; raises RootTrustError."""
        await self._calls.run(lambda: self._objects.report(found, status))
