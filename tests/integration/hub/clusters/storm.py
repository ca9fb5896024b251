"""Objects that change as fast as their API server takes it.

Whoever makes the changes is in processes of its own: one interpreter makes some hundreds a second.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import ssl
import threading
import time
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any
from urllib.parse import urlsplit

from testbed import Cluster

PROCESSES = 4
# Stands for a text that is another one in each change.
OTHER = "@other@"

_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class _Place:
    """An API server, and the files by which its administrator is known there."""

    address: str
    certificate: str
    key: str
    ca: str

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return http.client.HTTPSConnection(self.address, timeout=30, context=context)


@dataclass
class Storm:
    """How many changes were made, and how many a second, since all of them are at it."""

    counts: MutableSequence[int]

    def __post_init__(self) -> None:
        self._begun, self._before = time.monotonic(), sum(self.counts)

    @property
    def total(self) -> int:
        return sum(self.counts) - self._before

    @property
    def rate(self) -> float:
        return self.total / (time.monotonic() - self._begun)


@contextmanager
def storm(cluster: Cluster, paths: Sequence[str], change: dict[str, Any]) -> Iterator[Storm]:
    """Change the objects at these paths, each over a connection of its own."""
    counts, stop = _CONTEXT.Array("Q", len(paths), lock=False), _CONTEXT.Event()
    place = _Place(
        address=urlsplit(cluster.server).netloc,
        certificate=str(cluster.pki / "admin.crt"),
        key=str(cluster.pki / "admin.key"),
        ca=str(cluster.ca_file),
    )
    shares = [range(number, len(paths), PROCESSES) for number in range(PROCESSES)]
    text = json.dumps(change)
    processes = [
        _CONTEXT.Process(
            target=_blow, args=(place, {each: paths[each] for each in share}, text, counts, stop)
        )
        for share in shares
        if share
    ]
    for each in processes:
        each.start()
    while not all(counts):  # they begin one after the other
        assert all(each.is_alive() for each in processes)
        time.sleep(0.05)
    try:
        yield Storm(counts)
    finally:
        stop.set()
        for each in processes:
            each.join(60)
    assert [each.exitcode for each in processes] == [0] * len(processes)


def _blow(
    place: _Place, paths: dict[int, str], text: str, counts: MutableSequence[int], stop: Event
) -> None:
    failures: list[str] = []

    def go_on(index: int, path: str) -> None:
        connection = place.connect()
        headers = {"Content-Type": "application/merge-patch+json"}
        while not stop.is_set() and not failures:
            body = text.replace(OTHER, f"{index}-{counts[index]}")
            connection.request("PATCH", path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == http.client.CONFLICT:
                continue  # several change the same one
            if answer.status >= http.client.BAD_REQUEST:
                failures.append(said.decode())
            counts[index] += 1

    threads = [threading.Thread(target=go_on, args=each) for each in paths.items()]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures, failures[0]
