"""Everything that goes wrong around a hub: what it says, how little it sends, that it recovers.

Work is there whenever something goes wrong: three policies are edited, and a fourth is new, which
makes its root. Times are measured for docs/faults.md; what is checked are counts and order.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.candidate import BuildCandidate
from tests.integration.hub.fault_site import Counts, FaultSite, allow_login, build_login
from tests.integration.hub.fault_table import Row
from tests.integration.hub.faults import FAULTS, RETRY_AFTER_SECONDS, Fault, Flapping, RateLimited
from tests.integration.hub.interference import Call
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import NAME, build_rights, grant_rights
from tests.integration.hub.root import Root
from tests.integration.hub.supervised import Supervised
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, build_ask, read, write

pytestmark = [pytest.mark.usefixtures("alone")]

BuildSite = Callable[[Vault, Ask], FaultSite]

SHORT = ("Vault down", "token revoked", "watches cut")
POLICIES = 4
READS_A_TRY = 12
PROBE_SECONDS = 10.0
DEFAULT_TIMEOUT_SECONDS = 10.0
# What is to be done once it works again: 3 roles, and 7 writes of the new policy.
WANTED_WRITES = 10


@pytest.fixture(scope="module")
def file_admin(file_vault: Vault, root: Root) -> Ask:
    admin = build_ask(file_vault, file_vault.root_token)
    write(admin, f"sys/policies/acl/{NAME}", {"policy": build_rights()})
    root.import_once(admin)
    return admin


@pytest.fixture
def build_site(
    build: BuildCandidate, make_policy: MakePolicy, cluster: Cluster, namespace: str, tmp_path: Path
) -> Iterator[BuildSite]:
    """Build a hub with three policies that are Ready, and nothing to do."""
    with ExitStack() as stack:

        def build_site(server: Vault, admin: Ask) -> FaultSite:
            allow_login(admin)
            site = FaultSite(
                hub=Supervised(
                    build(
                        "hub",
                        server=server,
                        login=build_login(tmp_path),
                        timeout_seconds=DEFAULT_TIMEOUT_SECONDS,
                    )
                ),
                cluster=cluster,
                vault=server,
                admin=admin,
                make_policy=make_policy,
                suffix=namespace.removeprefix("test-"),
            )
            stack.callback(site.close)
            site.begin()
            site.rest()
            return site

        yield build_site


@pytest.fixture
def site(build_site: BuildSite, file_vault: Vault, file_admin: Ask) -> FaultSite:
    """Such a hub of a Vault that keeps its data."""
    return build_site(file_vault, file_admin)


# An API server that starts refuses everything until it has read its roles.
@pytest.mark.refused("roottrust-")
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(each, id=str(each), marks=() if each.name in SHORT else pytest.mark.prove)
        for each in FAULTS
    ],
)
def test_fault_is_told_without_a_storm_and_recovered_from(site: FaultSite, fault: Fault) -> None:
    first, refused = len(site.to_vault.calls), site.count_refused()
    before, restarts = site.count(), site.hub.restarts
    shown: dict[str, None] = {}
    if fault.is_edited_before:
        give_work(site)
    began_at = time.monotonic()
    with fault.wrong().make(site):
        if not fault.is_edited_before:
            give_work(site)
        while time.monotonic() < began_at + fault.seconds:
            watch(site, shown)
            time.sleep(1)
        sent = site.count() - before
        refused = site.count_refused() - refused
    if fault.wrong is Flapping:
        sent = site.count() - before
    ended_at = time.monotonic()
    seconds = ended_at - began_at
    site.wait_until_done()
    recovered = time.monotonic() - ended_at
    site.rest()

    told = {each.split()[-1] for each in shown} | {
        reason for policy, _ in site.policies.values() for reason in list_reasons(policy)
    }
    restarts = site.hub.restarts - restarts
    Row(
        fault=fault.name,
        server=site.vault.kind,
        seconds=round(seconds, 1),
        shown=list(shown),
        requests=sent.requests + max(refused, 0),
        writes=sent.writes,
        kubernetes_writes=sent.kubernetes_writes,
        recovered_seconds=round(recovered, 1),
        note=f"ended and was started again: {restarts} times" if restarts else "",
    ).save()

    assert fault.shown.split()[-1:] == [] or fault.shown.split()[-1] in told
    assert restarts <= fault.restarts
    check_bounds(sent, refused, fault, seconds)
    check_whole(site, first, fault)
    if fault.wrong is RateLimited:
        check_spacing(site.list_calls(first), RETRY_AFTER_SECONDS)


@pytest.mark.prove
def test_vault_that_comes_back_empty_gets_no_other_root(
    build_site: BuildSite, vault: Vault, admin: Ask, token_file: Path, root: Root
) -> None:
    """Somebody lets the hub in again, and brings back the root that was not the hub's to make."""
    site = build_site(vault, admin)
    site.add_policy("made", generates=True)
    site.wait_until_done()
    site.rest()
    before, began_at = site.count(), time.monotonic()
    vault.restart()
    site.edit_policies()
    shown: dict[str, None] = {}
    look = partial(watch, site, shown)
    wait_for(look, lambda found: any("LoginFailed" in each for each in found), seconds=90)
    grant_rights(admin, token_file)
    allow_login(admin)
    lost = {"VaultConfigured=Unknown RootNotFound"}
    wait_for(look, lambda found: found == lost, seconds=120)
    sent, seconds = site.count() - before, time.monotonic() - began_at
    assert sent.writes == 0

    root.import_into(admin)
    (made, _), ended_at = site.policies.pop("made"), time.monotonic()
    site.wait_until_done()
    Row(
        fault="Vault restarted empty",
        server=vault.kind,
        seconds=round(seconds, 1),
        shown=list(shown),
        requests=sent.requests,
        writes=sent.writes,
        kubernetes_writes=sent.kubernetes_writes,
        recovered_seconds=round(time.monotonic() - ended_at, 1),
        note="a root of its own making waits for a person (ADR 6)",
    ).save()
    assert made.read_conditions()["VaultConfigured"]["reason"] == "RootNotFound"
    assert read(admin, f"sys/mounts/{site.mounts['made']}") is None


