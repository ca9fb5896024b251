from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.errors import (
    AccessDeniedError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.vault.login import KubernetesLogin, Login, TokenFileLogin, VaultToken
from roottrust.vault.own_call import RefusedCallError
from roottrust.vault.tokens import TokenKeeper

START = datetime(2026, 1, 1, tzinfo=UTC)
DENIED = RefusedCallError(
    "no",
    path="auth/k8s/login",
    capability="create/update",
    address="https://vault",
    place="auth/k8s/login",
    said="permission denied",
)
SEALED = TransientError("sealed", reason=Reason.SEALED)


class Vault:
    """Answers logins and renewals; `lease` and `failure` say how."""

    def __init__(self) -> None:
        self.now = START
        self.lease = 900
        self.renewable = True
        self.token_type = "service"
        self.failure: dict[str, RootTrustError] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.logins: list[tuple[str, str]] = []
        self.revoked: list[str] = []
        self.count = 0

    def call(self, method: str, path: str, *, token: Any = None, body: Any = None) -> Any:
        self.calls.append((method, path, body))
        for part, failure in self.failure.items():
            if part in path:
                raise failure
        if path == "auth/token/lookup-self":
            return {"data": {"ttl": self.lease, "renewable": self.renewable}}
        if path == "auth/token/revoke-self":
            self.revoked.append(token.get_secret_value())
            return {}
        if path == "auth/token/renew-self":
            value = token.get_secret_value()
        else:
            self.count += 1
            value = f"token-{self.count}"
        return {
            "auth": {
                "client_token": value,
                "lease_duration": self.lease,
                "renewable": self.renewable,
                "token_type": self.token_type,
            }
        }

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def run(self, work: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        return work()

    def build_keeper(self, login: Login) -> TokenKeeper:
        return TokenKeeper(
            login=login,
            call=self.call,
            run=self.run,
            now=lambda: self.now,
            on_login=lambda *, method, result: self.logins.append((method, result)),
        )


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def login(tmp_path: Path) -> KubernetesLogin:
    path = tmp_path / "jwt"
    path.write_text("jwt-1\n")
    return KubernetesLogin(mount="k8s/", role="hub", token_path=path)


async def get(keeper: TokenKeeper) -> str:
    return (await keeper.get()).token.get_secret_value()


async def begin_login(keeper: TokenKeeper) -> asyncio.Task[str]:
    asking = asyncio.create_task(get(keeper))
    for _ in range(2):
        await asyncio.sleep(0)
    assert keeper._lock.locked()
    return asking


async def test_logs_in_once_with_the_service_account(vault: Vault, login: KubernetesLogin) -> None:
    keeper = vault.build_keeper(login)
    tokens = await asyncio.gather(*(get(keeper) for _ in range(10)))
    assert set(tokens) == {"token-1"}
    assert vault.calls == [("POST", "auth/k8s/login", {"role": "hub", "jwt": "jwt-1"})]
    assert vault.logins == [("kubernetes", "ok")]


async def test_is_renewed_after_two_thirds(vault: Vault, login: KubernetesLogin) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.now += timedelta(seconds=599)
    await get(keeper)
    assert len(vault.calls) == 1
    vault.now += timedelta(seconds=2)
    assert await get(keeper) == "token-1"
    assert vault.calls[-1][1] == "auth/token/renew-self"
    assert vault.logins[-1] == ("renew", "ok")


async def test_logs_in_again_when_renewal_gives_little(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.now += timedelta(seconds=700)
    vault.lease = 100  # its maximum is near
    assert await get(keeper) == "token-2"


async def test_logs_in_again_when_it_cannot_be_renewed(
    vault: Vault, login: KubernetesLogin
) -> None:
    vault.renewable = False
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.now += timedelta(seconds=700)
    assert await get(keeper) == "token-2"


async def test_expired_token_is_not_renewed(vault: Vault, login: KubernetesLogin) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.now += timedelta(seconds=1000)
    assert await get(keeper) == "token-2"
    assert all(path != "auth/token/renew-self" for _, path, _ in vault.calls)


async def test_old_token_serves_while_vault_refuses_new_ones(
    vault: Vault, login: KubernetesLogin, caplog: Any
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.pass_seconds(700)
    vault.failure = {"auth/": SEALED}
    assert await get(keeper) == "token-1"
    assert "sealed" in caplog.text
    vault.pass_seconds(300)
    with pytest.raises(TransientError):
        await get(keeper)
    assert vault.logins[-1] == ("kubernetes", "Sealed")


async def test_what_fails_while_the_old_token_serves_is_not_repeated_for_each_request(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.pass_seconds(700)
    vault.failure = {"auth/": DENIED}
    for _ in range(20):
        assert await get(keeper) == "token-1"
    assert vault.logins[1:] == [("renew", "LoginFailed"), ("kubernetes", "LoginFailed")]


async def test_renewal_for_less_than_a_second_is_no_token_without_end(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.pass_seconds(700)
    vault.lease = 0
    await get(keeper)
    assert vault.count == 2


async def test_new_login_revokes_what_it_replaces(vault: Vault, login: KubernetesLogin) -> None:
    vault.renewable = False
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.pass_seconds(700)
    assert await get(keeper) == "token-2"
    assert vault.revoked == ["token-1"]


async def test_given_up_token_is_revoked_after_a_login_in_progress(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    asking = await begin_login(keeper)
    await keeper.give_up()
    assert vault.revoked == ["token-1"]
    await asyncio.gather(asking, return_exceptions=True)


async def test_login_that_waits_its_turn_at_the_end_is_none(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    await keeper.give_up()
    with pytest.raises(RuntimeError):
        await get(keeper)
    assert vault.calls == []


async def test_token_of_a_cancelled_request_is_kept(vault: Vault, login: KubernetesLogin) -> None:
    keeper = vault.build_keeper(login)
    asking = await begin_login(keeper)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert await get(keeper) == "token-1"
    assert vault.count == 1


async def test_token_that_cannot_be_revoked_ends_by_itself(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.failure = {"revoke-self": SEALED}
    await keeper.give_up()
    assert keeper.owned is None


async def test_login_reads_the_service_account_token_again(
    vault: Vault, login: KubernetesLogin, tmp_path: Path
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    (tmp_path / "jwt").write_text("jwt-2")
    vault.now += timedelta(seconds=1000)
    await get(keeper)
    assert vault.calls[-1][2]["jwt"] == "jwt-2"


@pytest.mark.parametrize(
    ("failure", "told", "seconds"),
    [(DENIED, AccessDeniedError, 45), (SEALED, TransientError, 5)],
)
async def test_failed_login_is_told_to_all_and_not_repeated_at_once(
    vault: Vault, login: KubernetesLogin, failure: RootTrustError, told: Any, seconds: float
) -> None:
    keeper = vault.build_keeper(login)
    vault.failure = {"login": failure}
    answers = await asyncio.gather(*(get(keeper) for _ in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {told}
    vault.pass_seconds(seconds - 1)
    with pytest.raises(told):
        await get(keeper)
    assert len(vault.calls) == 1
    vault.pass_seconds(1)
    vault.failure = {}
    assert await get(keeper) == "token-1"


async def test_retry_after_is_obeyed_within_reason(vault: Vault, login: KubernetesLogin) -> None:
    keeper = vault.build_keeper(login)
    vault.failure = {
        "login": TransientError("slow", reason=Reason.RATE_LIMITED, retry_after_seconds=1e12)
    }
    for seconds, calls in ((0, 1), (59, 1), (2, 2)):
        vault.pass_seconds(seconds)
        with pytest.raises(TransientError):
            await get(keeper)
        assert len(vault.calls) == calls


async def test_changed_credentials_are_tried_at_once(
    vault: Vault, login: KubernetesLogin, tmp_path: Path
) -> None:
    keeper = vault.build_keeper(login)
    vault.failure = {"login": DENIED}
    with pytest.raises(AccessDeniedError):
        await get(keeper)
    vault.failure = {}
    (tmp_path / "jwt").write_text("another jwt")
    assert await get(keeper) == "token-1"


async def test_changed_credentials_do_not_end_a_token(
    vault: Vault, login: KubernetesLogin, tmp_path: Path
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    (tmp_path / "jwt").write_text("another jwt")
    assert await get(keeper) == "token-1"


async def test_refused_token_is_replaced_once_for_all_that_hold_it(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    refused = await keeper.get()
    fresh = await asyncio.gather(*(keeper.replace(refused) for _ in range(10)))
    found = [each for each in fresh if each is not None]
    assert {each.token.token.get_secret_value() for each in found} == {"token-2"}
    assert [each.is_new for each in found].count(True) == 1
    assert (vault.count, vault.revoked) == (2, ["token-1"])


async def test_refused_login_is_what_whoever_is_refused_is_told(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    refused = await keeper.get()
    vault.failure = {"login": DENIED}
    for _ in range(10):
        with pytest.raises(AccessDeniedError) as caught:
            await keeper.replace(refused)
        assert caught.value.reason == Reason.LOGIN_FAILED
    assert len(vault.logins) == 2


async def test_missing_right_causes_fewer_and_fewer_logins(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    for second in range(3601):
        vault.now = START + timedelta(seconds=second)
        await keeper.replace(await keeper.get())
    assert vault.logins.count(("kubernetes", "ok")) == 1 + 9
    assert len(vault.revoked) == 9
    assert len(vault.calls) < 90


async def test_token_that_is_gone_is_replaced_despite_a_missing_right(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    for seconds in (0, 60):
        vault.pass_seconds(seconds)
        assert await keeper.replace(await keeper.get())
    vault.pass_seconds(61)
    refused = await keeper.get()
    assert await keeper.replace(refused) is None
    vault.failure = {"lookup-self": DENIED}
    assert await keeper.replace(refused) is None  # asked a moment ago
    vault.pass_seconds(60)
    assert await keeper.replace(refused)


async def test_login_that_helped_lets_the_next_one_be_at_once(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    for _ in range(3):
        assert await keeper.replace(await keeper.get())
        keeper.note_help()
    assert vault.count == 4


async def test_token_file_is_used_and_never_ours(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    keeper = vault.build_keeper(TokenFileLogin(path))
    assert await get(keeper) == "one"
    assert keeper.owned is None


async def test_token_file_is_read_again_when_it_changes(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    keeper = vault.build_keeper(TokenFileLogin(path))
    await get(keeper)
    path.write_text("other")
    assert await get(keeper) == "other"


async def test_unchanged_token_file_is_no_replacement(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    keeper = vault.build_keeper(TokenFileLogin(path))
    assert await keeper.replace(await keeper.get()) is None


async def test_refused_token_of_a_file_is_replaced_as_soon_as_the_file_is(
    vault: Vault, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    keeper = vault.build_keeper(TokenFileLogin(path))
    refused = await keeper.get()
    assert await keeper.replace(refused) is None
    path.write_text("another")
    assert await keeper.replace(refused)
    assert vault.revoked == []


async def test_token_serves_on_while_its_file_is_empty(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    keeper = vault.build_keeper(TokenFileLogin(path))
    await get(keeper)
    path.write_text("")
    assert await get(keeper) == "one"
    path.write_text("another")
    assert await get(keeper) == "another"


def test_token_does_not_show_itself() -> None:
    token = VaultToken(
        token=SecretStr("hvs.secret"), obtained_at=START, expires_at=None, renewable=False
    )
    assert "hvs.secret" not in repr(token)


async def test_a_batch_token_is_replaced_in_time_and_neither_renewed_nor_revoked(
    vault: Vault, login: KubernetesLogin
) -> None:
    vault.token_type, vault.renewable = "batch", False
    keeper = vault.build_keeper(login)
    assert await get(keeper) == "token-1"
    for _ in range(3):
        vault.pass_seconds(199)
        assert await get(keeper) == "token-1"
    vault.pass_seconds(4)
    assert await get(keeper) == "token-2"
    await keeper.give_up()
    assert [path for _, path, _ in vault.calls] == ["auth/k8s/login", "auth/k8s/login"]
    assert vault.logins == [("kubernetes", "ok"), ("kubernetes", "ok")]


async def test_a_batch_token_that_cannot_be_replaced_yet_serves_until_its_end(
    vault: Vault, login: KubernetesLogin
) -> None:
    vault.token_type, vault.renewable = "batch", False
    keeper = vault.build_keeper(login)
    await get(keeper)
    vault.failure["login"] = SEALED
    for _ in range(60):
        vault.pass_seconds(1)
        assert await get(keeper) == "token-1"
    vault.pass_seconds(545)  # two thirds are over
    for _ in range(100):
        vault.pass_seconds(1)
        assert await get(keeper) == "token-1"
    assert sum(result != "ok" for _, result in vault.logins) <= 20
