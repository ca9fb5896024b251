"""News of registered clusters: policies learn of them at a pace, and mirrors never before that."""

from __future__ import annotations

from collections.abc import Callable

from roottrust.hub.change_pace import ChangePace
from roottrust.runtime.clock import Timer

# A fleet that comes back tells of a thousand clusters within seconds.
LONGEST_SECONDS = 2.0
# One that starts does so for longer, and each look of a policy at all of it takes seconds then.
SECONDS_A_START = 0.03


class ClusterNews:
    """Gathers which clusters are others now.

    `on_change` is told that there are some, and then `on_cluster` of each. Whoever asks meanwhile
    which policies select a mesh of such a cluster gets an answer of before: see `is_pending`.
    `count_starting` is how many clusters are yet to be read.
    """

    def __init__(
        self,
        *,
        on_change: Callable[[], None],
        on_cluster: Callable[[str], None],
        timer: Timer,
        count_starting: Callable[[], int],
    ) -> None:
        self._on_change = on_change
        self._on_cluster = on_cluster
        self._count_starting = count_starting
        self._pending: set[str] = set()
        self._pace = ChangePace(self._tell, timer=timer, find_longest=self._find_longest)

    def note_set(self) -> None:
        """Have it told that clusters came or went."""
        self._pace.note()

    def note(self, cluster: str) -> None:
        """Have it told that a cluster is another one now."""
        self._pending.add(cluster)
        self._pace.note()

    def is_pending(self, cluster: str) -> bool:
        """Whether policies have not learned yet what that cluster is now."""
        return cluster in self._pending

    def close(self) -> None:
        """Tell of nothing more."""
        self._pace.close()

    def _find_longest(self) -> float:
        return LONGEST_SECONDS + SECONDS_A_START * self._count_starting()

    def _tell(self) -> None:
        pending, self._pending = self._pending, set()
        self._on_change()
        for each in sorted(pending):
            self._on_cluster(each)
