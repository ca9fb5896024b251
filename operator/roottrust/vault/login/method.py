"""What a way to log in is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import SecretStr

from roottrust.vault.login.vault_token import VaultToken


class VaultCall(Protocol):
    """One blocking request in the namespace of the login; returns the whole answer.

    Raises RefusedCallError when Vault says no, TransientError when it may say otherwise later.
    """

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
        """Whether tokens are made for us, so that we revoke them, and outlive their credentials."""

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Return a token, or raise one of the product's errors."""

    def has_changed(self) -> bool:
        """Whether the credentials are others than at the last login."""
