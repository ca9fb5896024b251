"""The demo shows restarts in the order in which they began."""

from __future__ import annotations

from demo.fleet.restarts import Restart, read_restarts

_ISTIOD = {
    "namespace": "istio-system",
    "kind": "Deployment",
    "name": "istiod",
    "startedAt": "2030-01-01T10:00:00Z",
}
_GATEWAY = {
    "namespace": "bookinfo",
    "kind": "Deployment",
    "name": "gateway",
    "startedAt": "2030-01-01T10:00:08Z",
}
_WAITING = {"namespace": "bookinfo", "kind": "Deployment", "name": "reviews"}


def test_reads_restarts_in_order_of_time() -> None:
    found = read_restarts({"workloads": [_WAITING, _GATEWAY, _ISTIOD]})
    assert [each.line for each in found] == [
        "10:00:00  istio-system/Deployment/istiod",
        "10:00:08  bookinfo/Deployment/gateway",
    ]


def test_nothing_is_restarted_yet() -> None:
    assert read_restarts({}) == []


def test_a_restart_tells_its_time_and_place() -> None:
    assert Restart("2030-01-01T10:00:00Z", "a/b/c").line == "10:00:00  a/b/c"
