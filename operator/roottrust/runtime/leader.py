"""Leader election: of several hubs one works, and holds the Lease; the others stand by.

Only durations on our own clock decide, never the times that the Lease holds: clocks of machines
differ and jump. See docs/adr/0007-lease-and-fence.md.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
)
from roottrust.domain.reasons import Reason
from roottrust.runtime.clock import Timer, count_seconds, sleep
from roottrust.runtime.fence import Fence
from roottrust.runtime.lease import Lease, LeaseLock

logger = logging.getLogger(__name__)

JITTER_RATIO = 0.2

Work = Callable[[], Awaitable[None]]


class LeadershipLostError(RootTrustError):
    """Another hub leads or may lead: this process has to end."""


class LeaderElection:
    """One candidate: it stands by until the lease is free, and holds it for as long as it works."""

    def __init__(
        self,
        *,
        lock: LeaseLock,
        fence: Fence,
        retry_seconds: float,
        timer: Timer | None = None,
        clock: Callable[[], float] = count_seconds,
        rng: random.Random | None = None,
    ) -> None:
        self._lock = lock
        self._fence = fence
        self._retry_seconds = retry_seconds
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter is no secret
        self._gained = asyncio.Event()
        self._holds = False
        self._held: Lease | None = None
        self._renewed_at = 0.0
        self._seen: Lease | None = None
        self._seen_at = 0.0
        self._trouble: str | None = None

    @property
    def leads(self) -> bool:
        """Whether this hub may write now."""
        return self._holds and self._fence.is_open

    def check(self) -> None:
        """Raise FencedError unless this hub may write now; from any thread."""
        self._fence.check()

    def describe(self) -> str:
        """Return who leads, for people."""
        if self.leads:
            return f"leader: {self._lock.identity}"
        holder = self._seen.holder if self._seen else ""
        return f"standby: {holder or 'nobody'} leads"

    async def wait(self, stop: asyncio.Event) -> bool:
        """Wait until this hub leads, or for the stop; return whether to work."""
        waits = {asyncio.ensure_future(event.wait()) for event in (self._gained, stop)}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return not stop.is_set()

    async def run(self, work: Work) -> None:
        """Do the work beside the election; it is cut off when the lease is lost.

        Raises LeadershipLostError then, RootTrustError when there can be no lease, and what the
        work raises. The lease is released when the work has ended.
        """
        electing = asyncio.ensure_future(self._elect())
        working = asyncio.ensure_future(work())
        try:
            done, _ = await asyncio.wait({electing, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            electing.cancel()
            working.cancel()
            await asyncio.gather(electing, working, return_exceptions=True)
            await self._resign()
        for task in (electing, working):
            if task in done:
                task.result()

    async def _elect(self) -> None:
        while not await self._try_to_lead():
            await sleep(self._timer, self._compute_pause())
        self._holds = True
        self._gained.set()
        logger.info("%s leads: it holds the lease %s", self._lock.identity, self._lock)
        try:
            await self._hold()
        except LeadershipLostError as error:
            self._holds = False
            self._fence.close()
            about = {"reason": error.reason}
            logger.error("%s", error.message, extra=about)  # noqa: TRY400 - its trace says nothing
            raise

    async def _try_to_lead(self) -> bool:
        try:
            lease = await self._lock.read()
            if lease is not None:
                self._observe(lease)
            if self._is_bound():
                return False
            await self._take(lease)
        except ConflictError:
            return False  # another was quicker
        except RootTrustError as error:
            self._bear(error)
            return False
        return True

    def _observe(self, lease: Lease) -> None:
        if lease == self._seen:
            return
        before, self._seen, self._seen_at = self._seen, lease, self._clock()
        if lease.holder and (before is None or before.holder != lease.holder):
            logger.info("%s stands by: %s leads", self._lock.identity, lease.holder)

    def _is_bound(self) -> bool:
        """Whether another may hold the lease, deleted or not, by what was last seen of it."""
        seen = self._seen
        if seen is None or seen.holder in {"", self._lock.identity}:
            return False
        return self._clock() < self._seen_at + seen.seconds

    def _bear(self, error: RootTrustError) -> None:
        """Tell of a failure once; raise it if there was never a lease: then it is the set-up."""
        is_refusal = isinstance(error, AccessDeniedError | DependencyMissingError)
        if is_refusal and self._seen is None:
            raise _explain_refusal(error, lock=self._lock)
        if error.message != self._trouble:
            logger.warning(
                "the lease %s cannot be used: %s",
                self._lock,
                error.message,
                extra={"reason": error.reason},
            )
        self._trouble = error.message

    def _compute_pause(self) -> float:
        """Return the seconds to the next try: the moment at which the lease ends is not missed."""
        pause = self._retry_seconds * self._rng.uniform(1, 1 + JITTER_RATIO)
        ends_at = self._seen_at + (self._seen.seconds if self._seen else 0)
        left = ends_at - self._clock()
        return left if 0 < left < pause else pause

    async def _take(self, known: Lease | None) -> None:
        """Acquire or renew; what counts is when it was asked for, since the answer may be late."""
        asked_at = self._clock()
        self._held = await self._lock.take(known)
        self._renewed_at = asked_at
        self._fence.extend(asked_at)
        self._trouble = None

    async def _hold(self) -> None:
        """Renew for ever; raises LeadershipLostError when that fails for too long."""
        while True:
            await sleep(self._timer, min(self._retry_seconds, self._fence.seconds_left))
            left = self._fence.seconds_left
            if not left:
                raise self._build_loss(self._explain_delay())
            try:
                async with asyncio.timeout(left):
                    await self._renew()
            except LeadershipLostError:
                raise
            except (RootTrustError, TimeoutError) as error:
                self._trouble = str(error) or "The API server does not answer."

    async def _renew(self) -> None:
        try:
            await self._take(self._held)
        except (ConflictError, DependencyMissingError):
            # An answer of ours got lost, or somebody has edited or deleted it.
            lease = await self._lock.read()
            if lease is not None and lease.holder != self._lock.identity:
                raise self._build_loss(f"{lease.holder or 'nobody'} holds it.") from None
            await self._take(lease)

    def _explain_delay(self) -> str:
        seconds = f"{self._clock() - self._renewed_at:.0f} s"
        if self._trouble is None:
            return f"this process was held up for {seconds}."
        return f"it could not be renewed for {seconds}. {self._trouble}"

    def _build_loss(self, why: str) -> LeadershipLostError:
        return LeadershipLostError(
            f"{self._lock.identity} leads no more and ends, since it has lost the lease "
            f"{self._lock}: {why}",
            reason=Reason.NOT_LEADING,
        )

    async def _resign(self) -> None:
        """Release the lease if it is ours; the one that is read is what it is by now."""
        self._fence.close()
        if not self._holds:
            return
        self._holds = False
        try:
            lease = await self._lock.read()
            if lease is not None and lease.holder == self._lock.identity:
                await self._lock.release(lease)
        except RootTrustError as error:
            logger.info(
                "the lease %s was not released: %s",
                self._lock,
                error.message,
                extra={"reason": error.reason},
            )


def _explain_refusal(error: RootTrustError, *, lock: LeaseLock) -> RootTrustError:
    if isinstance(error, AccessDeniedError):
        advice = "apply deploy/base/rbac.yaml to its namespace"
    else:
        advice = "create its namespace"
    return DependencyMissingError(
        f"The lease {lock}, which says who leads, cannot be had: {advice}, or set "
        "leaderElection.enabled to false if no second hub runs.",
        reason=error.reason,
    )
