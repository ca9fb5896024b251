from __future__ import annotations

from typing import Any

import pytest

from roottrust.agent.reporter import Reporter
from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from tests.unit.agent.fakes import CERTIFICATE, FakeCluster

ENTRY = {"pod": "istiod-0", "serial": "1f"}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def reporter(cluster: Any) -> Reporter:
    return Reporter(cluster, namespace="istio-system", pod="istiod-0")


def test_entry_is_written_where_status_has_another(
    reporter: Reporter, cluster: FakeCluster
) -> None:
    others = {"status": {"instances": [{"pod": "istiod-1"}, {"pod": "istiod-0", "serial": "1e"}]}}
    assert reporter.report({**CERTIFICATE, **others}, ENTRY)
    assert cluster.entries == [{"name": CERTIFICATE["metadata"]["name"], **ENTRY}]


def test_entry_that_status_has_is_not_written_again(
    reporter: Reporter, cluster: FakeCluster
) -> None:
    assert reporter.report({**CERTIFICATE, "status": {"instances": [ENTRY]}}, ENTRY)
    assert reporter.report(None, ENTRY)
    assert cluster.entries == []


def test_failed_write_is_asked_for_again(
    reporter: Reporter, cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.failure = TransientError("away", reason=Reason.API_UNREACHABLE)
    assert not reporter.report(CERTIFICATE, ENTRY)
    assert not reporter.report(CERTIFICATE, ENTRY)
    assert caplog.messages == ["the status cannot be written: away"]
    cluster.failure = None
    assert reporter.report(CERTIFICATE, ENTRY)


def tell(reporter: Reporter, message: str, **more: Any) -> None:
    reporter.tell(CERTIFICATE, type_="Warning", reason="Sealed", message=message, **more)


def test_transition_is_told_once(reporter: Reporter, cluster: FakeCluster) -> None:
    for message in ("a", "a", "b", "b", "a"):
        tell(reporter, message)
    assert [message for *_, message in cluster.events] == ["a", "b", "a"]
    assert {kind for kind, *_ in cluster.events} == {"IssuedCertificate"}


def test_what_has_passed_is_told_when_it_comes_again(
    reporter: Reporter, cluster: FakeCluster
) -> None:
    tell(reporter, "a")
    reporter.forget()
    tell(reporter, "a")
    assert len(cluster.events) == 2


def test_aside_does_not_repeat_the_transition(reporter: Reporter, cluster: FakeCluster) -> None:
    tell(reporter, "a")
    tell(reporter, "aside", is_transition=False)
    tell(reporter, "a")
    assert [message for *_, message in cluster.events] == ["a", "aside"]


def test_event_is_on_the_pod_while_there_is_no_certificate(
    reporter: Reporter, cluster: FakeCluster
) -> None:
    reporter.tell(None, type_="Warning", reason="Waiting", message="none")
    assert [kind for kind, *_ in cluster.events] == ["Pod"]
