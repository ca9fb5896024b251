"""The root of the whole fleet is replaced, and no connection between workloads fails.

The first root was made by openssl, with a name of several values in UTF-8; the next ones by Vault.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from roottrust.domain.certificate import parse_certificates
from tests.e2e.fleet.fleet import Fleet
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.telling import Tell
from tests.e2e.load import CERTIFICATE_SECONDS, Told, connect_until_enough
from tests.e2e.workload import Workload
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import read, write

ROTATION_SECONDS = 420.0
AFTER_SECONDS = 5.0
# So far apart, that no two peers renew their certificates at the same moments.
APART_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A client, and the server that it calls, in the same cluster or in two."""

    client: Workload
    server: Workload

    def __str__(self) -> str:
        return f"{self.client.namespace}/{self.client.name} → {self.server.namespace}"


def list_pairs(fleet: Fleet) -> tuple[Pair, ...]:
    """Return pairs both ways across and within clusters."""

    def get(member: Member, name: str) -> Workload:
        return replace(member.get_workload(name), is_injected=True)

    east, west = fleet.both
    return tuple(
        Pair(client=get(here, f"to-{there.name}"), server=get(there, "server"))
        for here in (east, west)
        for there in (east, west)
    )


@contextmanager
def connected(pairs: tuple[Pair, ...]) -> Iterator[list[tuple[Pair, Told]]]:
    """Have all of them connect all the while; peers are out of phase."""
    for server in {pair.server for pair in pairs}:
        server.start(["server"], certificate_seconds=CERTIFICATE_SECONDS)
    try:
        with ExitStack() as stack:
            loads = []
            for pair in pairs:
                load = connect_until_enough(
                    pair.client, pair.server, certificate_seconds=CERTIFICATE_SECONDS
                )
                loads.append((pair, stack.enter_context(load)))
                time.sleep(APART_SECONDS)
            yield loads
        for pair, told in loads:
            if told.errors:
                print(
                    f"istio's agents of {pair}:", *map(read_agent_log, (pair.client, pair.server))
                )
    finally:
        for workload in {each for pair in pairs for each in (pair.client, pair.server)}:
            workload.delete()


def read_agent_log(workload: Workload) -> str:
    """Return what istio's agent says of certificates, and of what it fails at."""
    words = ("logs", workload.name, "-c", "istio-proxy", "--tail=-1")
    told = workload.kubectl(*words).splitlines()
    return "\n".join(line for line in told if "\tinfo\txds" not in line)


def read_rotation(fleet: Fleet) -> dict[str, Any]:
    return dict(fleet.policy.read_status().get("rotation") or {})


def make_root(fleet: Fleet, generation: int) -> str:
    """Have Vault make the root of a generation, as its administrator does, and return it."""
    before = read(fleet.admin, "pki/config/issuers") or {}
    wanted = {
        "issuer_name": f"roottrust-g{generation}",
        "common_name": f"Fleet root {generation}",
        "key_type": "ec",
        "key_bits": 256,
        "ttl": "131400h",
    }
    write(fleet.admin, "sys/mounts/pki/tune", {"max_lease_ttl": "175200h"})
    made = write(fleet.admin, "pki/root/generate/internal", wanted)
    assert read(fleet.admin, "pki/config/issuers") == before, "the one in use stays the default"
    return str(made["certificate"]).strip() + "\n"


def follow(fleet: Fleet, generation: int, tell: Tell) -> list[str]:
    """Wait until the rotation is done; return its stages, which are told with their times."""
    begun, stages = time.monotonic(), list[str]()

    def look() -> dict[str, Any]:
        rotation = read_rotation(fleet)
        stage = rotation.get("stage")
        if stage and (not stages or stages[-1] != stage):
            stages.append(stage)
            tell(f"{time.monotonic() - begun:6.1f} s {rotation.get('message')}")
        return rotation

    try:
        wait_for(
            look,
            lambda found: found.get("rootGeneration") == generation,
            seconds=ROTATION_SECONDS,
            every=0.3,
        )
    except AssertionError:
        tell(json.dumps(read_rotation(fleet), indent=1))
        raise
    tell(f"{time.monotonic() - begun:6.1f} s generation {generation} is in use")
    return stages


@pytest.mark.parametrize("strategy", ["CrossSigned", "MultiRoot"])
def test_the_root_of_the_fleet_is_replaced_and_no_connection_fails(
    fleet: Fleet, tell: Tell, strategy: str
) -> None:
    generation = 1 + (read_rotation(fleet).get("rootGeneration") or 1)
    root = make_root(fleet, generation)
    pods = [each.list_pods("app=istiod") for each in fleet.both]
    with connected(list_pairs(fleet)) as loads:
        rotation = {"rootGeneration": generation, "strategy": strategy}
        patch = json.dumps({"spec": {"rotation": rotation}})
        words = ("patch", "rtp", fleet.policy.name, "--type=merge", f"--patch={patch}")
        fleet.policy.kubectl(*words)
        stages = follow(fleet, generation, tell)
        time.sleep(AFTER_SECONDS)
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
