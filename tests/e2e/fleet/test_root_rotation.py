"""The root of the whole fleet is replaced, and no connection between workloads fails.

The first root was made by openssl, with a name of several values in UTF-8; the next ones by Vault.
"""

from __future__ import annotations

import time

import pytest

from roottrust.domain.certificate import parse_certificates
from tests.e2e.fleet.fleet import Fleet
from tests.e2e.fleet.root_rotation import (
    connected,
    find_next_generation,
    follow,
    list_pairs,
    make_root,
    start_rotation,
)
from tests.e2e.fleet.rotation_table import describe
from tests.e2e.fleet.telling import Tell
from tests.integration.hub.waiting import wait_for

AFTER_SECONDS = 5.0
# Twice as long as a busy machine has let an agent wait for its next one.
CERTIFICATE_SECONDS = 30


@pytest.mark.parametrize("strategy", ["CrossSigned", "MultiRoot"])
def test_the_root_of_the_fleet_is_replaced_and_no_connection_fails(
    fleet: Fleet, tell: Tell, strategy: str
) -> None:
    generation = find_next_generation(fleet)
    root = make_root(fleet, generation)
    pods = [each.list_pods("app=istiod") for each in fleet.both]
    pairs = list_pairs(fleet)
    with connected(pairs, certificate_seconds=CERTIFICATE_SECONDS) as loads:
        start_rotation(fleet, generation, strategy)
        course = follow(fleet, generation, tell)
        time.sleep(AFTER_SECONDS)
    row = describe("no fault", strategy, course, loads, certificate_seconds=CERTIFICATE_SECONDS)
    row.save()
    stages = list(course.stages)
    for pair, told in loads:
        tell(f"{pair}: {told.total} connections, {sum(told.errors.values())} failed")
    for pair, told in loads:
        assert told.errors == {}, pair
        assert told.peers == {pair.server.identity: told.total}
        assert len(told.issuers) >= 2, "it ended before the new root signed anything"
    first = "Sign" if strategy == "CrossSigned" else "Widen"
    assert stages[1] == first or stages[0] == first
    assert [each.list_pods("app=istiod") for each in fleet.both] == pods, "nobody restarts"
    fleet.policy.wait_for("Ready", "True", seconds=60)
    for member in fleet.both:
        member.istiod.wait_for_published_root(member.namespace, root)
    (found,) = parse_certificates(root)
    assert fleet.policy.read_status()["root"]["fingerprint"] == found.fingerprint
    warning = wait_for(lambda: find_stale_warning(fleet), bool)
    assert "2 replicas of istiod of 2 meshes started under other roots" in warning
    assert "as in east by `kubectl rollout restart deployment/istiod -n istio-system`" in warning


def find_stale_warning(fleet: Fleet) -> str:
    """Return what is told of istiods that ran through it, which nobody was let restart."""
    warnings = fleet.policy.read_status().get("warnings", [])
    return next((each for each in warnings if each.startswith("IstiodsStale: ")), "")
