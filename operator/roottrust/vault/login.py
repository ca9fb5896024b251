"""How the operator gets a token of its own from Vault: one class a method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.reasons import Reason

RENEWAL_RATIO = 2 / 3


@dataclass(frozen=True, kw_only=True)
class VaultToken:
    """A token and its lease; `expires_at` is None for one that does not end."""

    token: SecretStr
    obtained_at: datetime
    expires_at: datetime | None
    renewable: bool

    def is_renewal_due(self, now: datetime) -> bool:
        """Whether two thirds of the lease are over."""
        if self.expires_at is None:
            return False
        lease = self.expires_at - self.obtained_at
        return now >= self.obtained_at + lease * RENEWAL_RATIO

    def is_expired(self, now: datetime) -> bool:
        """Whether Vault no longer accepts it."""
        return self.expires_at is not None and now >= self.expires_at


class VaultCall(Protocol):
    """One blocking request; returns the whole answer and raises the product's errors."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        token: SecretStr | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Send it."""


class Login(Protocol):
    """A way to log in; blocking, called in the client's own threads, never twice at a time."""

    @property
    def method(self) -> str:
        """The word for metrics and messages."""

    @property
    def owns_tokens(self) -> bool:
        """Whether tokens were made for us, so that we revoke them when we stop."""

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Return a token, or raise one of the product's errors."""

    def has_changed(self) -> bool:
        """Whether the source of the token is another than at the last login."""


class TokenFileLogin:
    """Takes the token that somebody else (for example Vault Agent) keeps in a file."""

    method = "token-file"
    owns_tokens = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Read the file and ask Vault how long the token lives (GET auth/token/lookup-self).

        Raises DependencyMissingError when the file is missing or empty.
        """
        self._seen = _read_identity(self._path)
        token = _read_credential(self._path, what="Vault token")
        try:
            data = _get_mapping(call("GET", "auth/token/lookup-self", token=token), "data")
        except AccessDeniedError:
            # Either the token is bad, and the request it is for will say so, or it may not look
            # itself up, and then its lifetime is its keeper's business.
            data = {}
        return _build_token(token, lease_seconds=data.get("ttl"), facts=data, now=now)

    def has_changed(self) -> bool:
        """Whether the file was written since the last login."""
        return _read_identity(self._path) != self._seen


class KubernetesLogin:
    """Trades the projected ServiceAccount token for one of Vault: POST auth/<mount>/login."""

    method = "kubernetes"
    owns_tokens = True

    def __init__(self, *, mount: str, role: str, token_path: Path) -> None:
        self._path = f"auth/{mount.strip('/')}/login"
        self._role = role
        self._token_path = token_path

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Log in with the ServiceAccount token of this moment: the kubelet replaces it."""
        jwt = _read_credential(self._token_path, what="ServiceAccount token")
        body = {"role": self._role, "jwt": jwt.get_secret_value()}
        return build_login_token(call("POST", self._path, body=body), now=now, path=self._path)

    def has_changed(self) -> bool:
        """Never: a rotated ServiceAccount token does not end the Vault token."""
        return False


def build_login_token(answer: Mapping[str, Any], *, now: datetime, path: str) -> VaultToken:
    """Return the token of a login's or renewal's answer."""
    auth = _get_mapping(answer, "auth")
    token = auth.get("client_token")
    if not isinstance(token, str) or not token:
        raise DependencyMissingError(
            f"Vault answered {path} without a token.", reason=Reason.LOGIN_FAILED
        )
    return _build_token(
        SecretStr(token), lease_seconds=auth.get("lease_duration"), facts=auth, now=now
    )


def _build_token(
    token: SecretStr, *, lease_seconds: object, facts: Mapping[str, Any], now: datetime
) -> VaultToken:
    is_limited = isinstance(lease_seconds, int) and lease_seconds > 0
    expires_at = now + timedelta(seconds=int(str(lease_seconds))) if is_limited else None
    return VaultToken(
        token=token,
        obtained_at=now,
        expires_at=expires_at,
        renewable=facts.get("renewable") is True,
    )


def _get_mapping(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = answer.get(key)
    return value if isinstance(value, Mapping) else {}


def _read_credential(path: Path, *, what: str) -> SecretStr:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise DependencyMissingError(
            f"The {what} cannot be read from {path} ({type(failure).__name__}): mount it there.",
            reason=Reason.LOGIN_FAILED,
        ) from None
    if not text:
        raise DependencyMissingError(f"The {what} in {path} is empty.", reason=Reason.LOGIN_FAILED)
    return SecretStr(text)


def _read_identity(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is rewritten or replaced, None when it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)
