from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.account_token import AccountToken, read_account_token

ISSUED = datetime(2030, 1, 1, tzinfo=UTC)


def build_token(**claims: Any) -> SecretStr:
    known = {
        "sub": "system:serviceaccount:gloo-mesh:roottrust-remote-hub",
        "iat": int(ISSUED.timestamp()),
        "exp": int((ISSUED + timedelta(hours=48)).timestamp()),
        **claims,
    }
    given = {name: value for name, value in known.items() if value is not None}
    body = base64.urlsafe_b64encode(json.dumps(given).encode()).decode().rstrip("=")
    return SecretStr(f"e30.{body}.c2ln")


def test_a_token_tells_whose_it_is_and_when_it_is_to_be_renewed() -> None:
    found = read_account_token(build_token())
    assert found == AccountToken(
        namespace="gloo-mesh",
        name="roottrust-remote-hub",
        issued_at=ISSUED,
        expires_at=ISSUED + timedelta(hours=48),
    )
    assert found.life_seconds == 48 * 3600
    assert found.find_renewal(0.5) == ISSUED + timedelta(hours=24)


def test_one_that_never_ends_is_never_renewed() -> None:
    found = read_account_token(build_token(exp=None))
    assert found is not None
    assert (found.expires_at, found.life_seconds, found.find_renewal(0.5)) == (None, None, None)


@pytest.mark.parametrize(
    "token",
    [
        SecretStr("opaque"),
        SecretStr("a.b.c"),
        SecretStr("a.e30.c"),
        SecretStr("a.W10.c"),
        build_token(sub="system:node:x"),
        build_token(sub="system:user:gloo-mesh:x"),
        build_token(sub=7),
        build_token(exp="soon"),
        build_token(exp=1e300),
    ],
)
def test_what_is_no_accounts_token_tells_nothing(token: SecretStr) -> None:
    assert read_account_token(token) is None