def watch(site: FaultSite, shown: dict[str, None]) -> set[str]:
    found = site.read_hindrances()
    shown.update(dict.fromkeys(sorted(found)))
    return found


def give_work(site: FaultSite) -> None:
    site.add_policy("new", generates=True)
    site.edit_policies()


def list_reasons(policy: Policy) -> list[str]:
    """Return the reasons of a policy's Warnings, which outlive what they tell of."""
    words = ("get", "events", "--field-selector=type=Warning", "-o=jsonpath={.items[*].reason}")
    return policy.kubectl(*words).split()


def count_tries(seconds: float) -> int:
    """Return how often a policy is tried at most in that time, by the backoff from 1 s on."""
    tries, at, pause = 1, 0.0, 0.5
    while at <= seconds:
        at, pause, tries = at + pause, pause * 2, tries + 1
    return tries


def check_bounds(sent: Counts, refused: int, fault: Fault, seconds: float) -> None:
    """A try ends at its first refused write; a turn of Vault is worth one more try of each."""
    tries = POLICIES * (count_tries(seconds) + fault.turns + 2)
    assert sent.writes <= tries + WANTED_WRITES
    probes = 2 * (seconds / PROBE_SECONDS + 1)
    assert sent.requests + refused <= tries * READS_A_TRY + probes
    # A status and an Event for each turn, a status and an Event for each edit.
    assert sent.kubernetes_writes <= POLICIES * (2 * fault.turns + 6)


def check_whole(site: FaultSite, first: int, fault: Fault) -> None:
    """What had to be written was written, once each unless an answer can have been lost."""
    assert set(site.count_roots().values()) == {1}
    happened = [str(each) for each in site.list_calls(first) if each.has_happened]
    assert len(set(happened)) == WANTED_WRITES
    loses_answers = fault.wrong.__name__ in {"Frozen", "EtcdFrozen", "APIServerFrozen"}
    assert loses_answers or len(happened) <= WANTED_WRITES + len(site.policies)
    drift = [
        event
        for policy, _ in site.policies.values()
        for event in policy.read_events("DriftRepaired")
    ]
    assert drift == []


def check_spacing(calls: list[Call], seconds: float) -> None:
    """Nothing is asked again before the time that its refusal has given."""
    refused_at: dict[str, float] = defaultdict(lambda: float("-inf"))
    for call in calls:
        assert call.at - refused_at[call.path] >= seconds - 0.1, str(call)
        if call.status == 429:
            refused_at[call.path] = call.at
