"""Reading a root from Vault without a token: what a PKI mount shows to everybody.

Vault API: LIST <mount>/issuers and GET <mount>/issuer/<id>/json, which need no token in Vault since
1.11 and in OpenBao. So a verification carries no secret that a wrong Vault could keep.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.errors import DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_path import CaPath
from roottrust.domain.verification_root import VaultRoot
from roottrust.http.guard import refuse_writes
from roottrust.vault.async_transport import AsyncVaultTransport
from roottrust.vault.connection import VaultConnection
from roottrust.vault.errors import classify_status, is_denied

_DEFAULT = "default"


async def read_public_root(connection: VaultConnection, ca_path: CaPath) -> VaultRoot:
    """Return the issuer of a path and, where it is not there, what the mount has by default.

    Raises RootTrustError when Vault does not show it.
    """
    transport = AsyncVaultTransport(connection, pool_size=1, guard=refuse_writes)
    reader = _Reader(transport, connection, mount=ca_path.mount)
    try:
        wanted = ca_path.issuer or _DEFAULT
        issuers = await reader.list_issuers()
        is_there = ca_path.issuer is None or wanted in {*issuers, *issuers.values()}
        return VaultRoot(
            path=f"{ca_path.mount}/issuer/{wanted}",
            issuer=await reader.read(wanted) if is_there and issuers else None,
            default=await reader.find_default() if issuers and not is_there else None,
            is_plain=connection.endpoint.startswith("http://"),
        )
    finally:
        await transport.close()


class _Reader:
    def __init__(
        self, transport: AsyncVaultTransport, connection: VaultConnection, *, mount: str
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._mount = mount

    async def list_issuers(self) -> dict[str, str]:
        """Return the issuers' names by their ids."""
        data = await self._send("LIST", f"{self._mount}/issuers") or {}
        info = data.get("key_info") or {}
        names = {key: (info.get(key) or {}).get("issuer_name") for key in data.get("keys") or ()}
        return {str(key): str(name or "") for key, name in names.items()}

    async def read(self, issuer: str) -> Certificate:
        """Return the certificate of an issuer that is there."""
        data = await self._send("GET", f"{self._mount}/issuer/{issuer}/json") or {}
        try:
            return parse_certificate(str(data.get("certificate") or ""))
        except UnreadableCertificateError as error:
            raise DependencyMissingError(
                f"The certificate of {self._mount}/issuer/{issuer} cannot be read: {error}",
                reason=Reason.ROOT_NOT_USABLE,
            ) from None

    async def find_default(self) -> Certificate | None:
        """Return the default issuer's certificate; Vault answers 500 where there is none."""
        try:
            return await self.read(_DEFAULT)
        except (DependencyMissingError, TransientError):
            return None

    async def _send(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the data of an answer, None for a 404."""
        response = await self._transport.send(method, path, namespace=self._connection.namespace)
        if response.is_success:
            data = response.body.get("data")
            return data if isinstance(data, dict) else {}
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        address = self._connection.address
        if is_denied(response.status):
            raise DependencyMissingError(
                f"Vault {address} shows no issuers at {self._mount}/: there is no such PKI mount, "
                "or something in front of Vault asks for a token.",
                reason=Reason.ROOT_NOT_FOUND,
            )
        raise classify_status(
            response.status,
            errors=response.errors,
            retry_after_seconds=response.retry_after_seconds,
            address=address,
            path=path,
            capability="list" if method == "LIST" else "read",
        )
