from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.account_token import AccountToken, read_account_token
from roottrust.domain.cluster_registration import Registration, read_registrations
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.hub.registration_secret import RegistrationSecret
from roottrust.hub.token_renewal import TokenRenewal
from roottrust.kube.kind import SECRETS, SERVICE_ACCOUNTS, ResourceKind
from roottrust.runtime.fence import FencedError
from tests.unit.domain.kubeconfigs import build_secret, build_text
from tests.unit.domain.test_account_token import ISSUED, build_token
from tests.unit.hub.fakes import fake
from tests.unit.runtime.conftest import FakeTimer

HOUR = 3600.0
LIFE = timedelta(hours=48)


def build_registered(token: SecretStr) -> dict[str, Any]:
    text = build_text(user={"token": token.get_secret_value()})
    return build_secret(clusters={"c2": text}, uid="uid-s", resourceVersion="7")


def read(secret: dict[str, Any]) -> Registration:
    return read_registrations([secret], own_name="c1").used["c2"]


@dataclass
class Bench:
    """A hub with one registered cluster, and both API servers in memory."""

    timer: FakeTimer = field(default_factory=FakeTimer)
    secret: dict[str, Any] | None = field(default_factory=lambda: build_registered(build_token()))
    asked: list[tuple[str, int]] = field(default_factory=list)
    applied: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str | None] = field(default_factory=list)
    failure: RootTrustError | None = None

    def __post_init__(self) -> None:
        assert self.secret is not None
        self.registration = read(self.secret)
        self.renewal = TokenRenewal(
            RegistrationSecret(
                fake(self), namespace="gloo-mesh", registration=lambda: self.registration
            ),
            client=fake(self),
            calls=fake(self),
            share=0.5,
            now=self.get_now,
            timer=self.timer,
            on_warning=self.warnings.append,
        )

    def get_now(self) -> datetime:
        return ISSUED + timedelta(seconds=self.timer.now - 1000)

    async def run(self, call: Callable[[], Awaitable[Any]]) -> Any:
        if self.failure is not None:
            raise self.failure
        return await call()

    async def create_subresource(
        self, kind: ResourceKind, body: dict[str, Any], *, name: str, **place: str
    ) -> dict[str, Any]:
        assert (kind, place) == (
            SERVICE_ACCOUNTS,
            {"namespace": "gloo-mesh", "subresource": "token"},
        )
        assert "audiences" not in body["spec"]
        self.asked.append((name, body["spec"]["expirationSeconds"]))
        now = self.get_now()
        token = build_token(iat=int(now.timestamp()), exp=int((now + LIFE).timestamp()))
        return {"status": {"token": token.get_secret_value()}}

    async def get(self, kind: ResourceKind, **_: str) -> dict[str, Any] | None:
        assert kind == SECRETS
        return self.secret

    async def apply(
        self, kind: ResourceKind, manifest: dict[str, Any], *, field_manager: str
    ) -> dict[str, Any]:
        assert (kind, field_manager) == (SECRETS, "roottrust-hub-cluster-c2")
        assert self.secret is not None
        self.applied.append(manifest)
        self.secret = {**self.secret, "data": {**self.secret["data"], **manifest["data"]}}
        self.registration = read(self.secret)
        self.renewal.look_again()
        return manifest

    @property
    def token(self) -> AccountToken:
        found = read_account_token(self.registration.access.token)
        assert found is not None
        return found


async def follow(bench: Bench, seconds: float) -> None:
    task = asyncio.create_task(bench.renewal.run())
    await bench.timer.advance(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_is_renewed_at_half_of_its_life_for_as_long_again() -> None:
    bench = Bench()
    await follow(bench, 23 * HOUR)
    assert bench.asked == []
    await follow(bench, 2 * HOUR)
    assert bench.asked == [("roottrust-remote-hub", 48 * 3600)]
    assert bench.token.issued_at is not None
    assert timedelta(hours=23.9) < bench.token.issued_at - ISSUED < timedelta(hours=24.1)
    await follow(bench, 72 * HOUR)
    assert len(bench.asked) == 4
    assert set(bench.warnings) == {None}


async def test_nothing_but_the_token_is_written_and_only_into_that_very_secret() -> None:
    bench = Bench()
    before = bench.registration
    await follow(bench, 25 * HOUR)
    (manifest,) = bench.applied
    assert manifest["metadata"] == {
        "namespace": "gloo-mesh",
        "name": "cluster-c2",
        "uid": "uid-s",
        "resourceVersion": "7",
    }
    assert list(manifest["data"]) == ["c2"]
    token = bench.registration.access.token
    assert replace(before.access, token=token) == bench.registration.access
    text = base64.b64decode(manifest["data"]["c2"]).decode()
    assert token.get_secret_value() in text


async def test_a_secret_that_somebody_else_changed_is_left_alone() -> None:
    bench = Bench()
    bench.secret = build_registered(SecretStr("another-token"))
    with pytest.raises(ConflictError):
        await RegistrationSecret(
            fake(bench), namespace="gloo-mesh", registration=lambda: bench.registration
        ).write_token(build_token())
    bench.secret = None
    with pytest.raises(DependencyMissingError, match="is gone"):
        await RegistrationSecret(
            fake(bench), namespace="gloo-mesh", registration=lambda: bench.registration
        ).write_token(build_token())
    assert bench.applied == []


DENIED = AccessDeniedError(
    "The API server denied create on x.", reason=Reason.ACCESS_DENIED, path="x", capability="create"
)


async def test_what_keeps_it_from_being_renewed_is_told_with_its_end() -> None:
    bench = Bench(failure=DENIED)
    await follow(bench, 30 * HOUR)
    told = bench.warnings[-1]
    assert told is not None
    assert "could not be renewed and ends at 2030-01-03T00:00:00Z. The API server denied" in told
    assert "`roottrust cluster join c2`" in told
    bench.failure = None
    await follow(bench, HOUR)
    assert bench.warnings[-1] is None
    assert len(bench.applied) == 1


async def test_it_is_tried_again_and_again() -> None:
    bench = Bench(failure=TransientError("No answer.", reason=Reason.API_UNREACHABLE))
    calls: list[float] = []

    async def run(_: Callable[[], Awaitable[Any]]) -> Any:
        calls.append(bench.timer.now)
        assert bench.failure is not None
        raise bench.failure

    bench.run = run  # type: ignore[method-assign]
    await follow(bench, 25 * HOUR)
    assert 15 < len(calls) < 30


async def test_a_hub_that_stands_by_leaves_it_to_the_leader() -> None:
    bench = Bench(failure=FencedError("Another hub leads.", reason=Reason.NOT_LEADING))
    await follow(bench, 30 * HOUR)
    assert set(bench.warnings) == {None}
    assert bench.applied == []


@pytest.mark.parametrize("token", [build_token(exp=None), SecretStr("opaque")])
async def test_one_that_never_ends_is_warned_of(token: SecretStr) -> None:
    bench = Bench(secret=build_registered(token))
    await follow(bench, HOUR)
    told = bench.warnings[-1]
    assert told is not None
    assert told.startswith("Cluster c2: the token of its Secret does not end by itself")
    assert bench.asked == []
