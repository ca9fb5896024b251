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
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.vault.login import KubernetesLogin, Login, TokenFileLogin, VaultToken
from roottrust.vault.tokens import TokenKeeper

START = datetime(2026, 1, 1, tzinfo=UTC)
DENIED = AccessDeniedError(
    "no", reason=Reason.ACCESS_DENIED, path="auth/x/login", capability="create/update"
)


class Vault:
    """Answers logins and renewals; `lease` and `failure` say how."""

    def __init__(self) -> None:
        self.now = START
        self.lease = 900
        self.renewable = True
        self.failure: dict[str, RootTrustError] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.logins: list[tuple[str, str]] = []
        self.count = 0

    def call(self, method: str, path: str, *, token: Any = None, body: Any = None) -> Any:
        self.calls.append((method, path, body))
        for part, failure in self.failure.items():
            if part in path:
                raise failure
        if path == "auth/token/lookup-self":
            return {"data": {"ttl": self.lease, "renewable": self.renewable}}
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
            }
        }

    async def run(self, work: Callable[[], VaultToken]) -> VaultToken:
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
    vault.now += timedelta(seconds=700)
    sealed = TransientError("sealed", reason=Reason.SEALED)
    vault.failure = {"auth/": sealed}
    assert await get(keeper) == "token-1"
    vault.now += timedelta(seconds=300)
    with pytest.raises(TransientError):
        await get(keeper)
    assert vault.logins[-1] == ("kubernetes", "Sealed")


async def test_login_reads_the_service_account_token_again(
    vault: Vault, login: KubernetesLogin, tmp_path: Path
) -> None:
    keeper = vault.build_keeper(login)
    await get(keeper)
    (tmp_path / "jwt").write_text("jwt-2")
    vault.now += timedelta(seconds=1000)
    await get(keeper)
    assert vault.calls[-1][2]["jwt"] == "jwt-2"


async def test_refused_login_says_so(vault: Vault, login: KubernetesLogin) -> None:
    vault.failure = {"login": DENIED}
    with pytest.raises(AccessDeniedError) as caught:
        await get(vault.build_keeper(login))
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert "ServiceAccount" in caught.value.message


async def test_refused_token_is_replaced_once_for_all_that_hold_it(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    refused = await keeper.get()
    fresh = await asyncio.gather(*(keeper.replace(refused) for _ in range(10)))
    assert {token.token.get_secret_value() for token in fresh if token} == {"token-2"}
    assert vault.count == 2


async def test_missing_right_causes_one_login_a_minute(
    vault: Vault, login: KubernetesLogin
) -> None:
    keeper = vault.build_keeper(login)
    for second in range(121):
        vault.now = START + timedelta(seconds=second)
        await keeper.replace(await keeper.get())
    assert vault.count == 1 + 3


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


async def test_token_without_right_to_look_itself_up(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    vault.failure = {"lookup-self": DENIED}
    token = await vault.build_keeper(TokenFileLogin(path)).get()
    assert token.expires_at is None


@pytest.mark.parametrize("content", [None, "", " \n"])
async def test_missing_or_empty_token_file(
    vault: Vault, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DependencyMissingError) as caught:
        await get(vault.build_keeper(TokenFileLogin(path)))
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert str(path) in caught.value.message


def test_token_does_not_show_itself() -> None:
    token = VaultToken(
        token=SecretStr("hvs.secret"), obtained_at=START, expires_at=None, renewable=False
    )
    assert "hvs.secret" not in repr(token)
