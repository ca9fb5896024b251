"""How long an edit of the policy takes until a cluster has it, again and again."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.e2e.fleet.member import Member
from tests.e2e.helm import NAMESPACE
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for

PAUSE_SECONDS = 0.5


@dataclass
class RoundTrips:
    """The seconds of each."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        middle, longest = statistics.median(self.seconds), max(self.seconds)
        return f"{len(self.seconds)} edits, median {middle:.2f} s, longest {longest:.2f} s"

    def assert_as_fast_as(self, before: RoundTrips) -> None:
        """It may take somewhat longer by chance, and never as long as a call that fails (5 s)."""
        assert max(self.seconds) < max(before.seconds) + 2, f"{self}; before: {before}"
        middle = statistics.median(before.seconds)
        assert statistics.median(self.seconds) < 2 * middle + 0.5, f"{self}; before: {before}"


def measure(policy: Policy, member: Member, goes_on: Callable[[int], bool]) -> RoundTrips:
    """Edit what restarts nothing while no root changes, as often as is said after so many.

    In the end it is as it was.
    """
    trips = RoundTrips()
    certificate = Certificate(cluster=member.cluster, namespace=NAMESPACE)
    before = wanted = policy.read()["spec"]["config"].get("autoRestartPods", False)
    # A rotation that is just over may have had the cluster restart pods for the time of it.
    wait_for(lambda: _read(certificate), before.__eq__)
    try:
        while goes_on(len(trips.seconds)):
            wanted = not wanted
            begun = time.monotonic()
            _edit(policy, wanted)
            wait_for(lambda: _read(certificate), wanted.__eq__, every=0.02)
            trips.seconds.append(time.monotonic() - begun)
            print(f"{trips.seconds[-1]:.2f} s")
            time.sleep(PAUSE_SECONDS)
    finally:
        _edit(policy, before)
    return trips


def _read(certificate: Certificate) -> bool:
    return bool(certificate.wait_for()["spec"]["autoRestartPods"])


def _edit(policy: Policy, wanted: bool) -> None:
    edit = json.dumps({"spec": {"config": {"autoRestartPods": wanted}}})
    policy.kubectl("patch", "rtp", policy.name, "--type=merge", f"--patch={edit}")
