"""The reviewer's token that Vault has for a cluster: when another one has to be made.

Vault never shows it, so status keeps what is known of it; losing that costs one renewal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from roottrust.domain.action import Action, Verb
from roottrust.domain.login_check import AccountReview, LoginCheck, SignatureCheck
from roottrust.domain.ownership import Conflict, Verdict
from roottrust.domain.vault_object import Difference, VaultObject

TOKEN_FIELD = "token_reviewer_jwt"  # noqa: S105 - the name of a field

_RENEW_AT = 2 / 3
_CLOCK_SKEW = timedelta(minutes=5)
_FRESH = "a fresh token of the reviewer"
_NONE = "empty"
_REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class ReviewerToken:
    """What is known of one token, but never the token; times are aware UTC.

    `account_uid` is that of its ServiceAccount, `key_id` the `kid` of the key that signed it. One
    that is fresh was made in this very reconcile: what is known of the cluster may be older.
    """

    issued_at: datetime
    expires_at: datetime
    account_uid: str
    key_id: str
    is_fresh: bool = False

    @property
    def renew_at(self) -> datetime:
        """When two thirds of its life are over."""
        return self.issued_at + (self.expires_at - self.issued_at) * _RENEW_AT


ReviewerTokens = Mapping[str, ReviewerToken]


def judge_reviewer(
    verdict: Verdict,
    check: LoginCheck,
    found: Mapping[str, Any] | None,
    *,
    known: ReviewerToken | None,
    now: datetime,
) -> Verdict:
    """Add to the verdict on an auth config that its token has to be made anew, or removed."""
    if verdict.managed is None or found is None or isinstance(check, SignatureCheck):
        return verdict
    wanted = verdict.managed.wanted
    if isinstance(check, AccountReview):
        reason = _find_reason(check, found, known=known, now=now)
        difference = _build_difference(wanted, wanted_text=_FRESH, found_text=reason)
    else:
        reason = "a token of the reviewer" if known is not None else None
        difference = _build_difference(wanted, wanted_text=_NONE, found_text=reason)
    return verdict if difference is None else _add(verdict, wanted, difference)


def find_next_renewal(tokens: Iterable[ReviewerToken], now: datetime) -> float | None:
    """Return in how many seconds the next token is due, None if there is none.

    One that is overdue could not be renewed, and is tried again as its failure asks.
    """
    due = [token.renew_at for token in tokens if token.renew_at > now]
    return (min(due) - now).total_seconds() if due else None


def _find_reason(
    check: AccountReview,
    found: Mapping[str, Any],
    *,
    known: ReviewerToken | None,
    now: datetime,
) -> str | None:
    """Return what is wrong with the token that Vault has; OpenBao alone tells if it has one."""
    if found.get("token_reviewer_jwt_set") is False:
        return _REMOVED
    if known is None or known.issued_at > now + _CLOCK_SKEW:
        return "not known to be valid"
    if known.renew_at <= now:
        return f"due for renewal since {known.renew_at:%Y-%m-%dT%H:%MZ}"
    if known.is_fresh:
        return None
    if check.account_uid not in {None, known.account_uid}:
        return "of an account that was deleted"
    if check.key_ids is not None and known.key_id not in check.key_ids:
        return "signed by a key that is published no more"
    return None


def _build_difference(
    wanted: VaultObject, *, wanted_text: str, found_text: str | None
) -> Difference | None:
    if found_text is None:
        return None
    difference = Difference(
        path=wanted.path, field=TOKEN_FIELD, wanted=wanted_text, found=found_text
    )
    if found_text != _REMOVED:
        return difference
    # Vault shows no token: only where it shows that there is none, somebody changed it.
    return replace(difference, found_value=found_text, wanted_value=wanted_text)


def _add(verdict: Verdict, wanted: VaultObject, difference: Difference) -> Verdict:
    if not verdict.is_ours:
        # What others made has a token of theirs, if any.
        conflict = Conflict(path=wanted.path, kind=wanted.kind, differences=(difference,))
        return Verdict(conflict=conflict)
    before = verdict.action.differences if verdict.action else ()
    action = Action(verb=Verb.UPDATE, wanted=wanted, differences=(*before, difference))
    return replace(verdict, action=action)
