"""The Vault servers of the configuration, each with its terms and one client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from roottrust.domain.action import Action, Verb
from roottrust.domain.deletion_plan import DeletionFacts
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import MountFacts, VaultFacts
from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import MountKeys
from roottrust.http.guard import Guard, allow_writes
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings_vault import VaultServerSettings
from roottrust.runtime.vaults import build_vault_client
from roottrust.vault.apply import apply_action
from roottrust.vault.client import VaultClient
from roottrust.vault.cross_signing import cross_sign
from roottrust.vault.issued_certificates import list_serials, read_signed
from roottrust.vault.issuers import MountIssuers, observe_issuers
from roottrust.vault.keys import delete_key, observe_keys, read_key_id
from roottrust.vault.observe import VaultObserver, read_mounts
from roottrust.vault.observe_deletion import observe_deletion
from roottrust.vault.revocation import revoke
from roottrust.vault.shared_reads import SharedRead


class BuildClient(Protocol):
    """Makes the client of one server; raises DependencyMissingError when its CA cannot be read."""

    def __call__(
        self,
        server: VaultServerSettings,
        /,
        *,
        concurrency: int,
        metrics: Metrics,
        guard: Guard = allow_writes,
    ) -> VaultClient:
        """Make it; nothing is sent yet."""


class VaultServer:
    """One namespace of a Vault as policies use it."""

    def __init__(self, client: VaultClient, *, probe: SharedRead[None]) -> None:
        self._client = client
        self._observer = VaultObserver(client)
        self._probe = probe

    async def probe(self) -> None:
        """Raise TransientError unless it can serve requests; asked once by all who wait."""
        await self._probe.get()

    async def observe(self, target: VaultTarget) -> VaultFacts:
        """Return what it has for a policy; raises RootTrustError when it cannot be read at all."""
        try:
            return await self._observer.observe(target)
        except RootTrustError:
            await self.probe()  # what it says of its health is plainer than that refusal
            raise

    def forget(self) -> None:
        """Read everything anew next time."""
        self._observer.forget()

    async def observe_deletion(self, scope: DeletionScope) -> DeletionFacts:
        """Return what it has that may go with a policy; nothing older than this is relied on."""
        try:
            return await observe_deletion(self._client, scope)
        except RootTrustError:
            await self.probe()
            raise

    async def read_mounts(self) -> dict[str, MountFacts]:
        """Return all secrets mounts as they are now; raises RootTrustError."""
        return await read_mounts(self._client, "sys/mounts")

    async def observe_keys(self, mount: str) -> MountKeys:
        """Return the keys of a pki mount; raises RootTrustError."""
        return await observe_keys(self._client, mount)

    async def read_key_id(self, mount: str, key: str) -> str | None:
        """Return the subject key identifier of a key, None where Vault does not tell it."""
        return await read_key_id(self._client, mount, key)

    async def delete_key(self, mount: str, key_id: str) -> None:
        """Remove one key; Vault refuses it for a key that an issuer signs with."""
        await delete_key(self._client, mount, key_id)

    async def observe_issuers(self, mount: str) -> MountIssuers:
        """Return all issuers of a pki mount; raises RootTrustError."""
        return await observe_issuers(self._client, mount)

    async def list_serials(self, mount: str) -> tuple[str, ...]:
        """Return the serial numbers of what a pki mount has signed; raises RootTrustError."""
        return await list_serials(self._client, mount)

    async def read_signed(self, mount: str, serial: str) -> SignedCertificate | None:
        """Return a certificate that a pki mount has signed; raises RootTrustError."""
        return await read_signed(self._client, mount, serial)

    async def revoke(self, mount: str, serial: str) -> None:
        """Revoke a certificate that a pki mount has signed; raises RootTrustError."""
        await revoke(self._client, mount, serial)

    async def cross_sign(self, mount: str, issuer: str, certificate: str) -> str:
        """Return a root signed by an issuer; raises RootTrustError. Nothing is kept in Vault."""
        return await cross_sign(self._client, mount, issuer, certificate)

    async def apply(self, action: Action) -> None:
        """Make one write; when it fails, what was read before is forgotten."""
        try:
            await apply_action(self._client, action)
        except BaseException:
            self._observer.forget()
            raise
        if action.verb is Verb.DELETE:
            self._observer.take_away(action.wanted)
        else:
            self._observer.take_over(action.wanted)


class _Connected:
    """One Vault with one login for all of its namespaces."""

    def __init__(self, client: VaultClient) -> None:
        self.client = client
        self.probe = SharedRead(client.probe, max_age_seconds=0)
        self._namespaces: dict[str | None, VaultServer] = {}

    def get(self, namespace: str | None) -> VaultServer:
        """Return it as seen from a namespace."""
        if namespace not in self._namespaces:
            client = self.client.in_namespace(namespace)
            self._namespaces[namespace] = VaultServer(client, probe=self.probe)
        return self._namespaces[namespace]


class VaultServers:
    """All servers; a client is made when the first accepted policy needs it."""

    def __init__(
        self,
        servers: Iterable[VaultServerSettings],
        *,
        concurrency: int,
        metrics: Metrics,
        guard: Guard = allow_writes,
        build_client: BuildClient = build_vault_client,
    ) -> None:
        self._settings = {each.address: each for each in servers}
        self._terms = {address: _build_terms(each) for address, each in self._settings.items()}
        self._concurrency = concurrency
        self._metrics = metrics
        self._guard = guard
        self._build_client = build_client
        self._open: dict[str, _Connected] = {}

    @property
    def terms(self) -> Mapping[str, ServerTerms]:
        """What policies may do, by address."""
        return self._terms

    def get(self, address: str, namespace: str | None) -> VaultServer:
        """Return a namespace of a server; raises DependencyMissingError when its CA is unreadable.

        Its namespaces share one login and one pool of connections.
        """
        return self._connect(address).get(namespace)

    def get_ca(self, address: str) -> str | None:
        """Return what the operator checks a server's certificate with, None for the system's trust.

        Raises DependencyMissingError when it cannot be read.
        """
        return self._connect(address).client.connection.ca_pem

    async def probe(self, address: str) -> None:
        """Raise TransientError unless a server can serve requests, or could a moment ago."""
        await self._connect(address).probe.get()

    async def log_in(self, address: str) -> bool:
        """Log in where that is to be done; return whether the terms are others since then.

        Whoever may rewrite a policy of the operator's own token has all its rights: these are
        reserved from then on.
        """
        connected = self._connect(address)
        try:
            await connected.client.log_in()
        except RootTrustError:
            await connected.probe.get()  # what it says of its health is plainer than that refusal
            raise
        terms = self._terms[address]
        reserved = terms.reserved_roles | connected.client.own_policies
        if reserved == terms.reserved_roles:
            return False
        self._terms = {**self._terms, address: replace(terms, reserved_roles=reserved)}
        return True

    def _connect(self, address: str) -> _Connected:
        if address not in self._open:
            client = self._build_client(
                self._settings[address],
                concurrency=self._concurrency,
                metrics=self._metrics,
                guard=self._guard,
            )
            self._open[address] = _Connected(client)
        return self._open[address]

    def list_open(self) -> tuple[str, ...]:
        """Return the addresses that accepted policies have used."""
        return tuple(self._open)

    async def close(self) -> None:
        """Close all clients."""
        for server in self._open.values():
            try:
                await server.client.close()
            except RootTrustError:
                continue
        self._open.clear()


def _build_terms(settings: VaultServerSettings) -> ServerTerms:
    return ServerTerms(
        address=settings.address,
        namespace=settings.namespace or None,
        allows_plain_http=settings.allow_plain_http,
        grants=settings.grants,
        remote_grants=tuple(each.build_grant() for each in settings.remote_grants),
        root_owners=settings.root_owners,
        reserved_roles=settings.login.reserved_roles,
        reserved_auth_mounts=settings.login.reserved_auth_mounts,
    )
