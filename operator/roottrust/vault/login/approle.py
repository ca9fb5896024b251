"""Login with a role id and a secret id: POST auth/<mount>/login."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from roottrust.vault.login.credential import CredentialFile
from roottrust.vault.login.exchange import LOCKOUT, Exchange, build_login_path
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import VaultToken


class AppRoleLogin:
    """Trades the secret id that a file has at this moment: it is made to be exchanged often.

    The role id is a name rather than a secret, and is given as it is or in a file.
    """

    method = "approle"
    owns_tokens = True

    def __init__(self, *, mount: str, role_id: str | Path, secret_id_path: Path) -> None:
        self._role_id = (
            CredentialFile(role_id, what="role id") if isinstance(role_id, Path) else role_id
        )
        self._secret_id = CredentialFile(secret_id_path, what="secret id")
        self._exchange = Exchange(
            method=self.method,
            path=build_login_path(mount),
            advice=f"check that mount, the role id, and {self._secret_id}; {LOCKOUT}",
        )

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Log in."""
        secret_id = self._secret_id.read()
        body = {"role_id": self._read_role_id(), "secret_id": secret_id.get_secret_value()}
        return self._exchange.post(call, body, secret=secret_id, now=now)

    def has_changed(self) -> bool:
        """Whether the secret id or the role id was exchanged since the last login."""
        files = (self._secret_id, self._role_id)
        return any(isinstance(each, CredentialFile) and each.has_changed() for each in files)

    def _read_role_id(self) -> str:
        if isinstance(self._role_id, str):
            return self._role_id
        return self._role_id.read().get_secret_value()
