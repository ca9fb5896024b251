"""When a refused request is worth a new login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FIRST_PAUSE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(seconds=600)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ReloginLimit:
    """Spaces the logins that refusals cause.

    A refusal means that our token is gone, which a login mends, or that a right is missing, which
    it mends only if the login's own set-up was changed. So after a login that did not help the next
    one waits for longer each time, unless the token turns out to be gone.
    """

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._next_login_at = _LONG_AGO
        self._next_question_at = _LONG_AGO

    def is_due(self, now: datetime) -> bool:
        """Whether to log in without asking further."""
        return now >= self._next_login_at

    def may_ask(self, now: datetime) -> bool:
        """Whether to ask Vault if the token is gone: once in a while, however many are refused."""
        if now < self._next_question_at:
            return False
        self._next_question_at = now + FIRST_PAUSE
        return True

    def note_login(self, now: datetime) -> None:
        """Have the next one wait, twice as long as this one did."""
        if now - self._next_login_at >= LONGEST_PAUSE:
            self._pause = FIRST_PAUSE
        self._next_login_at = now + self._pause
        self._next_question_at = now + FIRST_PAUSE
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def note_help(self) -> None:
        """Have the next one not wait, since the last one has helped."""
        self._pause = FIRST_PAUSE
        self._next_login_at = _LONG_AGO
