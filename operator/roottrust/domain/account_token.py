"""What a ServiceAccount's token tells of itself: whose it is, and when it is to be renewed.

It is read, not checked: that is the API server's business.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True, kw_only=True)
class AccountToken:
    """A token of an account; one from a Secret of old never ends, and has no `expires_at`."""

    namespace: str
    name: str
    issued_at: datetime | None
    expires_at: datetime | None

    @property
    def life_seconds(self) -> int | None:
        """How long it lives, None for one that never ends."""
        if self.issued_at is None or self.expires_at is None:
            return None
        return int((self.expires_at - self.issued_at).total_seconds())

    def find_renewal(self, share: float) -> datetime | None:
        """Return when this share of its life is over, None for one that never ends."""
        if self.issued_at is None or self.expires_at is None:
            return None
        return self.issued_at + (self.expires_at - self.issued_at) * share


def read_account_token(token: SecretStr) -> AccountToken | None:
    """Return what a token tells, None for one that is no ServiceAccount's."""
    try:
        claims = decode_part(token.get_secret_value().split(".")[1])
        kind, namespace, name = str(claims["sub"]).removeprefix("system:").split(":")
        if kind != "serviceaccount":
            return None
        return AccountToken(
            namespace=namespace,
            name=name,
            issued_at=_read_time(claims.get("iat")),
            expires_at=_read_time(claims.get("exp")),
        )
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def decode_part(part: str) -> dict[str, Any]:
    """Return one part of a token, its header or its claims; raises ValueError, RecursionError."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


def _read_time(seconds: Any) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
