"""Why a registered cluster is not used, or why nothing new is learned of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class ClusterTrouble:
    """A reason and a sentence that says what to do; `since` when, where that is known.

    The sentence stays the same for as long as the trouble does: it is shown in a status.
    """

    reason: Reason
    message: str
    since: datetime | None = None

    def describe(self, cluster: str) -> str:
        """Return what is told where several clusters are told of."""
        since = f" (since {show_time(self.since)})" if self.since else ""
        return f"Cluster {cluster}{since}: {self.message}"
