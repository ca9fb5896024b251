"""What a store takes of an API server that is in strange hands: so many objects, so many bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectKey, build_key

OBJECTS_MAX = 1_000
BYTES_MAX = 16 * 2**20

Object = Mapping[str, Any]


class StoreBound:
    """Counts what is stored of one kind; what is beyond the bound is refused as a whole.

    A part of it would look as if the rest were deleted.
    """

    def __init__(
        self, kind: ResourceKind, *, objects: int = OBJECTS_MAX, size: int = BYTES_MAX
    ) -> None:
        self._kind = kind
        self._objects = objects
        self._bytes = size
        self._sizes: dict[ObjectKey, int] = {}
        self._total = 0

    def clear(self) -> None:
        """Count anew: a list begins."""
        self._sizes.clear()
        self._total = 0

    def take_page(self, objects: Iterable[Object]) -> None:
        """Count a part of a list; raises TransientError beyond the bound."""
        for found in objects:
            self.take(found, size=len(json.dumps(found)))

    def take(self, found: Object, *, size: int) -> None:
        """Count one object in its place; raises TransientError beyond the bound."""
        key = build_key(self._kind, found)
        self._total += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        if len(self._sizes) > self._objects:
            raise self._build_too_large(f"more than {self._objects} {self._kind}")
        if self._total > self._bytes:
            raise self._build_too_large(f"more than {self._bytes // 2**20} MiB of {self._kind}")

    def drop(self, found: Object) -> None:
        """Count one that is gone no more."""
        self._total -= self._sizes.pop(build_key(self._kind, found), 0)

    def _build_too_large(self, what: str) -> TransientError:
        return TransientError(
            f"It has {what}, more than the hub takes over: delete what is not needed there.",
            reason=Reason.CLUSTER_TOO_LARGE,
        )
