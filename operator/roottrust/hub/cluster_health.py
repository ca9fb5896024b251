"""Whether a registered cluster can be relied on, and since when it cannot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from roottrust.domain.backoff import get_backoff_seconds
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason

logger = logging.getLogger(__name__)

_CALLS = "calls"
_CONNECTING = ClusterTrouble(
    reason=Reason.CLUSTER_CONNECTING, message="The hub is connecting to it; nothing is to be done."
)


class ClusterHealth:
    """What its watches, its rights and calls into it have met; `on_change` is told of changes.

    After a call that failed there is none until the cluster has answered a probe; `probes_due` is
    set meanwhile.
    """

    def __init__(
        self,
        name: str,
        *,
        secret: Callable[[], str],
        expected: frozenset[str],
        now: Callable[[], datetime],
        on_change: Callable[[], None],
    ) -> None:
        self._name = name
        self._secret = secret
        self._awaited = set(expected)
        self._now = now
        self._on_change = on_change
        self._troubles: dict[str, ClusterTrouble] = {}
        self._warnings: dict[str, str] = {}
        self._since: datetime | None = None
        self._failed_calls = 0
        self.probes_due = asyncio.Event()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be told of it though it can be relied on."""
        return tuple(self._warnings.values())

    @property
    def trouble(self) -> ClusterTrouble | None:
        """Why nothing new is learned of it or done in it, None if all is well."""
        first = next(iter(self._troubles.values()), None)
        return first or (_CONNECTING if self._awaited else None)

    def tell(self, source: str, error: RootTrustError | None) -> None:
        """Take over how it stands with one source: None if that is well."""
        before = self.trouble
        if error is None:
            self._awaited.discard(source)
            self._troubles.pop(source, None)
        else:
            self._note(source, error)
        if not self._troubles and not self._failed_calls:
            self._since = None
        self._tell_change(before)

    def warn(self, source: str, warning: str | None) -> None:
        """Take over what one source warns of: None if of nothing."""
        if warning == self._warnings.get(source):
            return
        self._warnings.pop(source, None)
        if warning is not None:
            self._warnings[source] = warning
            logger.warning("%s", warning, extra={"cluster": self._name})
        self._on_change()

    def tell_call(self, error: RootTrustError | None) -> None:
        """Take over what a call met."""
        if error is None:
            self._failed_calls = 0
            self.tell_probe(None)
            return
        self._failed_calls += 1
        self.tell(_CALLS, error)
        self.probes_due.set()

    def tell_probe(self, error: RootTrustError | None) -> None:
        """Take over what a probe met; only a call shows that calls succeed."""
        if error is None:
            self.probes_due.clear()
            self.tell(_CALLS, None)
        else:
            self._failed_calls += 1

    def find_probe_delay(self) -> float:
        """Return the seconds until the next probe: longer after each failure, up to 5 minutes."""
        return get_backoff_seconds(self._failed_calls, share=1.0)

    def _note(self, source: str, error: RootTrustError) -> None:
        """Keep the first of alike troubles: what is told must not change with each attempt."""
        reason = _REASONS.get(error.reason, error.reason)
        known = self._troubles.get(source)
        if known is not None and known.reason is reason:
            return
        self._since = self._since or self._now().replace(microsecond=0)
        self._troubles[source] = ClusterTrouble(
            reason=reason, message=self._explain(error), since=self._since
        )

    def _explain(self, error: RootTrustError) -> str:
        if isinstance(error, AccessDeniedError) and error.reason is Reason.ACCESS_DENIED:
            return (
                f"Its API server refuses {error.capability} on {error.path} to the token of Secret "
                f"{self._secret()}, which may have ended: run `roottrust cluster join "
                f"{self._name}` again."
            )
        return error.message

    def _tell_change(self, before: ClusterTrouble | None) -> None:
        after = self.trouble
        if before == after:
            return
        if after is None:
            logger.info("cluster %s is well", self._name, extra={"cluster": self._name})
        else:
            about = {"cluster": self._name, "reason": after.reason}
            logger.warning("%s", after.describe(self._name), extra=about)
        self._on_change()


_REASONS = {
    Reason.API_UNREACHABLE: Reason.CLUSTER_UNREACHABLE,
    Reason.ACCESS_DENIED: Reason.CLUSTER_ACCESS_DENIED,
}
