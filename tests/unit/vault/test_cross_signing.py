"""One root signed by another one, as Vault is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from roottrust.domain.errors import TransientError
from roottrust.vault.client import VaultClient
from roottrust.vault.cross_signing import cross_sign


class Signer:
    """Answers one write."""

    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def write(self, path: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        self.asked.append((path, data))
        return self.answer


async def sign(signer: Signer) -> str:
    return await cross_sign(cast("VaultClient", signer), "pki", "id-1", "PEM")


async def test_the_root_is_sent_as_it_is_and_comes_back_as_a_file_ends() -> None:
    signer = Signer({"certificate": "SIGNED"})
    assert await sign(signer) == "SIGNED\n"
    assert signer.asked == [("pki/issuer/id-1/sign-self-issued", {"certificate": "PEM"})]
    assert await sign(Signer({"certificate": "SIGNED\n"})) == "SIGNED\n"


@pytest.mark.parametrize("answer", [None, {}, {"certificate": ""}])
async def test_an_answer_without_a_certificate_is_no_success(
    answer: dict[str, Any] | None,
) -> None:
    with pytest.raises(TransientError):
        await sign(Signer(answer))
