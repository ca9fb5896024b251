"""An API server that knows one Lease, with what can go wrong there."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from roottrust.domain.errors import (
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason


class FakeLeases:
    """What `LeaseLock` asks of a KubeClient."""

    def __init__(self) -> None:
        self.found: dict[str, Any] | None = None
        self.failure: RootTrustError | None = None
        self.loses_answers = False
        self.writes = 0
        self._version = 0

    @property
    def holder(self) -> str | None:
        return self.found["spec"]["holderIdentity"] if self.found else None

    def put(self, holder: str, **spec: Any) -> None:
        """Write as somebody else does."""
        defaults = {"leaseDurationSeconds": 15, "renewTime": "2001-01-01T00:00:00.000000Z"}
        self._store({**defaults, "holderIdentity": holder, **spec})

    async def get(self, _kind: Any, **_place: str) -> dict[str, Any] | None:
        self._fail()
        return copy.deepcopy(self.found)

    async def create(
        self, _kind: Any, manifest: Mapping[str, Any], **_options: str
    ) -> dict[str, Any]:
        self._fail()
        if self.found is not None:
            raise build_conflict()
        return self._write(manifest["spec"])

    async def patch_json(
        self, _kind: Any, operations: Sequence[Mapping[str, Any]], **_place: str
    ) -> dict[str, Any]:
        self._fail()
        if self.found is None:
            raise DependencyMissingError("It is not there.", reason=Reason.API_REFUSED)
        test, change = operations
        if test["value"] != self.found["metadata"]["resourceVersion"]:
            raise build_conflict()
        if change["path"] == "/spec":
            return self._write(change["value"])
        return self._write({**self.found["spec"], "holderIdentity": change["value"]})

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _write(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        self.writes += 1
        self._store(spec)
        if self.loses_answers:
            raise build_outage()
        return copy.deepcopy(self.found) or {}

    def _store(self, spec: Mapping[str, Any]) -> None:
        self._version += 1
        self.found = {"metadata": {"resourceVersion": str(self._version)}, "spec": dict(spec)}


def build_conflict() -> ConflictError:
    return ConflictError("Another was quicker.", reason=Reason.CONFLICT)


def build_outage() -> RootTrustError:
    return TransientError("The API server cannot be reached.", reason=Reason.API_UNREACHABLE)
