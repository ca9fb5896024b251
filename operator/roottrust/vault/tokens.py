"""Keeping one valid token of a Vault: logging in, renewing, replacing; one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.vault.login import Login, VaultCall, VaultToken, build_login_token

logger = logging.getLogger(__name__)

RELOGIN_PAUSE = timedelta(seconds=60)
RENEW_PATH = "auth/token/renew-self"


class RunBlocking(Protocol):
    """Runs one blocking function in the client's threads."""

    def __call__(self, work: Callable[[], VaultToken], /) -> Awaitable[VaultToken]:
        """Run it."""


class OnLogin(Protocol):
    """Told of every login and renewal: `result` is `ok` or the error's reason."""

    def __call__(self, *, method: str, result: str) -> None:
        """Count one login."""


class TokenKeeper:
    """Holds the token of one Vault; never more than one login runs at a time.

    Logins caused by refusals are at least a minute apart: a right that is missing for many policies
    must not become a login for each of their retries.
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
        self._token: VaultToken | None = None
        self._refused_login_at: datetime | None = None

    @property
    def owned(self) -> VaultToken | None:
        """The token, if it is ours to revoke."""
        return self._token if self._login.owns_tokens else None

    async def get(self) -> VaultToken:
        """Return a token that is valid now; log in or renew when it is time."""
        if self._is_good():
            return self._require()
        async with self._lock:
            if not self._is_good():
                self._token = await self._refresh()
            return self._require()

    async def replace(self, refused: VaultToken) -> VaultToken | None:
        """Return another token than the refused one, or None if a new login would not help."""
        async with self._lock:
            current = self._token
            if current is not None and current.token != refused.token:
                return current
            if not self._may_login_again():
                return None
            self._refused_login_at = self._now()
            self._token = await self._log_in()
            return self._token if self._token.token != refused.token else None

    def _is_good(self) -> bool:
        token = self._token
        return (
            token is not None
            and not token.is_renewal_due(self._now())
            and not self._login.has_changed()
        )

    def _require(self) -> VaultToken:
        if self._token is None:
            raise RuntimeError("no token after a login that succeeded")
        return self._token

    def _may_login_again(self) -> bool:
        at = self._refused_login_at
        return at is None or self._now() - at >= RELOGIN_PAUSE

    async def _refresh(self) -> VaultToken:
        """Renew if that gives at least half of the lease, else log in; keep what still works."""
        old = self._token
        if old is None or self._login.has_changed():
            return await self._log_in()
        renewed = await self._renew(old)
        if renewed is not None:
            return renewed
        try:
            return await self._log_in()
        except RootTrustError as error:
            if old.is_expired(self._now()):
                raise
            logger.warning("vault login failed, the old token is used on: %s", error.message)
            return old

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
        lease = old.expires_at - old.obtained_at
        is_enough = renewed.expires_at is None or renewed.expires_at - now >= lease / 2
        return renewed if is_enough else None

    async def _log_in(self) -> VaultToken:
        now = self._now()
        try:
            token = await self._run(lambda: self._login.login(self._call, now=now))
        except RootTrustError as error:
            self._on_login(method=self._login.method, result=error.reason)
            if isinstance(error, AccessDeniedError):
                raise _explain_refused_login(error) from None
            raise
        self._on_login(method=self._login.method, result="ok")
        return token


def _explain_refused_login(error: AccessDeniedError) -> AccessDeniedError:
    return AccessDeniedError(
        f"Vault refused the operator's own login at {error.path}: check its role, audience and "
        "ServiceAccount.",
        reason=Reason.LOGIN_FAILED,
        path=error.path,
        capability=error.capability,
    )
