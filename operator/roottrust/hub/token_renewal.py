"""The hub's own token in a registered cluster, renewed and written back into its Secret.

What is in the Secret is all that a hub has: the next one, or another replica, goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from roottrust.domain.account_token import AccountToken, read_account_token
from roottrust.domain.backoff import get_backoff_seconds
from roottrust.domain.errors import RootTrustError
from roottrust.domain.moment import show_time
from roottrust.domain.target import Account
from roottrust.hub.cluster_calls import ClusterCalls
from roottrust.hub.registration_secret import RegistrationSecret
from roottrust.kube.account_token import issue_account_token
from roottrust.kube.client import KubeClient
from roottrust.runtime.clock import Timer, wait_for_event
from roottrust.runtime.fence import FencedError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 300.0
# The API server gives no tokens that live shorter.
LEAST_SECONDS = 600


class TokenRenewal:
    """Renews the token after a share of its life; `on_warning` is told why it cannot."""

    def __init__(
        self,
        secret: RegistrationSecret,
        *,
        client: KubeClient,
        calls: ClusterCalls,
        share: float,
        now: Callable[[], datetime],
        timer: Timer,
        on_warning: Callable[[str | None], None],
    ) -> None:
        self._secret = secret
        self._client = client
        self._calls = calls
        self._share = share
        self._now = now
        self._timer = timer
        self._on_warning = on_warning
        self._again = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            delay = await self._look()
            if await wait_for_event(self._again, self._timer, seconds=delay):
                self._failures = 0
                self._again.clear()

    def look_again(self) -> None:
        """Look at the token now: it is another one."""
        self._again.set()

    async def _look(self) -> float:
        """Renew the token if it is time; return when to look again, in seconds."""
        token = read_account_token(self._secret.access.token)
        renew_at = token.find_renewal(self._share) if token else None
        if token is None or renew_at is None:
            self._on_warning(_warn_of_endless(self._secret.cluster))
            return LOOK_SECONDS
        left = (renew_at - self._now()).total_seconds()
        if left > 0:
            self._on_warning(None)
            return min(left, LOOK_SECONDS)
        try:
            await self._renew(token)
        except FencedError:
            return LOOK_SECONDS  # the hub that leads renews it
        except RootTrustError as error:
            self._failures += 1
            self._on_warning(_warn_of_failure(self._secret.cluster, token, error))
            return min(get_backoff_seconds(self._failures, share=1.0), LOOK_SECONDS)
        self._failures = 0
        self._on_warning(None)
        return LOOK_SECONDS  # the Secret that was written brings it sooner

    async def _renew(self, token: AccountToken) -> None:
        account = Account(namespace=token.namespace, name=token.name)
        seconds = max(token.life_seconds or 0, LEAST_SECONDS)
        fresh = await self._calls.run(
            lambda: issue_account_token(self._client, account, audience=None, seconds=seconds)
        )
        await self._secret.write_token(fresh)
        name = self._secret.cluster
        logger.info("cluster %s: the hub's token there was renewed", name, extra={"cluster": name})


def _warn_of_endless(cluster: str) -> str:
    return (
        f"Cluster {cluster}: the token of its Secret does not end by itself and is not renewed: "
        f"run `roottrust cluster join {cluster}`, whose token is."
    )


def _warn_of_failure(cluster: str, token: AccountToken, error: RootTrustError) -> str:
    end = f" and ends at {show_time(token.expires_at)}" if token.expires_at else ""
    return (
        f"Cluster {cluster}: the hub's token there could not be renewed{end}. {error.message} "
        f"`roottrust cluster join {cluster}` makes another one."
    )
