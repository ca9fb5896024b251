"""Work of policies in several clusters at once, of which none keeps the others waiting."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from roottrust.domain.policy import PolicyIdentity
from roottrust.hub.turnstile import Turnstile
from roottrust.runtime.log_context import bind_context
from roottrust.runtime.log_subject import describe_policy

logger = logging.getLogger(__name__)

# A cluster that is well mostly needs a tenth of it.
PATIENCE_SECONDS = 1.0
# A cluster may answer each call in time and still take minutes for a hundred of them.
TURN_SECONDS = 10.0
# A thousand at once would all be too late for any of them: their calls end after five seconds.
CLUSTERS_AT_ONCE = 32

Item = TypeVar("Item")


class ClusterWork:
    """What goes on in clusters; a pass of a policy waits for it only for a moment.

    What takes longer goes on by itself, and `on_late` has the policy looked at again at its end.
    Until then passes of that policy leave that cluster alone: nothing is done twice at once, and
    nothing of an older pass after that of a younger one.
    """

    def __init__(
        self,
        *,
        on_late: Callable[[PolicyIdentity], None] = lambda _: None,
        patience_seconds: float = PATIENCE_SECONDS,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._on_late = on_late
        self._patience = patience_seconds
        self._turn = turn_seconds
        self._turnstile = Turnstile(CLUSTERS_AT_ONCE, seconds=patience_seconds)
        self._going: dict[tuple[PolicyIdentity, str], asyncio.Task[None]] = {}
        self._late: set[asyncio.Task[None]] = set()

    async def do(
        self,
        policy: PolicyIdentity,
        items: Iterable[Item],
        *,
        get_cluster: Callable[[Item], str],
        work: Callable[[Item], Awaitable[None]],
    ) -> tuple[Item, ...]:
        """Work on items, those of one cluster one by one; return those that are not done yet."""
        grouped: defaultdict[str, list[Item]] = defaultdict(list)
        for item in items:
            grouped[get_cluster(item)].append(item)
        done: list[Item] = []

        async def work_in_turn(group: Sequence[Item]) -> None:
            loop = asyncio.get_running_loop()
            async with self._turnstile.passing():
                deadline = loop.time() + self._turn
                for item in group:
                    await work(item)
                    done.append(item)
                    if loop.time() > deadline:
                        return

        begun = [
            self._begin(policy, cluster, work_in_turn(group))
            for cluster, group in grouped.items()
            if (policy, cluster) not in self._going
        ]
        await self._wait(begun)
        finished = set(map(id, done))
        return tuple(each for each in chain(*grouped.values()) if id(each) not in finished)

    async def close(self) -> None:
        """End what still goes on."""
        tasks = tuple(self._going.values())
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait(self, begun: Sequence[asyncio.Task[None]]) -> None:
        """Wait for a moment; raises what is no error of a cluster."""
        if not begun:
            return
        try:
            done, late = await asyncio.wait(begun, timeout=self._patience)
        except asyncio.CancelledError:
            for each in begun:
                each.cancel()
            raise
        self._late |= late
        for each in done:
            each.result()

    def _begin(
        self, policy: PolicyIdentity, cluster: str, work: Coroutine[object, object, None]
    ) -> asyncio.Task[None]:
        with bind_context(cluster=cluster):
            task = asyncio.create_task(work)
        self._going[policy, cluster] = task

        def end(task: asyncio.Task[None]) -> None:
            del self._going[policy, cluster]
            if task in self._late:
                self._late.discard(task)
                self._end_late(policy, cluster, task)

        task.add_done_callback(end)
        return task

    def _end_late(self, policy: PolicyIdentity, cluster: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        if error := task.exception():
            about = {**describe_policy(policy), "cluster": cluster}
            logger.error("work in cluster %s failed", cluster, exc_info=error, extra=about)
        self._on_late(policy)
