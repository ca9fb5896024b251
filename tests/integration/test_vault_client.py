"""VaultClient against a real Vault (or OpenBao)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    InvalidSpecError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import TokenFileLogin
from testbed import Vault
from tests.integration.sealed_vault import sealed


@pytest.fixture
def connection(vault: Vault) -> VaultConnection:
    return VaultConnection(
        address=vault.address,
        endpoint=vault.address,
        ca_pem=vault.ca_file.read_text(),
        timeout_seconds=5,
    )


@pytest.fixture
def token_file(vault: Vault, tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(vault.root_token)
    return path


@pytest.fixture
async def client(connection: VaultConnection, token_file: Path) -> AsyncIterator[VaultClient]:
    client = VaultClient.connect(connection=connection, login=TokenFileLogin(token_file))
    yield client
    await client.close()


@pytest.fixture
async def mount(client: VaultClient) -> AsyncIterator[str]:
    path = f"kv-{uuid.uuid4().hex[:8]}"
    await client.write(f"sys/mounts/{path}", {"type": "kv"})
    yield path
    await client.delete(f"sys/mounts/{path}")


async def make_token(client: VaultClient, policy: str, **options: Any) -> str:
    """Create a token with an own policy; the client keeps answers' `auth` to itself."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    await client.write(f"sys/policies/acl/{name}", {"policy": policy})
    response = await client._session.send(
        "POST",
        "auth/token/create",
        namespace=None,
        body={"policies": [name], "no_parent": True, **options},
    )
    return str(response.body["auth"]["client_token"])


async def test_reads_what_was_written(client: VaultClient, mount: str) -> None:
    assert await client.read(f"{mount}/a/b") is None
    assert await client.list(f"{mount}/a") == ()
    await client.write(f"{mount}/a/b", {"x": "1"})
    assert await client.read(f"{mount}/a/b") == {"x": "1"}
    assert await client.list(f"{mount}/a") == ("b",)
    await client.delete(f"{mount}/a/b")
    await client.delete(f"{mount}/a/b")
    assert await client.read(f"{mount}/a/b") is None


async def test_write_returns_data(client: VaultClient, mount: str) -> None:
    data = await client.write("sys/capabilities-self", {"paths": [f"{mount}/x"]})
    assert data is not None
    assert data["capabilities"] == ["root"]


async def test_mount_in_use_is_conflict(client: VaultClient, mount: str) -> None:
    with pytest.raises(ConflictError, match="path is already in use"):
        await client.write(f"sys/mounts/{mount}", {"type": "kv"})


async def test_issuer_name_in_use_is_conflict(client: VaultClient) -> None:
    pki = f"pki-{uuid.uuid4().hex[:8]}"
    await client.write(f"sys/mounts/{pki}", {"type": "pki"})
    root = {"common_name": "Root", "issuer_name": "r1", "key_type": "ec", "key_bits": 256}
    try:
        await client.write(f"{pki}/root/generate/internal", root)
        with pytest.raises(ConflictError, match="issuer name already in use"):
            await client.write(f"{pki}/root/generate/internal", root)
    finally:
        await client.delete(f"sys/mounts/{pki}")


async def test_rejected_write_says_what_vault_said(client: VaultClient) -> None:
    with pytest.raises(DependencyMissingError, match=r"unknown-type") as caught:
        await client.write("sys/mounts/nope", {"type": "unknown-type"})
    assert caught.value.reason == Reason.REJECTED_BY_VAULT


async def test_write_to_missing_mount_is_rejected(client: VaultClient) -> None:
    with pytest.raises(DependencyMissingError) as caught:
        await client.write("no-such-mount/x", {"a": "b"})
    assert caught.value.reason == Reason.REJECTED_BY_VAULT


async def test_path_cannot_leave_its_mount(client: VaultClient, mount: str) -> None:
    with pytest.raises(InvalidSpecError):
        await client.read(f"{mount}/../sys/mounts")


async def test_denied_names_path_and_capability(
    client: VaultClient, connection: VaultConnection, mount: str, tmp_path: Path
) -> None:
    token = await make_token(client, f'path "{mount}/*" {{ capabilities = ["read"] }}')
    path = tmp_path / "poor"
    path.write_text(token)
    poor = VaultClient.connect(connection=connection, login=TokenFileLogin(path))
    try:
        assert await poor.read(f"{mount}/x") is None
        with pytest.raises(AccessDeniedError) as caught:
            await poor.write(f"{mount}/x", {"a": "b"})
    finally:
        await poor.close()
    assert (caught.value.path, caught.value.capability) == (f"{mount}/x", "create/update")
    assert token not in str(caught.value)


async def test_token_file_is_read_again_when_it_changes(
    client: VaultClient, connection: VaultConnection, mount: str, tmp_path: Path
) -> None:
    policy = f'path "{mount}/*" {{ capabilities = ["read"] }}'
    path = tmp_path / "agent"
    path.write_text(await make_token(client, policy))
    other = VaultClient.connect(connection=connection, login=TokenFileLogin(path))
    try:
        await other.read(f"{mount}/x")
        await client.write("auth/token/revoke", {"token": path.read_text()})
        path.write_text(await make_token(client, policy))
        assert await other.read(f"{mount}/x") is None
    finally:
        await other.close()
    # A token from a file is not ours to revoke.
    assert await client.write("auth/token/lookup", {"token": path.read_text()})


async def test_health_of_active_node(client: VaultClient) -> None:
    health = await client.health()
    assert health.initialized
    assert not health.sealed
    assert health.version
    await client.probe()


async def test_untrusted_certificate_is_told(connection: VaultConnection, token_file: Path) -> None:
    stranger = VaultClient.connect(
        connection=replace(connection, ca_pem=None), login=TokenFileLogin(token_file)
    )
    try:
        with pytest.raises(TransientError, match="caFile") as caught:
            await stranger.health()
    finally:
        await stranger.close()
    assert caught.value.reason == Reason.UNTRUSTED_CERTIFICATE


async def test_sealed_vault_is_transient(client: VaultClient, vault: Vault) -> None:
    with sealed(vault):
        assert (await client.health()).sealed
        for attempt in (client.probe(), client.read("sys/mounts")):
            with pytest.raises(TransientError) as caught:
                await attempt
            assert caught.value.reason == Reason.SEALED


@pytest.fixture
def stopped(vault: Vault) -> Iterator[None]:
    vault.stop()
    yield
    vault.start()


async def test_stopped_vault_is_transient(client: VaultClient, stopped: None) -> None:
    for attempt in (client.health(), client.read("sys/mounts")):
        with pytest.raises(TransientError, match="connection refused") as caught:
            await attempt
        assert caught.value.reason == Reason.UNREACHABLE
