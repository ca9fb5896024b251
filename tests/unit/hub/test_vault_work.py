from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    TransientError,
)
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from roottrust.hub.reviewer_book import ReviewerBook
from roottrust.hub.vault_work import CLUSTERS_AT_ONCE, MAX_ROUNDS, VaultWork, work_on_vault
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import (
    CLAIMANT,
    GENERATED_ROOT,
    OURS,
    ROOT,
    build_cluster,
    build_facts,
    build_issuer,
    build_mount,
    build_target,
)
from tests.unit.domain.strategies import BROKEN, DENIED
from tests.unit.hub.fakes import FakeRegistry, FakeServer, fake

TARGET = build_target(root=GENERATED_ROOT)
TWO = build_target(build_cluster("a"), build_cluster("b"))
FOREIGN = {"pki_int_cluster1": build_mount("kv")}
IN_THE_WAY = ConflictError("path is already in use at kube/.", reason=Reason.CONFLICT)


async def work(
    server: FakeServer, target: VaultTarget = TARGET, *, writes: bool = True, **changes: Any
) -> VaultWork:
    arguments: dict[str, Any] = {
        "claimant": CLAIMANT,
        "known_root": None,
        "root_secret": None,
        "reviewers": ReviewerBook({}, issue=FakeRegistry().issue_reviewer_token),
        **changes,
    }
    return await work_on_vault(fake(server), target, writes=writes, now=lambda: NOW, **arguments)


def count_pending(work: VaultWork) -> int:
    assert work.plan is not None
    return len(work.plan.actions)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def rooted() -> FakeServer:
    return FakeServer(facts=build_facts())


async def test_an_empty_vault_is_made_ready_in_one_go(server: FakeServer) -> None:
    done = await work(server)
    assert len(done.applied) == len(server.written) == 7
    assert (done.failure, count_pending(done)) == (None, 0)
    assert server.observed == 3


async def test_a_vault_that_is_as_wanted_is_only_read(server: FakeServer) -> None:
    await work(server)
    again = await work(server)
    assert again.applied == []
    assert server.observed == 4


async def test_observing_writes_nothing_and_tells_the_plan(server: FakeServer) -> None:
    seen = await work(server, writes=False)
    assert server.asked == []
    assert count_pending(seen) == 7  # with what follows from the root
    assert seen.failure is None


async def test_a_vault_that_cannot_be_observed_is_raised(server: FakeServer) -> None:
    server.unobservable = DENIED
    with pytest.raises(AccessDeniedError):
        await work(server)


async def test_what_was_written_before_vault_went_away_is_told(rooted: FakeServer) -> None:
    class Dying(FakeServer):
        async def apply(self, action: Any) -> None:
            await super().apply(action)
            self.unobservable = BROKEN

    done = await work(Dying(facts=rooted.facts), build_target())
    assert len(done.applied) == 5
    assert (done.plan, done.failure) == (None, BROKEN)


async def test_a_root_that_cannot_be_made_ends_it(server: FakeServer) -> None:
    server.refused["pki"] = DENIED
    done = await work(server)
    assert server.asked == ["create pki"]
    assert done.failure is DENIED
    assert server.written == []


async def test_nothing_is_written_for_clusters_while_the_root_s_mount_cannot_be_put_right(
    rooted: FakeServer,
) -> None:
    ours = build_mount(description=OURS.render(), days=400)
    rooted.facts = build_facts(mounts={"pki": ours})
    rooted.refused["pki"] = DENIED
    done = await work(rooted)
    assert count_pending(done) == 6
    assert rooted.asked == ["update pki"]
    assert done.failure is DENIED


async def test_one_cluster_that_fails_does_not_stop_the_others(rooted: FakeServer) -> None:
    rooted.refused["pki_int_a"] = BROKEN
    done = await work(rooted, TWO)
    assert done.failure is BROKEN
    assert len(rooted.written) == 5
    assert all("b" in action for action in rooted.written)


async def test_clusters_do_not_wait_for_each_other(rooted: FakeServer) -> None:
    class Patient(FakeServer):
        both = asyncio.Barrier(2)

        async def apply(self, action: Any) -> None:
            if str(action).startswith("create pki_int_"):
                async with asyncio.timeout(1):
                    await self.both.wait()
            await super().apply(action)

    done = await work(Patient(facts=rooted.facts), TWO)
    assert (len(done.applied), done.failure) == (10, None)


