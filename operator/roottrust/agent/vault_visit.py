"""One visit to Vault: log in, have an intermediate signed, and leave no token behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import SecretStr

from roottrust.agent.vault_login import AgentLogin
from roottrust.api.issued_certificate import IssuedVaultCa
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.vault.connection import VaultConnection
from roottrust.vault.errors import classify_status, is_denied
from roottrust.vault.login.vault_token import REVOKE_PATH, VaultToken
from roottrust.vault.transport import VaultTransport

logger = logging.getLogger(__name__)

TRUST_HINT = "set caBundle or caSecretRef of the RootTrustPolicy to the CA that signed it"

_UPDATE = "update"


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """A key that Vault made, and the request to sign it."""

    key: SecretStr
    csr: str


def build_connection(vault: IssuedVaultCa) -> VaultConnection:
    """Return where Vault is; a caBundle is the only trust there if it is given."""
    return VaultConnection(
        address=vault.server,
        endpoint=vault.server,
        namespace=vault.namespace,
        ca_pem=vault.ca_bundle,
        trust_hint=TRUST_HINT,
    )


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signed intermediate, and what Vault says stands above it: an offer, and never a root."""

    certificate: str
    offered: tuple[str, ...]


@contextmanager
def visit_vault(connection: VaultConnection, login: AgentLogin) -> Iterator[VaultVisit]:
    """Be logged in while this is entered; the token is revoked at the end, come what may."""
    transport = VaultTransport(connection, pool_size=1)
    try:
        address, namespace = connection.address, connection.namespace
        token = login.log_in(transport, address=address, namespace=namespace)
        visit = VaultVisit(connection, transport, token)
        try:
            yield visit
        finally:
            visit.revoke()
    finally:
        transport.close()


class VaultVisit:
    """What an agent does with its token."""

    def __init__(
        self, connection: VaultConnection, transport: VaultTransport, token: VaultToken
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._token = token

    def make_key(self, path: str, request: Mapping[str, str]) -> MadeKey:
        """Have Vault make the key (pki intermediate/generate/exported): it is told this once."""
        data = self._post(path, request)
        return MadeKey(
            key=SecretStr(_take(data, "private_key", path=path)), csr=_take(data, "csr", path=path)
        )

    def sign(self, path: str, request: Mapping[str, str]) -> Signed:
        """Return the signed intermediate in PEM (pki issuer/<id>/sign-intermediate)."""
        data = self._post(path, request)
        chain = data.get("ca_chain")
        return Signed(
            certificate=_take(data, "certificate", path=path),
            offered=tuple(str(each) for each in chain) if isinstance(chain, list) else (),
        )

    def revoke(self) -> None:
        """Revoke our token. A batch token is stored nowhere, and one that is gone is gone."""
        if not self._token.is_stored:
            return
        try:
            response = self._transport.send(
                "POST", REVOKE_PATH, token=self._token.token, namespace=self._connection.namespace
            )
        except RootTrustError as error:
            logger.warning(
                "the Vault token was not revoked and ends by itself: %s",
                error.message,
                extra={"reason": error.reason},
            )
            return
        if not response.is_success and response.status != HTTPStatus.FORBIDDEN:
            logger.warning(
                "the Vault token was not revoked and ends by itself: Vault %s answered HTTP %d",
                self._connection.address,
                response.status,
            )

    def _post(self, path: str, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the answer's data; raises one of the product's errors."""
        response = self._transport.send(
            "POST",
            path,
            token=self._token.token,
            namespace=self._connection.namespace,
            body=request,
        )
        if response.is_success:
            data = response.body.get("data")
            return data if isinstance(data, Mapping) else {}
        if is_denied(response.status):
            raise self._build_denial(path)
        raise classify_status(
            response.status,
            errors=response.errors,
            retry_after_seconds=response.retry_after_seconds,
            address=self._connection.address,
            path=path,
            capability=_UPDATE,
        )

    def _build_denial(self, path: str) -> AccessDeniedError:
        return AccessDeniedError(
            f"Vault {self._connection.address} denied {_UPDATE} on {path} with the certificate "
            "options of the IssuedCertificate: see the condition VaultConfigured of the "
            "RootTrustPolicy, whose hub keeps the Vault policy that grants it.",
            reason=Reason.ACCESS_DENIED,
            path=path,
            capability=_UPDATE,
        )


def _take(data: Mapping[str, Any], field: str, *, path: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not value:
        raise DependencyMissingError(
            f"Vault answered {path} without {field}: check that it is the path of a PKI mount.",
            reason=Reason.REJECTED_BY_VAULT,
        )
    return value
