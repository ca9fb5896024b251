"""The root's key is stolen: `--compromised` has whoever has it refused everywhere.

The workloads are restarted meanwhile, twice; those who call them are told of by stage.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roottrust.domain.moment import tell_minutes
from tests.e2e.fleet.callers import call_all_the_while
from tests.e2e.fleet.fleet import POLICY, Fleet
from tests.e2e.fleet.root_rotation import (
    find_next_generation,
    follow,
    make_root,
    read_rotation,
)
from tests.e2e.fleet.shop import open_shop
from tests.e2e.fleet.telling import Tell
from tests.e2e.fleet.thief import forge, trying
from tests.integration.vault_calls import write

BEFORE_SECONDS = AFTER_SECONDS = 5.0
ANNOTATION = "admin.gloo.solo.io/rotation-compromised"


def test_who_has_the_key_of_the_root_is_refused_everywhere(
    fleet: Fleet, tell: Tell, tmp_path: Path
) -> None:
    generation = find_next_generation(fleet)
    stolen = fleet.policy.read_status()["root"]["issuer"]
    make_root(fleet, generation)
    order = ("rotate root", POLICY, "--compromised", "--yes", f"--context={fleet.mgmt.name}")
    with ExitStack() as stack:
        shops = [stack.enter_context(open_shop(each)) for each in fleet.both]
        old = [each.list_pods().keys() for shop in shops for each in shop.all]
        victim = shops[0].reviews.pod.identity
        forged = forge(fleet.admin, stolen, victim, tmp_path)
        entries = {
            f"{each.pod.cluster.name} {each.name}": each.get_address()
            for shop in shops
            for each in (shop.gateway, shop.productpage)
        }
        calls = [
            stack.enter_context(
                call_all_the_while(
                    {name: entries[name] for name in entries if name.startswith(member.name)},
                    shop.reviews.pod.identity,
                )
            )
            for member, shop in zip(fleet.both, shops, strict=True)
        ]
        thefts = [stack.enter_context(trying(shop.reviews.get_address(), forged)) for shop in shops]
        begun_at = datetime.now(UTC)
        time.sleep(BEFORE_SECONDS)
        assert all(each.accepted and not each.refused for each in thefts), "the key is good"
        ordered_at = time.time()
        done = fleet.run(order[0], *order[1:], "--no-wait")
        assert done.code == 0, done.err

        def strike(stage: str) -> None:
            if stage == "Retire":  # in a mount that is not ours, as its status tells
                write(fleet.admin, f"pki/issuer/{stolen}/revoke", {})

        course = follow(fleet, generation, tell, strike=strike)
        time.sleep(AFTER_SECONDS)
        ended_at = datetime.now(UTC)
        new = [each.list_pods().keys() for shop in shops for each in shop.all]
    (past, *_) = read_rotation(fleet)["history"]
    beginnings = {
        "before": begun_at,
        **{name: datetime.fromtimestamp(at, UTC) for name, at in course.stages.items()},
        "after": datetime.fromtimestamp(course.ended_at, UTC),
    }
    for each in calls:
        tell("\n".join(map(str, each.divide(beginnings, ended_at))))
    for member, theft in zip(fleet.both, thefts, strict=True):
        let_in = max(theft.accepted) - ordered_at
        tell(
            f"{member.name}: the thief was let in for {let_in:.1f} s after the order "
            f"({len(theft.accepted)} times, {len(theft.refused)} times refused)"
        )
    tell(f"the status says {tell_minutes(measure_distrust(past))}")
    failed = [call for each in calls for call in each.made if call.error]
    tell("\n".join(["failed:", *(map(str, failed) if failed else ["none"])]))
    # On a busy machine some time out; that somebody is not trusted is another matter.
    assert [str(call) for call in failed if call.is_mistrusted] == []
    distrusted_at = datetime.fromisoformat(past["distrustedAt"]).timestamp()
    for theft in thefts:
        assert max(theft.accepted) <= distrusted_at + 1.0, "the status tells times in whole seconds"
        assert min(theft.refused) < course.ended_at
    assert all(not (before & after) for before, after in zip(old, new, strict=True))
    assert past["strategy"] == "DistrustFirst"
    assert not past.get("leftBehind")
    followed = fleet.run(order[0], POLICY, "--follow", f"--context={fleet.mgmt.name}")
    assert f"distrusted, {tell_minutes(measure_distrust(past))} after" in followed.out
    fleet.policy.kubectl("annotate", "rtp", POLICY, f"{ANNOTATION}-")
    fleet.policy.wait_for("Ready", "True", seconds=60)


def measure_distrust(past: dict[str, Any]) -> Any:
    """Return how long a root was trusted after its rotation began."""
    begun, ended = (datetime.fromisoformat(past[each]) for each in ("startedAt", "distrustedAt"))
    return ended - begun
