"""Whether the token of a registered cluster may do there what the hub has to do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from roottrust.domain.backoff import get_backoff_seconds
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_hub import Right, list_needed_rights
from roottrust.domain.some_names import list_some
from roottrust.hub.pace import spread
from roottrust.kube.access import KubeAccess
from roottrust.kube.access_rights import find_missing_rights
from roottrust.kube.client import KubeClient
from roottrust.kube.watch_client import ANSWER_BYTES_MAX
from roottrust.runtime.clock import Timer, wait_for_event

CHECK_SECONDS = 3600.0
TIMEOUT_SECONDS = 15.0


class RightsCheck:
    """Asks for them at the start, again soon while one is missing, and once in less than an hour.

    `option` is what `roottrust cluster join` grants them with.

    Every hub asks, also one that stands by: the reviews change nothing.
    """

    def __init__(
        self,
        access: KubeAccess,
        *,
        secret: Callable[[], str],
        cluster: str,
        on_state: Callable[[RootTrustError | None], None],
        timer: Timer,
        rights: tuple[Right, ...] = list_needed_rights(),
        option: str = "",
    ) -> None:
        self._client = KubeClient(
            access, concurrency=2, timeout_seconds=TIMEOUT_SECONDS, answer_bytes=ANSWER_BYTES_MAX
        )
        self._secret = secret
        self._on_state = on_state
        self._needed = rights
        self._remedy = f"roottrust cluster join {cluster}{option and f' {option}'}"
        self._timer = timer
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Check until cancelled; of a cluster that does not answer its watches tell.

        Not of one that refuses the token: what they have open goes on with the one of before.
        """
        failures = 0
        while True:
            try:
                missing = await find_missing_rights(self._client, self._needed)
            except AccessDeniedError as error:
                failures += 1
                self._on_state(error)
            except RootTrustError:
                failures += 1
            else:
                failures = failures + 1 if missing else 0
                self._on_state(self._build_error(missing) if missing else None)
            delay = spread(CHECK_SECONDS, share=random.random())  # noqa: S311 - no secret
            if failures:
                delay = get_backoff_seconds(failures, share=1.0)
            await wait_for_event(self._again, self._timer, seconds=delay)
            self._again.clear()

    def check_again(self) -> None:
        """Have them checked now: there is another token."""
        self._again.set()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _build_error(self, missing: tuple[Right, ...]) -> AccessDeniedError:
        names = list_some([str(each) for each in missing])
        return AccessDeniedError(
            f"The token of Secret {self._secret()} lacks rights there ({names}): run "
            f"`{self._remedy}`, which grants them.",
            reason=Reason.CLUSTER_ACCESS_DENIED,
            path=missing[0].resource,
            capability=missing[0].verb,
        )
