from __future__ import annotations

import pytest

from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.vault.errors import classify_status
from roottrust.vault.own_call import RefusedCallError, judge_own_call


def judge(status: int, *errors: str, namespace: str | None = None) -> RootTrustError:
    error = classify_status(
        status,
        errors=errors,
        retry_after_seconds=None,
        address="https://vault",
        path="auth/x/login",
        capability="create/update",
    )
    return judge_own_call(
        error,
        errors=errors,
        address="https://vault",
        namespace=namespace,
        path="auth/x/login",
        capability="create/update",
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "permission denied"),
        (400, "invalid role or secret ID"),
        (400, 'invalid role name "hub"'),
        (404, "namespace not found"),
        (500, "invalid username or password"),  # HashiCorp's 1.13
        (500, "invalid secret id"),
    ],
)
def test_refusals(status: int, said: str) -> None:
    error = judge(status, said)
    assert isinstance(error, RefusedCallError)
    assert error.said == said
    assert error.place == "auth/x/login"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (503, "Vault is sealed"),
        (500, "could not load backend configuration"),
        (502, ""),
        (429, "rate limit quota exceeded"),
        (412, "required index state not present"),
    ],
)
def test_what_may_pass_is_no_refusal(status: int, said: str) -> None:
    assert isinstance(judge(status, said), TransientError)


@pytest.mark.parametrize(
    ("said", "lacks_right"),
    [
        ("permission denied", False),
        ("2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n", False),
        ("1 error occurred:\n\t* permission denied\n\n", True),
    ],
)
def test_token_that_is_gone_is_told_from_a_missing_right(said: str, lacks_right: bool) -> None:
    error = judge(403, said)
    assert isinstance(error, RefusedCallError)
    assert error.lacks_right == lacks_right


def test_namespace_is_told() -> None:
    error = judge(403, "permission denied", namespace="ops/team-a")
    assert isinstance(error, RefusedCallError)
    assert error.place == "auth/x/login in namespace ops/team-a"
