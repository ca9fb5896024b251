"""A rotation of the fleet's root, and the workloads that never stop talking meanwhile."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from tests.e2e.fleet.fleet import Fleet
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.telling import Tell
from tests.e2e.load import A_SECOND, CERTIFICATE_SECONDS, Told, connect_until_enough
from tests.e2e.workload import Workload
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import read, write

ROTATION_SECONDS = 420.0
# So far apart, that no two peers renew their certificates at the same moments.
APART_SECONDS = 3.0

Strike = Callable[[str], None]


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
def connected(
    pairs: tuple[Pair, ...],
    *,
    certificate_seconds: int = CERTIFICATE_SECONDS,
    a_second: int = A_SECOND,
) -> Iterator[list[tuple[Pair, Told]]]:
    """Have all of them connect all the while; peers are out of phase."""
    for server in {pair.server for pair in pairs}:
        server.start(["server"], certificate_seconds=certificate_seconds)
    try:
        with ExitStack() as stack:
            loads = []
            for pair in pairs:
                load = connect_until_enough(
                    pair.client,
                    pair.server,
                    certificate_seconds=certificate_seconds,
                    a_second=a_second,
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


def find_next_generation(fleet: Fleet) -> int:
    """Return one that was neither rotated to nor rolled back."""
    found = read_rotation(fleet)
    return 1 + max(found.get("rootGeneration") or 1, found.get("rejectedGeneration") or 0)


def make_root(fleet: Fleet, generation: int) -> str:
    """Have Vault make the root of a generation, as its administrator does, and return it."""
    return make_issuer(fleet, f"roottrust-g{generation}", f"Fleet root {generation}")


def make_issuer(fleet: Fleet, name: str, common_name: str) -> str:
    """Have Vault make a root beside the one in use, and return it."""
    before = read(fleet.admin, "pki/config/issuers") or {}
    wanted = {
        "issuer_name": name,
        "common_name": common_name,
        "key_type": "ec",
        "key_bits": 256,
        "ttl": "131400h",
    }
    write(fleet.admin, "sys/mounts/pki/tune", {"max_lease_ttl": "175200h"})
    made = write(fleet.admin, "pki/root/generate/internal", wanted)
    assert read(fleet.admin, "pki/config/issuers") == before, "the one in use stays the default"
    return str(made["certificate"]).strip() + "\n"


def retire_by_hand(fleet: Fleet, rotation: dict[str, Any]) -> None:
    """Let the next root sign alone: in a mount that is not ours the administrator does, as told."""
    old, new = rotation["previous"]["issuer"], rotation["next"]["issuer"]
    write(fleet.admin, "pki/config/issuers", {"default": new})
    found = read(fleet.admin, f"pki/issuer/{old}") or {}
    name = {"issuer_name": found["issuer_name"]} if found.get("issuer_name") else {}
    write(fleet.admin, f"pki/issuer/{old}", {**name, "usage": "read-only"})


def start_rotation(fleet: Fleet, generation: int, strategy: str, *, soak_seconds: int = 0) -> None:
    """Raise the number, as a person does."""
    rotation = {"rootGeneration": generation, "strategy": strategy, "soakSeconds": soak_seconds}
    patch = json.dumps({"spec": {"rotation": rotation}})
    fleet.policy.kubectl("patch", "rtp", fleet.policy.name, "--type=merge", f"--patch={patch}")


@dataclass
class Course:
    """The stages that a rotation was seen in, each with the time that it was first seen at."""

    stages: dict[str, float] = field(default_factory=dict)
    ended_at: float = 0.0

    @property
    def begun_at(self) -> float:
        return min(self.stages.values())

    def count_failed(self, loads: list[tuple[Pair, Told]]) -> dict[str, int]:
        """Return how many connections failed, by the stage that they failed in."""
        moments = [at for _, told in loads for at in told.failed_at]
        borders = [("before", 0.0), *self.stages.items(), ("after", self.ended_at), ("", 1e12)]
        found = Counter(
            {
                name: sum(begun <= at < ended for at in moments)
                for (name, begun), (_, ended) in pairwise(borders)
            }
        )
        return {name: count for name, count in found.items() if count}


def follow(
    fleet: Fleet,
    generation: int,
    tell: Tell,
    *,
    end: str = "rootGeneration",
    seconds: float = ROTATION_SECONDS,
    strike: Strike = lambda _: None,
) -> Course:
    """Wait until the rotation is done, whose stages are told with their times, and strike in each.

    `end` is the field of the status that has the generation then.
    """
    course = Course()

    def look() -> dict[str, Any]:
        rotation = read_rotation(fleet)
        stage = rotation.get("stage")
        if stage and stage not in course.stages:
            course.stages[stage] = time.time()
            tell(f"{time.time() - course.begun_at:6.1f} s {rotation.get('message')}")
            if stage == "Retire":
                retire_by_hand(fleet, rotation)
            strike(stage)
            rotation = read_rotation(fleet)
        return rotation

    def is_done(found: dict[str, Any]) -> bool:
        return found.get(end) == generation and not found.get("stage")

    try:
        wait_for(look, is_done, seconds=seconds, every=0.3)
    except AssertionError:
        tell(json.dumps(read_rotation(fleet), indent=1))
        raise
    course.ended_at = time.time()
    tell(f"{course.ended_at - course.begun_at:6.1f} s {end} is {generation}")
    return course
