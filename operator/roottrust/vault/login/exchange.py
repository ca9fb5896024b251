"""Trading credentials for a token, and saying what to check when Vault does not take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import REDACTED
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import VaultToken, build_login_token
from roottrust.vault.own_call import RefusedCallError

# Vault's own defaults: five refusals, a quarter of an hour.
LOCKOUT = "after some refusals Vault takes no login of that name for 15 minutes"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One login: POST to a path under auth/; `advice` is what to check when it is refused."""

    method: str
    path: str
    advice: str

    def post(
        self, call: VaultCall, body: Mapping[str, str], *, secret: SecretStr, now: datetime
    ) -> VaultToken:
        """Return the token; raises AccessDeniedError, reason LoginFailed, when it is refused."""
        try:
            answer = call("POST", self.path, body=body)
        except RefusedCallError as error:
            raise explain_refusal(
                error, method=self.method, advice=self.advice, secret=secret
            ) from None
        return build_login_token(answer, now=now, path=self.path)


def explain_refusal(
    error: RefusedCallError, *, method: str, advice: str, secret: SecretStr
) -> AccessDeniedError:
    """Return the refusal in one sentence; what Vault says is told, less what it was sent."""
    said = error.said.replace(secret.get_secret_value(), REDACTED)
    return AccessDeniedError(
        f"Vault {error.address} refused the operator's {method} login at {error.place}"
        f"{f' ({said})' if said else ''}: {advice}.",
        reason=Reason.LOGIN_FAILED,
        path=error.path,
        capability=error.capability,
    )


def build_login_path(mount: str, name: str = "") -> str:
    """Return `auth/<mount>/login`, and the name of who logs in where it is part of the path."""
    return f"auth/{mount.strip('/')}/login" + (f"/{name}" if name else "")
