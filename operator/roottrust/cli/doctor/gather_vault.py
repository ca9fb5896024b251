"""Reading what the checks judge from Vault: its health by everybody's right, the rest as yourself.

No login is tried: without a token of the person's, what is in Vault is not looked at.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping

from roottrust.cli.doctor.facts import Clock, Manifest, Unseen, VaultFacts, build_unseen
from roottrust.cli.doctor.gather import Now, build_clock, see
from roottrust.cli.operator_configuration import Configuration
from roottrust.cli.own_access import OwnAccess
from roottrust.cli.status.build_report import read_policy_status
from roottrust.domain.errors import RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_object import VaultKind
from roottrust.http.guard import refuse_writes
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings_vault import VaultServerSettings
from roottrust.runtime.vaults import build_vault_client
from roottrust.vault.client import VaultClient
from roottrust.vault.login import GivenTokenLogin

_MOUNTS = {VaultKind.SECRETS_MOUNT: "sys/mounts", VaultKind.AUTH_MOUNT: "sys/auth"}
_READ = frozenset({VaultKind.AUTH_CONFIG, VaultKind.POLICY, VaultKind.ROLE})


async def gather_vault(
    server: VaultServerSettings,
    configuration: Configuration,
    own: OwnAccess,
    policies: Iterable[Manifest],
    *,
    now: Now,
) -> tuple[VaultFacts, Clock | None]:
    """Return what one server shows, and its clock."""
    token = own.token if own.is_for(server, configuration.settings.vault_servers) else None
    try:
        client = build_vault_client(
            server,
            concurrency=2,
            metrics=Metrics(),
            guard=refuse_writes,
            login=GivenTokenLogin(token, origin=own.origin) if token else None,
            login_guard=refuse_writes,
            ca_pem=configuration.read_vault_ca(server, own),
        )
    except RootTrustError as error:
        return _build_unread(server, build_unseen(error, right="")), None
    except (ssl.SSLError, ValueError):
        unseen = Unseen(message="Its CA is no certificate.", reason=Reason.INVALID_CA_BUNDLE)
        return _build_unread(server, unseen), None
    try:
        began = now()
        health = await see(client.health(), right="read sys/health")
        answered_at = None if isinstance(health, Unseen) else health.answered_at
        clock = build_clock(f"Vault {server.address}", answered_at, began=began, ended=now())
        serves = not isinstance(health, Unseen) and health.initialized and not health.sealed
        objects = await _look(client, server, policies) if token and serves else None
    finally:
        await client.close()
    return VaultFacts(
        address=server.address, endpoint=server.endpoint, health=health, objects=objects
    ), clock


def _build_unread(server: VaultServerSettings, unseen: Unseen) -> VaultFacts:
    return VaultFacts(address=server.address, endpoint=server.endpoint, health=unseen)


async def _look(
    client: VaultClient, server: VaultServerSettings, policies: Iterable[Manifest]
) -> Mapping[str, bool | Unseen]:
    """Return for each object that policies say they keep whether it is there."""
    found: dict[str, bool | Unseen] = {}
    listed: dict[tuple[str | None, str], Mapping[str, object] | Unseen | None] = {}
    for manifest in policies:
        status = read_policy_status(manifest)
        if status.vault is None or status.vault.server.rstrip("/") != server.address:
            continue
        namespace = status.vault.namespace or server.namespace or None
        seen = client.in_namespace(namespace)
        for each in status.managed_objects:
            if each.kind in _MOUNTS:
                table = _MOUNTS[VaultKind(each.kind)]
                if (namespace, table) not in listed:
                    reading = seen.read(table)
                    listed[namespace, table] = await see(reading, right=f"read {table}")
                mounts = listed[namespace, table]
                name = f"{each.path.removeprefix('auth/').strip('/')}/"
                found[each.path] = mounts if isinstance(mounts, Unseen) else name in (mounts or {})
            elif each.kind in _READ:
                answer = await see(seen.read(each.path), right=f"read {each.path}")
                found[each.path] = answer if isinstance(answer, Unseen) else answer is not None
    return found
