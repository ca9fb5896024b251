"""That a cluster is looked after as fast as ever, whatever another one does."""

from __future__ import annotations

import time

from tests.integration.hub.certificate import Certificate
from tests.integration.hub.waiting import wait_for

PATIENCE_SECONDS = 3.0


def check_upkeep(victim: Certificate, times: int = 3) -> None:
    """See that what is changed by hand is put back as fast as ever."""
    wanted = victim.wait_for()["spec"]
    for _ in range(times):
        started_at = time.monotonic()
        victim.edit({"hosts": ["evil.example"]})
        wait_for(victim.wait_for, lambda found: found["spec"] == wanted)
        assert time.monotonic() - started_at < PATIENCE_SECONDS
