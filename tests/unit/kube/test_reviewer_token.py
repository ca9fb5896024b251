from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.reviewer_token import IssuedToken, issue_reviewer_token, read_reviewer_uid

NOW = datetime(2030, 1, 1, 12, 0, 0, 999, tzinfo=UTC)
PATH = "/api/v1/namespaces/gloo-mesh/serviceaccounts/roottrust-reviewer"
MISSING = {
    "kind": "Status",
    "message": 'serviceaccounts "roottrust-reviewer" not found',
    "details": {"name": "roottrust-reviewer", "kind": "serviceaccounts"},
}


def encode(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


TOKEN = ".".join(
    (
        encode({"kid": "key-1"}),
        encode({"kubernetes.io": {"serviceaccount": {"uid": "uid-1"}}}),
        "signature",
    )
)
ISSUED = {"status": {"token": TOKEN, "expirationTimestamp": "2030-01-02T12:00:00Z"}}
DEEP = base64.urlsafe_b64encode(b"[" * 9000).decode()
ALLOWED = {"status": {"allowed": True}}


async def issue(client: KubeClient) -> IssuedToken:
    return await issue_reviewer_token(client, namespace="gloo-mesh", seconds=86400, now=NOW)


async def test_a_token_is_made_and_tried(client: KubeClient, server: Any) -> None:
    server.answer(201, ISSUED)
    server.answer(201, ALLOWED)
    issued = await issue(client)
    assert issued.token.get_secret_value() == TOKEN
    assert issued.known.issued_at == NOW.replace(microsecond=0)
    assert issued.known.expires_at == datetime(2030, 1, 2, 12, tzinfo=UTC)
    assert (issued.known.account_uid, issued.known.key_id) == ("uid-1", "key-1")
    (request, trial) = server.asked
    assert request[:2] == ("POST", f"{PATH}/token")
    assert request[3]["spec"] == {"expirationSeconds": 86400}
    assert trial[2]["Authorization"] == f"Bearer {TOKEN}"
    assert trial[3]["spec"]["resourceAttributes"] == {
        "group": "authentication.k8s.io",
        "resource": "tokenreviews",
        "verb": "create",
    }


async def test_a_token_never_shows_itself(client: KubeClient, server: Any) -> None:
    server.answer(201, ISSUED)
    server.answer(201, ALLOWED)
    assert TOKEN not in repr(await issue(client))


async def test_a_missing_account_is_named_with_what_to_apply(
    client: KubeClient, server: Any
) -> None:
    server.answer(404, MISSING)
    with pytest.raises(DependencyMissingError) as caught:
        await issue(client)
    assert caught.value.reason == Reason.REVIEWER_NOT_FOUND
    assert "gloo-mesh/roottrust-reviewer does not exist" in caught.value.message
    assert caught.value.message.endswith("apply deploy/base/reviewer.yaml there.")


async def test_a_missing_right_of_the_hub_is_named(client: KubeClient, server: Any) -> None:
    server.answer(403, {"kind": "Status", "message": "forbidden"})
    with pytest.raises(AccessDeniedError) as caught:
        await issue(client)
    assert "grant it create on serviceaccounts/token of that name" in caught.value.message


async def test_a_missing_right_of_the_reviewer_is_named(client: KubeClient, server: Any) -> None:
    server.answer(201, ISSUED)
    server.answer(201, {"status": {"allowed": False}})
    with pytest.raises(AccessDeniedError) as caught:
        await issue(client)
    assert "may not create tokenreviews" in caught.value.message
    assert TOKEN not in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        {"status": {}},
        {"status": {"token": "garbage", "expirationTimestamp": "2030-01-02T12:00:00Z"}},
        {"status": {"token": TOKEN, "expirationTimestamp": "tomorrow"}},
        {"status": {"token": TOKEN, "expirationTimestamp": "2030-01-02T12:00:00"}},
        {"status": {"token": f"{DEEP}.{DEEP}.x"}},
        {"status": {"token": f"{encode([])}.{encode([])}.x"}},
        {"status": None},
    ],
)
async def test_an_answer_that_makes_no_sense_may_pass(
    client: KubeClient, server: Any, answer: dict[str, Any]
) -> None:
    server.answer(201, answer)
    with pytest.raises(TransientError, match="does not answer a TokenRequest as one does"):
        await issue(client)


async def test_the_account_is_known_by_its_uid(client: KubeClient, server: Any) -> None:
    server.answer(200, {"metadata": {"uid": "uid-1"}})
    server.answer(404, MISSING)
    assert await read_reviewer_uid(client, namespace="gloo-mesh") == "uid-1"
    assert await read_reviewer_uid(client, namespace="gloo-mesh") is None
