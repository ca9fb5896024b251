"""How a person reaches Vault: by the variables of the Vault command line, or as the operator does.

A token is sent to no server but the one that it is for: the one that VAULT_ADDR names, or the only
one of the configuration.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.runtime.settings_vault import VaultServerSettings

TOKEN_FILE = ".vault-token"  # noqa: S105 - a file's name


@dataclass(frozen=True, kw_only=True)
class OwnAccess:
    """A person's token and trust; each None where there is none."""

    token: SecretStr | None = None
    origin: str = ""
    address: str | None = None
    ca_file: Path | None = None

    def is_for(self, server: VaultServerSettings, servers: Iterable[VaultServerSettings]) -> bool:
        """Whether this is meant for a server."""
        if self.address is not None:
            return self.address in {server.address, server.endpoint}
        return len({each.endpoint for each in servers}) == 1

    def read_ca(self) -> str | None:
        """Return the CA that the person names; raises DependencyMissingError."""
        if self.ca_file is None:
            return None
        try:
            return self.ca_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as failure:
            raise DependencyMissingError(
                f"VAULT_CACERT {self.ca_file} cannot be read ({type(failure).__name__}).",
                reason=Reason.INVALID_CA_BUNDLE,
            ) from None


def find_own_access(
    environment: Mapping[str, str] = os.environ, *, home: Path | None = None
) -> OwnAccess:
    """Return what VAULT_TOKEN or ~/.vault-token, VAULT_ADDR and VAULT_CACERT say."""
    token, origin = environment.get("VAULT_TOKEN", "").strip(), "VAULT_TOKEN"
    if not token:
        path = (home or Path.home()) / TOKEN_FILE
        token, origin = _read_token(path), f"~/{TOKEN_FILE}"
    address, ca_file = environment.get("VAULT_ADDR"), environment.get("VAULT_CACERT")
    return OwnAccess(
        token=SecretStr(token) if token else None,
        origin=origin,
        address=address.rstrip("/") if address else None,
        ca_file=Path(ca_file) if ca_file else None,
    )


def list_notes(own: OwnAccess, servers: tuple[VaultServerSettings, ...]) -> tuple[str, ...]:
    """Return what a person who has a token would wonder about."""
    if own.token is None or any(own.is_for(each, servers) for each in servers):
        return ()
    known = ", ".join(each.address for each in servers)
    if own.address is None:
        return (f"{own.origin} is not used: name its server by VAULT_ADDR, one of {known}.",)
    other = (
        f"{own.origin} is not used: VAULT_ADDR {own.address} is no address or endpoint of the "
        f"configuration's servers ({known}); --vault-endpoint may help."
    )
    return (other,)


def _read_token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
