"""Objects of another cluster that changed, gathered and told of at a pace that it cannot force."""

from __future__ import annotations

from collections.abc import Callable

from roottrust.hub.change_pace import ChangePace
from roottrust.hub.cluster_objects import Manifest
from roottrust.runtime.clock import Timer
from roottrust.runtime.store import ObjectKey

# Each object as it was before, None for one that was not there.
Changes = dict[ObjectKey, Manifest | None]


class GatheredChanges:
    """Tells of several changes at once; of one object's, what it was before the first of them."""

    def __init__(self, tell: Callable[[Changes], None], *, timer: Timer) -> None:
        self._tell = tell
        self._changes: Changes = {}
        self._pace = ChangePace(self._tell_all, timer=timer)

    def note(self, key: ObjectKey, before: Manifest | None) -> None:
        """Have a change told of soon."""
        self._changes.setdefault(key, before)
        self._pace.note()

    def close(self) -> None:
        """Tell of nothing more."""
        self._pace.close()

    def _tell_all(self) -> None:
        changes, self._changes = self._changes, {}
        self._tell(changes)
