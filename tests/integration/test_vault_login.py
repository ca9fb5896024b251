"""The operator's four ways to log in, on a real Vault, and the life of the tokens they give."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from testbed import Vault
from tests.integration.vault_calls import Ask, build_ask, write
from tests.integration.vault_logins import (
    PreparedLogin,
    prepare_approle,
    prepare_kubernetes,
    prepare_token_file,
    prepare_userpass,
)

LOGINS = ("kubernetes", "approle", "userpass")
METHODS = (*LOGINS, "token-file")
OWN = "auth/token/lookup-self"
POLICY = "login-test"
RIGHTS = 'path "login-test/*" { capabilities = ["create", "read", "update"] }'
LONG = {"token_policies": [POLICY], "token_ttl": "1h"}

PREPARE = {
    "approle": prepare_approle,
    "userpass": prepare_userpass,
    "token-file": prepare_token_file,
}

methods = pytest.mark.parametrize("method", METHODS)
logins = pytest.mark.parametrize("method", LOGINS)


@dataclass
class Operator:
    """A client, and what it counted."""

    client: VaultClient
    prepared: PreparedLogin
    logins: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def logins_made(self) -> int:
        return self.logins[(self.prepared.login.method, "ok")]

    def count_login(self, *, method: str, result: str) -> None:
        self.logins[(method, result)] += 1

    def count_request(self, *, status: str, **_: Any) -> None:
        self.requests[status] += 1

    async def read_own(self) -> dict[str, Any]:
        own = await self.client.read(OWN)
        assert own is not None
        return own


Prepare = Callable[..., PreparedLogin]
Connect = Callable[[PreparedLogin], Operator]


@pytest.fixture
def admin(vault: Vault) -> Ask:
    ask = build_ask(vault, vault.root_token)
    write(ask, f"sys/policies/acl/{POLICY}", {"policy": RIGHTS})
    return ask


@pytest.fixture
def prepare(admin: Ask, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Prepare]:
    """Set one way to log in up; its tokens live for an hour unless told otherwise."""
    with ExitStack() as stack:

        def prepare(method: str, **token: Any) -> PreparedLogin:
            given = {**LONG, **token}
            if method != "kubernetes":
                return PREPARE[method](admin, tmp_path, given)
            cluster, namespace = map(request.getfixturevalue, ("cluster", "namespace"))
            stack.callback(cluster.kubectl, "delete", "clusterrolebinding", namespace)
            return prepare_kubernetes(admin, tmp_path, given, cluster, namespace)

        yield prepare


@pytest.fixture
async def connect(vault: Vault) -> AsyncIterator[Connect]:
    connection = VaultConnection(
        address=vault.address, endpoint=vault.address, ca_pem=vault.ca_file.read_text()
    )
    async with AsyncExitStack() as stack:

        def connect(prepared: PreparedLogin) -> Operator:
            operator: Operator
            client = VaultClient.connect(
                connection=connection,
                login=prepared.login,
                on_login=lambda **told: operator.count_login(**told),
                on_request=lambda **told: operator.count_request(**told),
            )
            operator = Operator(client=client, prepared=prepared)
            stack.push_async_callback(client.close)
            return operator

        yield connect


def is_alive(admin: Ask, accessor: str) -> bool:
    return admin("POST", "auth/token/lookup-accessor", {"accessor": accessor}).ok


@methods
async def test_twenty_requests_share_one_login(
    method: str, prepare: Prepare, connect: Connect
) -> None:
    operator = connect(prepare(method))
    found = await asyncio.gather(*(operator.read_own() for _ in range(20)))
    assert len({each["accessor"] for each in found}) == 1
    assert POLICY in found[0]["policies"]
    assert operator.logins == {(method, "ok"): 1}
    assert set(operator.requests) == {"200"}


@methods
async def test_token_is_revoked_at_the_end_if_it_is_ours(
    method: str, prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    operator = connect(prepare(method))
    accessor = (await operator.read_own())["accessor"]
    assert is_alive(admin, accessor)
    await operator.client.close()
    assert is_alive(admin, accessor) == (method == "token-file")


@logins
async def test_token_revoked_by_hand_costs_one_login_each_time(
    method: str, prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    operator = connect(prepare(method))
    for logins_before in (1, 2, 3):
        accessor = (await operator.read_own())["accessor"]
        write(admin, "auth/token/revoke-accessor", {"accessor": accessor})
        found = await asyncio.gather(*(operator.read_own() for _ in range(20)))
        assert accessor not in {each["accessor"] for each in found}
        assert operator.logins == {(method, "ok"): logins_before + 1}


@methods
async def test_refused_login_is_made_once_and_told_clearly(
    method: str, prepare: Prepare, connect: Connect, vault: Vault
) -> None:
    prepared = prepare(method)
    right = prepared.credential.read_text()
    prepared.credential.write_text(prepared.wrong)
    operator = connect(prepared)
    answers = await asyncio.gather(
        *(operator.client.read(OWN) for _ in range(20)), return_exceptions=True
    )
    assert operator.logins == {(method, "LoginFailed"): 1}
    assert operator.requests.total() == 1
    (message,) = {str(answer) for answer in answers}
    assert all(isinstance(answer, AccessDeniedError) for answer in answers)
    assert all(getattr(answer, "reason", None) == Reason.LOGIN_FAILED for answer in answers)
    assert message.startswith(
        f"Vault {vault.address} refused the operator's {method} login at {prepared.path} ("
    )
    assert str(prepared.credential) in message
    assert prepared.wrong not in message

    prepared.credential.write_text(right)
    assert await operator.read_own()  # at once: there is something new to try


@methods
async def test_missing_credential_costs_vault_nothing(
    method: str, prepare: Prepare, connect: Connect
) -> None:
    prepared = prepare(method)
    right = prepared.credential.read_text()
    prepared.credential.unlink()
    operator = connect(prepared)
    with pytest.raises(DependencyMissingError, match=str(prepared.credential)) as caught:
        await operator.client.read(OWN)
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert not operator.requests
    prepared.credential.write_text(right)
    assert await operator.read_own()


async def test_secret_id_is_exchanged_while_the_operator_runs(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    prepared = prepare("approle")
    operator = connect(prepared)
    accessor = (await operator.read_own())["accessor"]
    role = f"{prepared.path.removesuffix('/login')}/role/roottrust-hub"
    fresh = write(admin, f"{role}/secret-id", {})["secret_id"]
    write(admin, f"{role}/secret-id/destroy", {"secret_id": prepared.credential.read_text()})
    prepared.credential.write_text(fresh)
    assert (await operator.read_own())["accessor"] == accessor
    write(admin, "auth/token/revoke-accessor", {"accessor": accessor})
    assert (await operator.read_own())["accessor"] != accessor
    assert operator.logins == {("approle", "ok"): 2}


async def test_missing_right_costs_one_more_login_and_leaves_one_token(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    operator = connect(prepare("userpass"))
    first = (await operator.read_own())["accessor"]
    for _ in range(3):
        answers = await asyncio.gather(
            *(operator.client.read("sys/mounts") for _ in range(10)), return_exceptions=True
        )
        for answer in answers:
            assert isinstance(answer, AccessDeniedError)
            assert (answer.reason, answer.path) == (Reason.ACCESS_DENIED, "sys/mounts")
    assert operator.logins == {("userpass", "ok"): 2}
    second = (await operator.read_own())["accessor"]
    assert (is_alive(admin, first), is_alive(admin, second)) == (False, True)


async def test_new_policies_of_the_login_are_had_without_a_restart(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    prepared = prepare("approle", token_policies=["default"])
    operator = connect(prepared)
    await operator.read_own()
    role = f"{prepared.path.removesuffix('/login')}/role/roottrust-hub"
    write(admin, role, LONG)
    assert await operator.client.read("login-test/x") is None
    assert operator.logins == {("approle", "ok"): 2}


async def test_token_of_seconds_lives_on_though_nobody_asks(
    prepare: Prepare, connect: Connect
) -> None:
    async def live(method: str) -> None:
        operator = connect(prepare(method, token_ttl="3s"))
        before = await operator.read_own()
        await asyncio.sleep(4.5)
        after = await operator.read_own()
        assert after["accessor"] == before["accessor"]
        assert operator.logins == {(method, "ok"): 1, ("renew", "ok"): 2}
        assert set(operator.requests) == {"200"}

    await asyncio.gather(*map(live, METHODS))


@pytest.mark.parametrize(
    "token",
    [{"token_ttl": "3s", "token_max_ttl": "4s"}, {"token_ttl": "4s", "token_type": "batch"}],
    ids=["longest-life", "not-renewable"],
)
async def test_token_that_cannot_live_on_is_replaced_before_its_end(
    token: dict[str, Any], prepare: Prepare, connect: Connect
) -> None:
    async def live(method: str) -> None:
        operator = connect(prepare(method, **token))
        ends_at = time.monotonic() + 6
        while time.monotonic() < ends_at:
            await operator.client.read("login-test/x")
            await asyncio.sleep(0.2)
        assert 2 <= operator.logins_made <= 4
        assert "403" not in operator.requests

    await asyncio.gather(*map(live, LOGINS))


async def test_token_of_a_file_that_ended_says_so(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    prepared = prepare("token-file")
    operator = connect(prepared)
    await operator.read_own()
    write(admin, "auth/token/revoke", {"token": prepared.credential.read_text()})
    for _ in range(3):
        with pytest.raises(AccessDeniedError, match="has ended or was revoked") as caught:
            await operator.client.read("sys/mounts")
        assert caught.value.reason == Reason.LOGIN_FAILED
    assert operator.logins[("token-file", "LoginFailed")] == 1


async def test_token_of_a_file_needs_no_right_to_look_itself_up(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    prepared = prepare("token-file")
    wanted = {"policies": [POLICY], "no_default_policy": True, "no_parent": True}
    made = admin("POST", "auth/token/create", wanted).json()["auth"]["client_token"]
    prepared.credential.write_text(made)
    operator = connect(prepared)
    assert await operator.client.read("login-test/x") is None
    with pytest.raises(AccessDeniedError) as caught:
        await operator.client.read("sys/mounts")
    assert caught.value.reason == Reason.ACCESS_DENIED


async def test_login_where_there_is_no_mount_is_told(
    prepare: Prepare, connect: Connect, admin: Ask
) -> None:
    prepared = prepare("approle")
    mount = prepared.path.split("/")[1]
    admin("DELETE", f"sys/auth/{mount}")
    with pytest.raises(AccessDeniedError, match=f"approle login at auth/{mount}/login") as caught:
        await connect(prepared).client.read(OWN)
    assert caught.value.reason == Reason.LOGIN_FAILED


async def test_batch_token_is_replaced_before_it_ends_and_never_revoked(
    prepare: Prepare, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Vault keeps no batch token: a renewal or revocation of one is an error."""
    operator = connect(prepare("approle", token_type="batch", token_ttl="3s"))
    first = await operator.read_own()
    assert first["type"] == "batch"
    async with asyncio.timeout(15):
        while operator.logins_made < 3:
            own = await operator.read_own()  # no answer but 200 is counted in the end
            await asyncio.sleep(0.1)
    assert own["id"] != first["id"]
    assert operator.logins == {("approle", "ok"): operator.logins_made}
    await operator.client.close()
    assert set(operator.requests) == {"200"}
    assert caplog.records == []
