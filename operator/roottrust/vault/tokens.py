"""Keeping one valid token of a Vault: logging in, renewing, replacing, revoking; one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.vault.login import Login, VaultCall, VaultToken, build_login_token
from roottrust.vault.login.vault_token import LOOKUP_PATH, RENEW_PATH, REVOKE_PATH
from roottrust.vault.own_call import RefusedCallError
from roottrust.vault.relogin import ReloginLimit

logger = logging.getLogger(__name__)

# Less than the time after which whatever needs the login tries again.
REFUSED_PAUSE = timedelta(seconds=45)
TRANSIENT_PAUSE = timedelta(seconds=5)
LONGEST_TRANSIENT_PAUSE = timedelta(seconds=60)

_Result = TypeVar("_Result")


class RunBlocking(Protocol):
    """Runs one blocking function in the client's threads."""

    def __call__(self, work: Callable[[], _Result], /) -> Awaitable[_Result]:
        """Run it."""


class OnLogin(Protocol):
    """Told of every login and renewal: `result` is `ok` or the error's reason."""

    def __call__(self, *, method: str, result: str) -> None:
        """Count one login."""


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A token to repeat a refused request with; `is_new` if this request made us log in."""

    token: VaultToken
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """A login or renewal that failed, and until when all are told so without another attempt."""

    error: RootTrustError
    until: datetime


class TokenKeeper:
    """Holds the token of one Vault; never more than one login runs at a time.

    Nothing makes it log in often: not many callers at once, not a login that is refused, not a
    right that is missing. What it logs in for is revoked when it is replaced or given up.
    """

    def __init__(
        self,
        *,
        login: Login,
        call: VaultCall,
        run: RunBlocking,
        now: Callable[[], datetime],
        on_login: OnLogin,
    ) -> None:
        self._login = login
        self._call = call
        self._run = run
        self._now = now
        self._on_login = on_login
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._token: VaultToken | None = None
        self._failure: _Failure | None = None
        self._relogins = ReloginLimit()
        self._is_given_up = False

    @property
    def token(self) -> VaultToken | None:
        """The token of this moment, whether or not it is good for anything still."""
        return self._token

    @property
    def owned(self) -> VaultToken | None:
        """The token, if it is ours to revoke."""
        return self._token if self._login.owns_tokens else None

    async def get(self) -> VaultToken:
        """Return a token that is valid now; log in or renew when it is time."""
        if not self._is_good():
            await self._run_alone(self._refresh)
        return self._require()

    async def replace(self, refused: VaultToken) -> Replacement | None:
        """Return another token than the refused one, or None if a new login would not help."""
        return await self._run_alone(partial(self._replace, refused))

    def note_help(self) -> None:
        """Remember that a request was answered with the token of a replacement that is new."""
        self._relogins.note_help()

    async def give_up(self) -> None:
        """Wait for what is in progress, and revoke our own token; nothing works afterwards."""
        self._is_given_up = True
        async with self._lock:
            owned, self._token = self.owned, None
            if owned is not None:
                await self._revoke(owned)

    async def _run_alone(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Work to the end even if the caller is cancelled: a token that is lost stays alive."""
        task = asyncio.create_task(self._run_locked(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _run_locked(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        async with self._lock:
            if self._is_given_up:
                raise RuntimeError("Vault is asked for something after the end")
            return await work()

    def _is_good(self) -> bool:
        token = self._token
        return token is not None and not self._is_stale() and not token.is_renewal_due(self._now())

    def _is_stale(self) -> bool:
        """Whether its keeper has put another token into the place of ours."""
        return not self._login.owns_tokens and self._login.has_changed()

    def _require(self) -> VaultToken:
        if self._token is None:
            raise RuntimeError("no token after a login that succeeded")
        return self._token

    async def _refresh(self) -> None:
        """Renew or log in, unless that failed a moment ago; keep what still works."""
        if self._is_good():
            return
        try:
            self._raise_failure()
            await self._take(await self._attempt(self._renew_or_log_in))
        except RootTrustError:
            if self._token is None or self._token.is_expired(self._now()):
                raise

    async def _replace(self, refused: VaultToken) -> Replacement | None:
        current = self._require()
        if current.token != refused.token:
            return Replacement(token=current, is_new=False)
        self._raise_failure()
        if not await self._is_relogin_due(refused):
            return None
        fresh = await self._attempt(self._log_in)
        self._relogins.note_login(self._now())
        await self._take(fresh)
        return Replacement(token=fresh, is_new=True) if fresh.token != refused.token else None

    def _raise_failure(self) -> None:
        """Tell everybody of the same failure; credentials that have changed deserve a new try."""
        failure = self._failure
        if failure is None or self._now() >= failure.until or self._login.has_changed():
            return
        # Without this, the trace of an error that is raised again and again would grow.
        raise failure.error.with_traceback(None)

    async def _is_relogin_due(self, refused: VaultToken) -> bool:
        if self._is_stale() or self._relogins.is_due(self._now()):
            return True
        return self._relogins.may_ask(self._now()) and await self._is_gone(refused)

    async def _is_gone(self, token: VaultToken) -> bool:
        try:
            await self._run(lambda: self._call("GET", LOOKUP_PATH, token=token.token))
        except RefusedCallError as error:
            return not error.lacks_right
        return False

    async def _attempt(self, work: Callable[[], Awaitable[VaultToken]]) -> VaultToken:
        try:
            return await work()
        except RootTrustError as error:
            self._failure = _Failure(error=error, until=self._now() + _find_pause(error))
            if self._token is not None:
                logger.warning(
                    "no new Vault token: %s", error.message, extra={"reason": error.reason}
                )
            raise

    async def _take(self, fresh: VaultToken) -> None:
        """Work with a token from now on; one that is left over would live on unused."""
        left = self.owned
        self._token, self._failure = fresh, None
        if left is not None and left.token != fresh.token and not left.is_expired(self._now()):
            await self._revoke(left)

    async def _renew_or_log_in(self) -> VaultToken:
        """Log in where a renewal gives nothing, or little since the longest life is near."""
        old = self._token
        renewed = None if old is None or self._is_stale() else await self._renew(old)
        return renewed or await self._log_in()

    async def _renew(self, old: VaultToken) -> VaultToken | None:
        now = self._now()
        if not old.renewable or old.expires_at is None or old.is_expired(now):
            return None

        def work() -> VaultToken:
            answer = self._call("POST", RENEW_PATH, token=old.token, body={})
            return build_login_token(answer, now=now, path=RENEW_PATH)

        try:
            renewed = await self._run(work)
        except RootTrustError as error:
            self._on_login(method="renew", result=error.reason)
            return None
        self._on_login(method="renew", result="ok")
        return renewed if _is_worth_it(renewed, old.expires_at - old.obtained_at) else None

    async def _log_in(self) -> VaultToken:
        now = self._now()
        try:
            token = await self._run(lambda: self._login.login(self._call, now=now))
        except RootTrustError as error:
            self._on_login(method=self._login.method, result=error.reason)
            raise
        self._on_login(method=self._login.method, result="ok")
        return token

    async def _revoke(self, token: VaultToken) -> None:
        if not token.is_stored:
            return

        def work() -> None:
            self._call("POST", REVOKE_PATH, token=token.token, body={})

        try:
            await self._run(work)
        except RootTrustError as error:
            logger.info("a Vault token of ours is not revoked, and ends by itself: %s", error)


def _is_worth_it(renewed: VaultToken, lease: timedelta) -> bool:
    """Whether a renewal gave at least half of the lease; less than a second looks like no end."""
    ends_at = renewed.expires_at
    return ends_at is not None and ends_at - renewed.obtained_at >= lease / 2


def _find_pause(error: RootTrustError) -> timedelta:
    if not isinstance(error, TransientError):
        return REFUSED_PAUSE
    wanted = timedelta(seconds=min(error.retry_after_seconds or 0, 3600))
    return min(max(wanted, TRANSIENT_PAUSE), LONGEST_TRANSIENT_PAUSE)