async def test_clusters_under_way_end_with_the_write_that_they_make(rooted: FakeServer) -> None:
    sealed = TransientError("sealed.", reason=Reason.SEALED)

    class Slow(FakeServer):
        async def apply(self, action: Any) -> None:
            await asyncio.sleep(0)
            await super().apply(action)

    server = Slow(facts=rooted.facts)
    server.refused["auth/kube-a-mesh-auth"] = sealed
    many = build_target(*(build_cluster(f"c{number}") for number in range(CLUSTERS_AT_ONCE)))
    target = replace(many, clusters=(build_cluster("a"), *many.clusters))
    done = await work(server, target)
    assert done.failure is sealed
    assert not any("/config" in action or "c15" in action for action in server.asked)


async def test_what_follows_a_failed_write_is_not_tried(rooted: FakeServer) -> None:
    rooted.refused["auth/kube-cluster1-mesh-auth/config"] = BROKEN
    await work(rooted, build_target())
    assert rooted.asked == [
        "create pki_int_cluster1",
        "create auth/kube-cluster1-mesh-auth",
        "create auth/kube-cluster1-mesh-auth/config",
    ]


async def test_a_cluster_that_cannot_be_read_asks_for_a_retry_and_others_go_on(
    rooted: FakeServer,
) -> None:
    rooted.unread["a"] = BROKEN
    done = await work(rooted, TWO)
    assert done.failure is BROKEN
    assert len(rooted.written) == 5


@pytest.mark.parametrize("hindrance", ["unread", "refused"])
async def test_clusters_are_apart_from_each_other_in_every_round(
    rooted: FakeServer, hindrance: str
) -> None:
    class Raced(FakeServer):
        async def apply(self, action: Any) -> None:
            await super().apply(action)
            if str(action) == "create pki_int_b" and self.observed == 1:
                raise IN_THE_WAY

    raced = Raced(facts=rooted.facts)
    if hindrance == "unread":
        raced.unread["a"] = BROKEN
    else:
        raced.refused["auth/kube-a-mesh-auth"] = BROKEN
    done = await work(raced, TWO)
    assert done.failure is BROKEN
    assert len([action for action in raced.written if "b" in action.split("/")[0]]) == 1
    assert "create auth/kube-b-mesh-auth/role/gen-int-ca-istio-b-mesh" in raced.written
    assert raced.asked.count("create auth/kube-a-mesh-auth") <= 1


async def test_a_vault_that_is_sealed_meanwhile_is_asked_for_nothing_more(
    rooted: FakeServer,
) -> None:
    sealed = TransientError("sealed.", reason=Reason.SEALED)
    rooted.refused["pki_int_a"] = sealed
    done = await work(rooted, TWO)
    assert (done.outage, done.failure) == (sealed, sealed)
    assert (rooted.asked, rooted.probed) == (["create pki_int_a"], 0)


@pytest.mark.parametrize("hindrance", ["unread", "refused"])
async def test_a_failure_of_one_path_is_an_outage_only_if_the_server_is_not_well(
    rooted: FakeServer, hindrance: str
) -> None:
    def build(sick: TransientError | None) -> FakeServer:
        server = FakeServer(facts=rooted.facts, sick=sick)
        if hindrance == "unread":
            server.unread["a"] = BROKEN
        else:
            server.refused["pki_int_a"] = BROKEN
        return server

    well = build(None)
    done = await work(well, TWO)
    assert (done.outage, done.failure) == (None, BROKEN)
    assert len(well.written) == 5

    away = TransientError("away.", reason=Reason.UNREACHABLE)
    sick = build(away)
    done = await work(sick, TWO)
    assert (done.outage, done.failure) == (away, away)
    assert sick.written == []
    assert sick.probed == 1


async def test_unread_for_a_reason_that_holds_for_all_is_an_outage(rooted: FakeServer) -> None:
    refused = TransientError("log in.", reason=Reason.LOGIN_FAILED)
    rooted.unread |= {"a": BROKEN, "b": refused}
    done = await work(rooted, TWO)
    assert (done.outage, rooted.probed, rooted.asked) == (refused, 0, [])


async def test_the_retry_is_for_what_passes_by_itself_and_not_before_its_time(
    rooted: FakeServer,
) -> None:
    limited = TransientError("slower.", reason=Reason.RATE_LIMITED, retry_after_seconds=7)
    three = build_target(*(build_cluster(name) for name in "abc"))
    rooted.refused |= {"pki_int_a": DENIED, "pki_int_b": BROKEN, "pki_int_c": limited}
    done = await work(rooted, three)
    assert done.failure is limited
    assert list(done.refused.values()) == [DENIED, BROKEN, limited]


