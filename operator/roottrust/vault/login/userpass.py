"""Login with a name and a password: POST auth/<mount>/login/<name>."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from roottrust.vault.login.credential import CredentialFile
from roottrust.vault.login.exchange import LOCKOUT, Exchange, build_login_path
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import VaultToken


class UserpassLogin:
    """Trades the password that a file has at this moment."""

    method = "userpass"
    owns_tokens = True

    def __init__(self, *, mount: str, username: str, password_path: Path) -> None:
        self._password = CredentialFile(password_path, what="password")
        self._exchange = Exchange(
            method=self.method,
            path=build_login_path(mount, username),
            advice=f"check that mount and user, and {self._password}; {LOCKOUT}",
        )

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Log in."""
        password = self._password.read()
        body = {"password": password.get_secret_value()}
        return self._exchange.post(call, body, secret=password, now=now)

    def has_changed(self) -> bool:
        """Whether the password was exchanged since the last login."""
        return self._password.has_changed()
