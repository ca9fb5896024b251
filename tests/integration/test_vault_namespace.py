"""Vault's namespaces: the operator logs in in one, and works there and below."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import Login, TokenFileLogin
from testbed import Vault
from tests.integration.vault_calls import Ask, build_ask, in_namespace, read, write
from tests.integration.vault_logins import PreparedLogin, prepare_approle

OWN = "auth/token/lookup-self"
PKI = {"type": "pki", "config": {"max_lease_ttl": "87600h"}}
ROOT = {"common_name": "Root", "issuer_name": "r1", "key_type": "ec", "ttl": "87600h"}

Connect = Callable[..., VaultClient]


@pytest.fixture
def admin(vault: Vault) -> Ask:
    if vault.kind != "openbao":
        pytest.skip("HashiCorp's Vault has namespaces in its enterprise edition alone.")
    return build_ask(vault, vault.root_token)


@pytest.fixture
def ops(admin: Ask) -> Iterator[str]:
    """The operator's namespace, with team-a and team-b below it."""
    name = f"ops-{uuid.uuid4().hex[:8]}"
    write(admin, f"sys/namespaces/{name}", {})
    for team in ("team-a", "team-b"):
        write(in_namespace(admin, name), f"sys/namespaces/{team}", {})
    yield name
    for team in ("team-a", "team-b"):
        in_namespace(admin, name)("DELETE", f"sys/namespaces/{team}")
    admin("DELETE", f"sys/namespaces/{name}")


@pytest.fixture
async def connect(vault: Vault) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        def connect(login: Login, *, namespace: str | None) -> VaultClient:
            connection = VaultConnection(
                address=vault.address,
                endpoint=vault.address,
                namespace=namespace,
                ca_pem=vault.ca_file.read_text(),
            )
            client = VaultClient.connect(connection=connection, login=login)
            stack.push_async_callback(client.close)
            return client

        yield connect


def prepare(ask: Ask, folder: Path, *, below: str, **token: Any) -> PreparedLogin:
    """Make a login in a namespace, with all rights in one below it and none where it is."""
    rights = f'path "{below}/*" {{ capabilities = ["create", "read", "update", "list", "sudo"] }}'
    write(ask, "sys/policies/acl/hub", {"policy": rights})
    return prepare_approle(ask, folder, {"token_policies": ["hub"], "token_ttl": "1h", **token})


@pytest.mark.parametrize("is_at_top", [False, True], ids=["login-in-ops", "login-in-root"])
async def test_works_in_a_namespace_below_that_of_its_login(
    admin: Ask, ops: str, connect: Connect, tmp_path: Path, is_at_top: bool
) -> None:
    there = f"{ops}/team-a"
    if is_at_top:
        login, namespace = prepare(admin, tmp_path, below=there), None
    else:
        login, namespace = prepare(in_namespace(admin, ops), tmp_path, below="team-a"), ops
    client = connect(login.login, namespace=namespace)
    team = client.in_namespace(there)
    await team.write("sys/mounts/pki", PKI)
    await team.write("pki/root/generate/internal", ROOT)
    await team.write("sys/policies/acl/agents", {"policy": 'path "pki/cert/ca" {}'})
    await team.write("sys/auth/kube-c1", {"type": "kubernetes"})
    assert await team.list("pki/issuers")
    assert "kube-c1/" in (await team.read("sys/auth") or {})

    inside, top = in_namespace(admin, there), read(admin, "sys/mounts") or {}
    assert "pki/" in (read(inside, "sys/mounts") or {})
    assert read(inside, "sys/policies/acl/agents")
    assert "pki/" not in (read(in_namespace(admin, ops), "sys/mounts") or {})
    assert there not in str(top)


async def test_token_is_renewed_and_revoked_where_it_was_made(
    admin: Ask, ops: str, connect: Connect, tmp_path: Path
) -> None:
    ask = in_namespace(admin, ops)
    login = prepare(ask, tmp_path, below="team-a").login
    client = connect(login, namespace=ops)
    own = await client.read(OWN)
    assert own is not None
    assert own["namespace_path"] == f"{ops}/"
    keeper = client._session._tokens
    token = await keeper.get()
    assert await keeper._renew(token) is not None
    await client.close()
    assert not ask("POST", "auth/token/lookup-accessor", {"accessor": own["accessor"]}).ok


@pytest.mark.parametrize("elsewhere", ["team-b", ""])
async def test_namespaces_beside_and_above_are_out_of_reach(
    admin: Ask, ops: str, connect: Connect, tmp_path: Path, elsewhere: str
) -> None:
    login = prepare(in_namespace(admin, ops), tmp_path, below="team-a").login
    client = connect(login, namespace=ops)
    namespace = f"{ops}/{elsewhere}" if elsewhere else None
    with pytest.raises(AccessDeniedError) as caught:
        await client.in_namespace(namespace).read("sys/mounts")
    assert caught.value.reason == Reason.ACCESS_DENIED


async def test_namespace_that_is_not_there_is_no_empty_one(
    admin: Ask, connect: Connect, vault: Vault, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(vault.root_token)
    nowhere = connect(TokenFileLogin(path), namespace=None).in_namespace("nowhere")
    for attempt in (nowhere.read("sys/mounts"), nowhere.list("pki/issuers")):
        with pytest.raises(DependencyMissingError, match="has no namespace nowhere: create it"):
            await attempt


async def test_login_in_a_namespace_that_is_not_there_says_so(
    admin: Ask, connect: Connect, tmp_path: Path
) -> None:
    prepared = prepare(admin, tmp_path, below="x")
    client = connect(prepared.login, namespace="nowhere")
    with pytest.raises(AccessDeniedError) as caught:
        await client.read(OWN)
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert f"{prepared.path} in namespace nowhere (namespace not found)" in caught.value.message


async def test_vault_without_namespaces_is_not_used_as_if_it_had_them(
    vault: Vault, connect: Connect, tmp_path: Path
) -> None:
    if vault.kind == "openbao":
        pytest.skip("OpenBao has namespaces.")
    path = tmp_path / "token"
    path.write_text(vault.root_token)
    client = connect(TokenFileLogin(path), namespace="ops")
    with pytest.raises(DependencyMissingError, match=r"1\.13\.0.*has no namespaces") as caught:
        await client.write("sys/mounts/pki-of-ops", PKI)
    assert caught.value.reason == Reason.NOT_SUPPORTED
    assert "pki-of-ops/" not in (await client.in_namespace(None).read("sys/mounts") or {})
