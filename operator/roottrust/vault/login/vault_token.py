"""A token of Vault and how long it lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason

LOOKUP_PATH = "auth/token/lookup-self"
RENEW_PATH = "auth/token/renew-self"
REVOKE_PATH = "auth/token/revoke-self"

RENEWAL_RATIO = 2 / 3
_BATCH = "batch"


@dataclass(frozen=True, kw_only=True)
class VaultToken:
    """A token and its lease; `expires_at` is None for one that does not end.

    `policies` are the Vault policies that it carries, as far as Vault tells. A batch token
    (`is_stored` False) is nowhere but here: Vault can neither renew nor revoke it.
    """

    token: SecretStr
    obtained_at: datetime
    expires_at: datetime | None
    renewable: bool
    policies: frozenset[str] = frozenset()
    is_stored: bool = True

    @property
    def renewal_due_at(self) -> datetime | None:
        """When two thirds of the lease are over."""
        if self.expires_at is None:
            return None
        return self.obtained_at + (self.expires_at - self.obtained_at) * RENEWAL_RATIO

    def is_renewal_due(self, now: datetime) -> bool:
        """Whether two thirds of the lease are over."""
        due_at = self.renewal_due_at
        return due_at is not None and now >= due_at

    def is_expired(self, now: datetime) -> bool:
        """Whether Vault no longer accepts it."""
        return self.expires_at is not None and now >= self.expires_at


def build_login_token(answer: Mapping[str, Any], *, now: datetime, path: str) -> VaultToken:
    """Return the token of a login's or renewal's answer."""
    auth = get_mapping(answer, "auth")
    token = auth.get("client_token")
    if not isinstance(token, str) or not token:
        raise DependencyMissingError(
            f"Vault answered {path} without a token.", reason=Reason.LOGIN_FAILED
        )
    return build_token(
        SecretStr(token), lease_seconds=auth.get("lease_duration"), facts=auth, now=now
    )


def build_token(
    token: SecretStr, *, lease_seconds: object, facts: Mapping[str, Any], now: datetime
) -> VaultToken:
    """Return a token with what Vault tells of it; a lease of 0 is one without an end."""
    is_limited = isinstance(lease_seconds, int) and lease_seconds > 0
    expires_at = now + timedelta(seconds=int(str(lease_seconds))) if is_limited else None
    return VaultToken(
        token=token,
        obtained_at=now,
        expires_at=expires_at,
        renewable=facts.get("renewable") is True,
        policies=_list_policies(facts),
        is_stored=_BATCH not in {facts.get("token_type"), facts.get("type")},
    )


def _list_policies(facts: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of policies: the token's, its entity's, those of groups in namespaces."""
    lists = [facts.get(key) for key in ("policies", "token_policies", "identity_policies")]
    lists += get_mapping(facts, "external_namespace_policies").values()
    return frozenset(
        str(name).lower() for names in lists if isinstance(names, list) for name in names
    )


def get_mapping(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a part of an answer, an empty one if it is not there."""
    value = answer.get(key)
    return value if isinstance(value, Mapping) else {}