async def test_what_builds_on_a_mount_is_written_only_after_a_fresh_look(
    rooted: FakeServer,
) -> None:
    class Outdated(FakeServer):
        def forget(self) -> None:
            super().forget()
            self.facts = replace(self.facts, mounts={**self.facts.mounts, **FOREIGN})

    await work(rooted, build_target())
    assert rooted.forgotten == 0
    known = rooted.facts.clusters["cluster1"]
    clusters = {"cluster1": replace(known, policy=None)}
    outdated = Outdated(facts=replace(rooted.facts, clusters=clusters))
    done = await work(outdated, build_target())
    assert (outdated.forgotten, outdated.asked) == (1, [])
    assert done.plan is not None
    assert [each.path for each in done.plan.clusters["cluster1"].conflicts] == list(FOREIGN)


async def test_a_root_that_cannot_be_read_asks_for_a_retry(rooted: FakeServer) -> None:
    rooted.facts = build_facts(root_issuer=Unread(error=BROKEN))
    assert (await work(rooted, TWO)).failure is BROKEN


async def test_a_root_that_is_missing_asks_for_a_retry(server: FakeServer) -> None:
    failure = (await work(server, build_target())).failure
    assert isinstance(failure, DependencyMissingError)
    assert failure.reason == Reason.ROOT_NOT_FOUND
    assert "Vault has no mount pki/" in failure.message


async def test_a_root_in_use_that_is_gone_is_not_made_again(server: FakeServer) -> None:
    done = await work(server, known_root=ROOT.fingerprint)
    assert server.asked == []
    assert isinstance(done.failure, DependencyMissingError)


async def test_what_only_a_person_can_mend_asks_for_no_retry(rooted: FakeServer) -> None:
    rooted.facts = build_facts(root_issuer=build_issuer(has_key=False))
    done = await work(rooted, build_target())
    assert (done.failure, rooted.asked) == (None, [])


async def test_a_conflict_asks_for_no_retry_and_the_rest_is_made(rooted: FakeServer) -> None:
    mounts = {"pki": build_mount(), "pki_int_a": build_mount("kv")}
    rooted.facts = build_facts(mounts=mounts)
    done = await work(rooted, TWO)
    assert done.failure is None
    assert done.plan is not None
    assert done.plan.clusters["a"].fault is not None
    assert done.plan.clusters["b"].fault is None


async def test_what_somebody_made_meanwhile_is_seen_in_the_next_round(rooted: FakeServer) -> None:
    class Raced(FakeServer):
        async def apply(self, action: Any) -> None:
            await super().apply(action)
            if len(self.asked) == 1:
                raise IN_THE_WAY

    raced = Raced(facts=rooted.facts)
    done = await work(raced, build_target())
    assert (done.failure, count_pending(done)) == (None, 0)
    assert raced.asked.count("create pki_int_cluster1") == 1


async def test_what_stays_in_the_way_is_told_as_vault_tells_it(rooted: FakeServer) -> None:
    rooted.refused["auth/kube-cluster1-mesh-auth"] = IN_THE_WAY
    done = await work(rooted, build_target())
    assert done.failure is IN_THE_WAY
    assert rooted.observed == MAX_ROUNDS


async def test_a_vault_that_keeps_nothing_is_given_up_after_some_rounds(
    rooted: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    rooted.drops_writes = True
    done = await work(rooted, build_target())
    assert rooted.observed == MAX_ROUNDS
    assert count_pending(done) == 5
    assert "Vault does not keep what is written: create pki_int_cluster1" in caplog.text


async def test_writes_are_logged_with_what_they_are_for(
    rooted: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await work(rooted, build_target())
    path = "auth/kube-cluster1-mesh-auth/config"
    known = rooted.facts.clusters["cluster1"]
    edited = {**getattr(known, "auth_config", {}), "kubernetes_host": "https://x"}
    clusters = {"cluster1": replace(known, auth_config=edited)}
    rooted.facts = replace(rooted.facts, clusters=clusters)
    await work(rooted, build_target())
    assert f"create {path} in Vault\n" in caplog.text
    assert f"update {path} in Vault (kubernetes_host)" in caplog.text


async def test_the_first_failure_is_the_one_to_tell(rooted: FakeServer) -> None:
    later = TransientError("later.", reason=Reason.SERVER_ERROR)
    rooted.refused |= {"pki_int_a": BROKEN, "pki_int_b": later}
    assert (await work(rooted, TWO)).failure is BROKEN
