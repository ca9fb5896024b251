from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.agent.reporter import Reporter
from roottrust.agent.root_gate import RootGate
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from roottrust.domain.instance_report import Held
from roottrust.domain.reasons import Reason
from tests.unit.agent.fakes import CERTIFICATE, FakeCluster
from tests.unit.domain.certificates import NOW, build_name, build_pem
from tests.unit.domain.test_published_root import ISTIODS

OURS, FOREIGN = (build_pem(subject=build_name(name)) for name in ("A", "Company"))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


def check(
    cluster: Any, *, pinned: str = OURS, held: str | None = None, now: datetime = NOW
) -> None:
    reporter = Reporter(cluster, namespace="istio-system", pod="istiod-0")
    gate = RootGate(cluster, reporter, namespace="istio-system", now=lambda: now)
    gate.check(CERTIFICATE, pinned=pinned, held=hold(held) if held else None)


def hold(bundle: str) -> Held:
    certificate = parse_certificate(OURS)
    return Held(
        certificate=certificate,
        issuer_fingerprint="",
        chain="",
        trust_bundle=bundle,
        intermediate_generation=1,
        next_renewal=NOW,
    )


@pytest.mark.parametrize("published", [None, OURS, OURS + FOREIGN])
def test_root_that_peers_know_may_be_started_with(
    cluster: FakeCluster, published: str | None
) -> None:
    cluster.published = published
    check(cluster)
    assert cluster.events == []


def test_foreign_root_is_kept_and_the_ways_out_are_told(cluster: FakeCluster) -> None:
    cluster.published = FOREIGN
    with pytest.raises(DependencyMissingError) as caught:
        check(cluster)
    assert caught.value.reason is Reason.FOREIGN_ROOT
    for text in ("CN=Company", "begin with that root, and rotate it", "delete that ConfigMap"):
        assert text in caught.value.message


def test_istiods_own_root_is_replaced_and_told(cluster: FakeCluster) -> None:
    cluster.published = ISTIODS
    check(cluster)
    ((_, type_, reason, message),) = cluster.events
    assert (type_, reason) == ("Warning", Reason.ROOT_REPLACED)
    assert "O=cluster.local" in message


def test_root_is_compared_with_istiods_while_it_runs(cluster: FakeCluster) -> None:
    # What is published does not count then: another replica may have been first.
    cluster.published = FOREIGN
    check(cluster, pinned=OURS + FOREIGN, held=OURS)
    with pytest.raises(DependencyMissingError, match="has no root of the one"):
        check(cluster, pinned=OURS, held=FOREIGN)


def test_expired_root_is_not_asked_for_more(cluster: FakeCluster) -> None:
    with pytest.raises(
        DependencyMissingError, match="The root has expired on 2039-12-30"
    ) as caught:
        check(cluster, now=NOW + timedelta(days=3651))
    assert caught.value.reason is Reason.ROOT_NOT_USABLE


def test_account_that_may_not_read_it_goes_on_without(
    cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.failure = AccessDeniedError(
        "no", reason=Reason.ACCESS_DENIED, path="p", capability="get"
    )
    check(cluster)
    assert caplog.messages == ["the published root is not compared: no"]


def test_nothing_is_decided_while_the_api_server_is_away(cluster: FakeCluster) -> None:
    cluster.failure = TransientError("away", reason=Reason.API_UNREACHABLE)
    with pytest.raises(TransientError):
        check(cluster)
