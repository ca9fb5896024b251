"""How istiods are reached."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.cli.verify.reach import Reach, Way, parse_istiod_endpoints
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.istiod.address import IstiodAddress
from roottrust.kube.istiod_pods import IstiodPod

NAME = "istiod.istio-system.svc"
ACCESS: Any = None  # nothing is asked of the API server


async def find(reach: Reach, pod: str, address: str | None = "10.0.0.9") -> IstiodAddress:
    opened = reach.open("istio-system", IstiodPod(name=pod, address=address, is_running=True))
    async with opened as found:
        return found


async def test_a_pod_is_reached_at_its_address_under_istiods_name() -> None:
    reach = Reach(ACCESS, way=Way.POD_IP, endpoints={})
    assert await find(reach, "a") == IstiodAddress(host="10.0.0.9", port=15012, server_name=NAME)
    with pytest.raises(DependencyMissingError, match="no address yet"):
        await find(reach, "a", None)


async def test_a_given_endpoint_goes_first() -> None:
    endpoints = parse_istiod_endpoints(["a=[::1]:1", "localhost:2"])
    reach = Reach(ACCESS, way=Way.PORT_FORWARD, endpoints=endpoints)
    assert await find(reach, "a") == IstiodAddress(host="::1", port=1, server_name=NAME)
    assert await find(reach, "b") == IstiodAddress(host="localhost", port=2, server_name=NAME)


@pytest.mark.parametrize("word", ["x", "a=x", ":1", "h:0", "h:65536", "h:x", "a=:1"])
def test_what_cannot_be_an_endpoint_is_refused(word: str) -> None:
    with pytest.raises(InvalidSpecError, match="write POD=HOST:PORT"):
        parse_istiod_endpoints([word])
