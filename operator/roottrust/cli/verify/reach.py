"""How istiods are reached from here: through the API server, by their addresses, or as given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum

from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.names import build_istiod_host
from roottrust.domain.reasons import Reason
from roottrust.istiod.address import PORT, IstiodAddress
from roottrust.kube.access import KubeAccess
from roottrust.kube.istiod_pods import IstiodPod
from roottrust.kube.port_forward import LOCALHOST, forward_port

ANY_POD = ""

_AT_ONCE = 8
_PORTS = range(1, 65536)


class Way(StrEnum):
    """How to reach a pod."""

    PORT_FORWARD = "port-forward"
    POD_IP = "pod-ip"


class Reach:
    """Opens the ways to istiods, a bounded number at once."""

    def __init__(self, access: KubeAccess, *, way: Way, endpoints: Mapping[str, str]) -> None:
        self._access = access
        self._way = way
        self._endpoints = endpoints
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def open(self, namespace: str, pod: IstiodPod) -> AsyncIterator[IstiodAddress]:
        """Give the address of port 15012 of a pod while this is open; raises RootTrustError."""
        name = build_istiod_host(namespace)
        given = self._endpoints.get(pod.name) or self._endpoints.get(ANY_POD)
        async with self._slots:
            if given is not None:
                host, _, port = given.rpartition(":")
                yield IstiodAddress(host=host.strip("[]"), port=int(port), server_name=name)
            elif self._way is Way.POD_IP:
                yield IstiodAddress(host=_get_address(pod), server_name=name)
            else:
                forward = forward_port(self._access, namespace=namespace, pod=pod.name, port=PORT)
                async with forward as port_here:
                    yield IstiodAddress(host=LOCALHOST, port=port_here, server_name=name)


def parse_istiod_endpoints(given: Iterable[str]) -> dict[str, str]:
    """Return `[POD=]HOST:PORT` by pods; raises InvalidSpecError for what is not one."""
    found: dict[str, str] = {}
    for word in given:
        first, mark, second = word.partition("=")
        pod, endpoint = (first, second) if mark else (ANY_POD, first)
        host, _, port = endpoint.rpartition(":")
        if not host or not port.isdecimal() or int(port) not in _PORTS:
            raise InvalidSpecError(
                f"--istiod-endpoint {word}: write POD=HOST:PORT, or HOST:PORT for all pods.",
                reason=Reason.INVALID_SPEC,
            )
        found[pod] = endpoint
    return found


def _get_address(pod: IstiodPod) -> str:
    if pod.address is None:
        raise DependencyMissingError(
            f"The pod {pod.name} has no address yet.", reason=Reason.ISTIOD_UNREACHABLE
        )
    return pod.address
