from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.vault.namespace import NamespaceCheck, check_namespace
from roottrust.vault.transport import VaultResponse

COMMUNITY = {"version": "1.13.0", "sealed": False, "standby": False}


class Health:
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.response = VaultResponse(status=status, body=body)
        self.asked: list[str] = []
        self.check = NamespaceCheck(self.ask, address="https://vault")

    async def ask(self, namespace: str) -> VaultResponse:
        self.asked.append(namespace)
        await asyncio.sleep(0)
        return self.response


@pytest.mark.parametrize("status", [200, 429, 473])
async def test_vault_that_takes_no_notice_of_namespaces_is_refused(status: int) -> None:
    health = Health(status, COMMUNITY)
    for _ in range(2):
        with pytest.raises(DependencyMissingError, match=r"1\.13\.0.*ops") as caught:
            await health.check.require("ops")
    assert caught.value.reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize("status", [400, 404])
async def test_vault_with_namespaces_is_asked_once(status: int) -> None:
    health = Health(status, {"errors": ["operation unavailable in namespaces"]})
    await asyncio.gather(*(health.check.require("ops") for _ in range(10)))
    assert health.asked == ["ops"]


@pytest.mark.parametrize(
    "body",
    [
        {**COMMUNITY, "version": "1.15.2+ent.hsm"},
        {**COMMUNITY, "enterprise": True},
        {**COMMUNITY, "sealed": True},
        {"errors": ["Vault is sealed"]},
    ],
)
async def test_what_cannot_be_told_is_asked_again(body: dict[str, Any]) -> None:
    health = Health(503, body)
    for _ in range(2):
        await health.check.require("ops")
    assert len(health.asked) == 2


def test_missing_namespace_is_no_absence() -> None:
    response = VaultResponse(status=404, body={"errors": ["namespace not found"]})
    with pytest.raises(DependencyMissingError, match="namespace ops"):
        check_namespace(response, namespace="ops", address="https://vault")


@pytest.mark.parametrize("body", [{"errors": []}, {}, {"errors": ["no handler for route"]}])
def test_absence_in_a_namespace(body: dict[str, Any]) -> None:
    response = VaultResponse(status=404, body=body)
    check_namespace(response, namespace="ops", address="https://vault")
