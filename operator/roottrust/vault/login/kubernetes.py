"""Login with the operator's own ServiceAccount: POST auth/<mount>/login."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from roottrust.vault.login.credential import CredentialFile
from roottrust.vault.login.exchange import Exchange, build_login_path
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import VaultToken


class KubernetesLogin:
    """Trades the projected ServiceAccount token of this moment: the kubelet replaces it."""

    method = "kubernetes"
    owns_tokens = True

    def __init__(self, *, mount: str, role: str, token_path: Path) -> None:
        self._role = role
        self._jwt = CredentialFile(token_path, what="ServiceAccount token")
        self._exchange = Exchange(
            method=self.method,
            path=build_login_path(mount),
            advice=f"check that mount and the role {role}, the role's audience and ServiceAccount, "
            f"and {self._jwt}",
        )

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Log in."""
        jwt = self._jwt.read()
        body = {"role": self._role, "jwt": jwt.get_secret_value()}
        return self._exchange.post(call, body, secret=jwt, now=now)

    def has_changed(self) -> bool:
        """Whether the kubelet has replaced the token since the last login."""
        return self._jwt.has_changed()
