"""A client and a server of the mesh that never stop talking, whatever is done to the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.memory import PYTHON
from tests.e2e.workload import Workload
from tests.integration.hub.waiting import wait_for

A_SECOND = 20
CERTIFICATE_SECONDS = 20
# Half of it is longer than istio's agent waits for an answer from an istiod whose pod has gone.
PATIENT_SECONDS = 60
LONGEST_SECONDS = 1200


@dataclass
class Told:
    """What the client says in the end."""

    total: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    peers: dict[str, int] = field(default_factory=dict)
    issuers: list[str] = field(default_factory=list)
    failed_at: list[float] = field(default_factory=list)  # by the clock of the machine

    def assert_nobody_failed(self, server: Workload, seconds: float) -> None:
        """All connections were made, each to the identity that was meant."""
        assert self.errors == {}
        assert self.peers == {server.identity: self.total}
        assert self.total > seconds * A_SECOND * 0.5


@contextmanager
def connect_all_the_while(
    client: Workload, server: Workload, seconds: float, *, certificate_seconds: int
) -> Iterator[Told]:
    """Connect anew 20 times a second meanwhile; what became of it is told afterwards.

    Both sides ask istiod for another certificate in the middle of its life. The client tells in its
    log how it went: a connection to the API server might not last.
    """
    server.start(["server"], certificate_seconds=certificate_seconds)
    words = ("client", server.get_address(), str(seconds), str(A_SECOND))
    client.start(words, certificate_seconds=certificate_seconds)
    told = Told()
    yield told
    printed = wait_for(client.read_log, lambda text: text.endswith("}\n"), seconds=seconds + 30)
    vars(told).update(json.loads(printed.splitlines()[-1]))


@contextmanager
def connect_until_enough(
    client: Workload, server: Workload, *, certificate_seconds: int, a_second: int = A_SECOND
) -> Iterator[Told]:
    """Connect anew so often for as long as it takes; the server runs already."""
    words = ("client", server.get_address(), str(LONGEST_SECONDS), str(a_second))
    client.start(words, certificate_seconds=certificate_seconds)
    told = Told()
    try:
        yield told
    finally:
        program = "open('/tmp/enough', 'w').close()"
        client.kubectl("exec", client.name, "-c", "app", "--", PYTHON, "-c", program)
        printed = wait_for(client.read_log, lambda text: text.endswith("}\n"))
        vars(told).update(json.loads(printed.splitlines()[-1]))
