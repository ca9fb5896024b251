from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.vault.login import (
    AppRoleLogin,
    KubernetesLogin,
    Login,
    TokenFileLogin,
    UserpassLogin,
)
from roottrust.vault.own_call import RefusedCallError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "a-secret-that-nobody-sees"
TOKEN = {"auth": {"client_token": "t", "lease_duration": 60, "renewable": True}}

LOGINS: dict[str, Callable[[Path], Login]] = {
    "kubernetes": lambda path: KubernetesLogin(mount="k8s/", role="hub", token_path=path),
    "approle": lambda path: AppRoleLogin(mount="ops/ar", role_id="r-1", secret_id_path=path),
    "userpass": lambda path: UserpassLogin(mount="up", username="hub", password_path=path),
    "token-file": TokenFileLogin,
}
REQUESTS = {
    "kubernetes": ("POST", "auth/k8s/login", {"role": "hub", "jwt": SECRET}),
    "approle": ("POST", "auth/ops/ar/login", {"role_id": "r-1", "secret_id": SECRET}),
    "userpass": ("POST", "auth/up/login/hub", {"password": SECRET}),
    "token-file": ("GET", "auth/token/lookup-self", None),
}

methods = pytest.mark.parametrize("method", LOGINS)
OWN_POLICIES = {
    "policies": ["Hub", "group"],
    "token_policies": ["hub"],
    "identity_policies": ["group"],
    "external_namespace_policies": {"ab12c": ["below"], "broken": None},
}


class Vault:
    def __init__(self, answer: dict[str, Any] | RootTrustError) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, Any]] = []
        self.token: Any = None

    def __call__(self, method: str, path: str, *, token: Any = None, body: Any = None) -> Any:
        self.calls.append((method, path, body))
        self.token = token
        if isinstance(self.answer, RootTrustError):
            raise self.answer
        return self.answer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "credential"
    path.write_text(f"{SECRET}\n")
    return path


@methods
def test_sends_the_credential_of_this_moment(method: str, path: Path) -> None:
    login, vault = LOGINS[method](path), Vault(TOKEN)
    path.write_text(SECRET)
    login.login(vault, now=NOW)
    assert vault.calls == [REQUESTS[method]]
    assert (vault.token is not None) == (method == "token-file")
    assert login.method == method
    assert login.owns_tokens == (method != "token-file")


@methods
def test_tells_if_the_credential_was_exchanged(method: str, path: Path) -> None:
    login = LOGINS[method](path)
    login.login(Vault(TOKEN), now=NOW)
    assert not login.has_changed()
    path.write_text("another")
    assert login.has_changed()


@methods
def test_refusal_says_where_and_what_to_check_and_no_secret(method: str, path: Path) -> None:
    _, place, _ = REQUESTS[method]
    refusal = RefusedCallError(
        "…",
        path=place,
        capability="create/update",
        address="https://vault",
        place=f"{place} in namespace ops",
        said=f"invalid: {SECRET}",
    )
    with pytest.raises(AccessDeniedError) as caught:
        LOGINS[method](path).login(Vault(refusal), now=NOW)
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert caught.value.message.startswith(
        f"Vault https://vault refused the operator's {method} login at {place} in namespace ops "
        "(invalid: [redacted]): "
    )
    assert str(path) in caught.value.message
    assert SECRET not in caught.value.message


@methods
@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_credential_that_cannot_be_read(method: str, path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    vault = Vault(TOKEN)
    with pytest.raises(DependencyMissingError, match=str(path)) as caught:
        LOGINS[method](path).login(vault, now=NOW)
    assert caught.value.reason == Reason.LOGIN_FAILED
    assert vault.calls == []


@pytest.mark.parametrize("method", ["kubernetes", "approle", "userpass"])
@pytest.mark.parametrize("answer", [{}, {"auth": None}, {"auth": {"client_token": ""}}])
def test_answer_without_a_token(method: str, path: Path, answer: dict[str, Any]) -> None:
    with pytest.raises(DependencyMissingError, match="without a token"):
        LOGINS[method](path).login(Vault(answer), now=NOW)


@methods
def test_does_not_show_its_credential(method: str, path: Path) -> None:
    login = LOGINS[method](path)
    token = login.login(Vault(TOKEN), now=NOW)
    assert SECRET not in f"{login!r} {vars(login)} {token!r}"


def test_token_of_a_file_that_may_not_look_itself_up_has_no_known_end(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = RefusedCallError(
        "…",
        path="auth/token/lookup-self",
        capability="read",
        address="https://vault",
        place="auth/token/lookup-self",
        said="permission denied",
        lacks_right=True,
    )
    token = TokenFileLogin(path).login(Vault(refusal), now=NOW)
    assert (token.expires_at, token.renewable) == (None, False)
    assert token.policies == frozenset()
    assert "may not read auth/token/lookup-self" in caplog.text


def test_role_id_may_be_in_a_file(path: Path, tmp_path: Path) -> None:
    role_id = tmp_path / "role-id"
    role_id.write_text("r-2\n")
    login, vault = AppRoleLogin(mount="ar", role_id=role_id, secret_id_path=path), Vault(TOKEN)
    login.login(vault, now=NOW)
    assert vault.calls[0][2] == {"role_id": "r-2", "secret_id": SECRET}
    role_id.write_text("another")
    assert login.has_changed()


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"ttl": 60, "expire_time": "2026"}, 60),
        ({"ttl": 0, "expire_time": "2026"}, 1),
        ({"ttl": 0, "expire_time": None}, None),
    ],
)
def test_lease_of_a_token_from_a_file(
    path: Path, facts: dict[str, Any], seconds: int | None
) -> None:
    token = TokenFileLogin(path).login(Vault({"data": facts}), now=NOW)
    assert token.expires_at == (NOW + timedelta(seconds=seconds) if seconds else None)


@methods
def test_policies_that_a_token_carries_are_known(method: str, path: Path) -> None:
    key = "data" if method == "token-file" else "auth"
    vault = Vault({key: {"client_token": "t", **OWN_POLICIES}})
    token = LOGINS[method](path).login(vault, now=NOW)
    assert token.policies == {"hub", "group", "below"}
