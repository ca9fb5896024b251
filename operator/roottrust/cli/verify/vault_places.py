"""Where the Vaults of the meshes are reached from here, and how they are trusted.

No token is sent: which root a PKI mount has is shown to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roottrust.api.issued_certificate import IssuedVaultCa
from roottrust.cli.own_access import OwnAccess
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.vault.connection import VaultConnection


@dataclass(frozen=True, kw_only=True)
class VaultPlaces:
    """Endpoints by the addresses that IssuedCertificates name, and whose CA a person names."""

    own: OwnAccess
    endpoints: Mapping[str, str] = field(default_factory=dict)
    trusted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def build_connection(self, vault: IssuedVaultCa, *, timeout_seconds: float) -> VaultConnection:
        """Return where one is; raises DependencyMissingError when VAULT_CACERT cannot be read."""
        address = vault.server.rstrip("/")
        own_ca = self.own.read_ca() if address in self.trusted else None
        return VaultConnection(
            address=address,
            endpoint=self.endpoints.get(address, address),
            namespace=vault.namespace,
            ca_pem=own_ca or vault.ca_bundle,
            timeout_seconds=timeout_seconds,
        )


def find_vault_places(
    servers: Iterable[str], own: OwnAccess, given: Iterable[str] = ()
) -> VaultPlaces:
    """Work out endpoints from `[ADDRESS=]URL` as given, VAULT_ADDR, and the addresses themselves.

    VAULT_ADDR is where the only server is, or names one of several; VAULT_CACERT belongs to it.
    Raises InvalidSpecError for an endpoint that cannot be used.
    """
    addresses = tuple(sorted({each.rstrip("/") for each in servers}))
    endpoints = dict(_split(word, addresses) for word in given)
    if own.address is None:
        trusted = frozenset(addresses if len(addresses) == 1 else ())
        return VaultPlaces(own=own, endpoints=endpoints, trusted=trusted)
    meant = [each for each in addresses if own.address in {each, endpoints.get(each)}]
    if not meant and len(addresses) == 1:
        meant = list(addresses)
        endpoints.setdefault(addresses[0], own.address)
        note = f"Vault {addresses[0]} is read at {endpoints[addresses[0]]}."
    else:
        note = "" if meant else _build_unused(own.address, addresses)
    return VaultPlaces(
        own=own,
        endpoints=endpoints,
        trusted=frozenset(meant),
        notes=(note,) if note else (),
    )


def _split(word: str, addresses: tuple[str, ...]) -> tuple[str, str]:
    first, mark, second = word.partition("=")
    known = ", ".join(addresses)
    if not mark and len(addresses) > 1:
        raise _build_unusable(word, f"write ADDRESS=URL with one of {known}")
    address, url = (first.rstrip("/"), second) if mark else (addresses[0], first)
    if address not in addresses:
        raise _build_unusable(word, f"no mesh has that address: they have {known}")
    if not url.startswith(("https://", "http://")):
        raise _build_unusable(word, "an endpoint begins with https://")
    return address, url.rstrip("/")


def _build_unusable(word: str, why: str) -> InvalidSpecError:
    return InvalidSpecError(f"--vault-endpoint {word}: {why}.", reason=Reason.INVALID_SPEC)


def _build_unused(address: str, addresses: tuple[str, ...]) -> str:
    return (
        f"VAULT_ADDR {address} is not used: the meshes have several Vaults "
        f"({', '.join(addresses)}); name endpoints by --vault-endpoint ADDRESS=URL."
    )
