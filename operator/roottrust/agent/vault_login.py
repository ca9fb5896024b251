"""An agent's login: POST auth/<mount>/login with istiod's token, alike for kubernetes and jwt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import REDACTED
from roottrust.vault.errors import CREATE_OR_UPDATE, classify_status
from roottrust.vault.login.credential import CredentialFile
from roottrust.vault.login.exchange import build_login_path
from roottrust.vault.login.vault_token import VaultToken, build_login_token
from roottrust.vault.own_call import RefusedCallError, judge_own_call
from roottrust.vault.transport import VaultResponse, VaultTransport


class AgentLogin:
    """Trades the ServiceAccount token of this moment: the kubelet replaces it."""

    def __init__(
        self, *, mount: str, role: str, account: str, token_file: Path, now: Callable[[], datetime]
    ) -> None:
        self._path = build_login_path(mount)
        self._role = role
        self._account = account
        self._jwt = CredentialFile(token_file, what="ServiceAccount token")
        self._now = now

    def log_in(
        self, transport: VaultTransport, *, address: str, namespace: str | None
    ) -> VaultToken:
        """Return a token; raises AccessDeniedError, reason LoginFailed, when Vault refuses it."""
        jwt = self._jwt.read()
        body = {"role": self._role, "jwt": jwt.get_secret_value()}
        at = self._now()
        response = transport.send("POST", self._path, namespace=namespace, body=body)
        if not response.is_success:
            raise self._explain(response, jwt, address=address, namespace=namespace)
        return build_login_token(response.body, now=at, path=self._path)

    def _explain(
        self, response: VaultResponse, jwt: SecretStr, *, address: str, namespace: str | None
    ) -> RootTrustError:
        error = judge_own_call(
            classify_status(
                response.status,
                errors=response.errors,
                retry_after_seconds=response.retry_after_seconds,
                address=address,
                path=self._path,
                capability=CREATE_OR_UPDATE,
            ),
            errors=response.errors,
            address=address,
            namespace=namespace,
            path=self._path,
            capability=CREATE_OR_UPDATE,
        )
        if not isinstance(error, RefusedCallError):
            return error
        said = error.said.replace(jwt.get_secret_value(), REDACTED)
        return AccessDeniedError(
            f"Vault {address} refused the login of {self._account} as {self._role} at {error.place}"
            f"{f' ({said})' if said else ''}: see the condition VaultConfigured of the "
            f"RootTrustPolicy, and that this role binds the audience and account of {self._jwt}.",
            reason=Reason.LOGIN_FAILED,
            path=error.path,
            capability=error.capability,
        )
