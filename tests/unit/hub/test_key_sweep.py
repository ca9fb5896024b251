from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from roottrust.api.issued_certificate import Instance
from roottrust.domain.errors import AccessDeniedError, RootTrustError, TransientError
from roottrust.domain.facts import MountFacts
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.subject_key import list_key_ids
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import MountKeys
from roottrust.hub import key_sweep
from roottrust.hub.confirmed_keys import ConfirmedKeys
from roottrust.hub.key_sweep import KeySweep
from roottrust.hub.kinds import POLICIES
from roottrust.hub.pace import Pace
from roottrust.hub.policy_object import PolicyObject
from roottrust.runtime.fence import FencedError
from tests.unit.domain.agent_entries import build_instance, build_intermediate, dump
from tests.unit.domain.certificates import build_name
from tests.unit.domain.samples import (
    HUB,
    MESH,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    build_known,
    build_manifest_spec,
    build_mesh,
    build_mount,
)
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest, fake

CSR = {"csrPath": "pki_int_${cluster}/intermediate/generate/exported"}
SPEC = build_manifest_spec(vault=CSR)
DENIED = AccessDeniedError(
    "Vault x denied list on y: grant it.", reason=Reason.ACCESS_DENIED, path="y", capability="list"
)
SEALED = TransientError("Vault x is sealed: unseal it.", reason=Reason.SEALED)


@dataclass
class KeyServer:
    """A Vault that has keys."""

    mounts: dict[str, MountFacts] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    unreadable: RootTrustError | None = None
    failures: dict[str, RootTrustError] = field(default_factory=dict)
    refused: dict[str, RootTrustError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    denied: RootTrustError | None = None

    async def read_mounts(self) -> dict[str, MountFacts]:
        self.asked.append("mounts")
        if self.unreadable is not None:
            raise self.unreadable
        return self.mounts

    async def observe_keys(self, mount: str) -> MountKeys:
        self.asked.append(mount)
        if mount in self.failures:
            raise self.failures[mount]
        return MountKeys(keys=tuple(self.keys[mount]), used=self.used)

    async def read_key_id(self, mount: str, key: str) -> str | None:
        assert key in self.keys[mount]
        self.read.append(key)
        if self.denied is not None:
            raise self.denied
        return self.ids.get(key)

    async def delete_key(self, mount: str, key_id: str) -> None:
        if key_id in self.refused:
            raise self.refused[key_id]
        self.keys[mount].remove(key_id)


@dataclass
class Sweeper:
    """A sweep over two clusters of one policy, with a clock that tests turn."""

    bench: Bench
    server: KeyServer
    now: float = 0.0
    changed: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    has_changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.sweep = KeySweep(
            hub="hub1",
            controller=self.bench.controller,
            servers=fake(self),
            reporter=self.bench.reporter,
            metrics=self.bench.metrics,
            confirmed=ConfirmedKeys(
                hub=HUB, clusters=self.bench.registry, now=lambda: self.bench.now
            ),
            on_change=self._take,
            pace=Pace(keys_seconds=0.0),
            clock=lambda: self.now,
        )

    def get(self, address: str, namespace: str | None) -> KeyServer:
        assert (address, namespace) == ("https://vault.example:8200", None)
        return self.server

    def _take(self, policy: PolicyObject) -> None:
        self.changed.append(policy.identity.name)
        self.has_changed.set()

    async def look(self, *, after: float = 0) -> None:
        self.now += after
        await self.sweep.sweep(self.stop)

    @property
    def removed(self) -> float:
        value: float | None = self.bench.metrics.registry.get_sample_value(
            "roottrust_vault_keys_removed_total"
        )
        return value or 0.0


@pytest.fixture
def sweeper(bench: Bench) -> Sweeper:
    bench.registry.clusters = (build_known("a"), build_known("b"))
    bench.put(build_manifest(spec=SPEC))
    mark = OURS.render()
    mounts = {name: build_mount(description=mark) for name in ("pki_int_a", "pki_int_b")}
    keys = {"pki_int_a": ["a1", "a2"], "pki_int_b": ["b1"]}
    return Sweeper(bench=bench, server=KeyServer(mounts=mounts, keys=keys))


def count(sweeper: Sweeper) -> dict[str, int]:
    (accepted,) = sweeper.bench.controller.acceptor.list_accepted()
    policy, demand = accepted
    found = find(sweeper, policy.identity, demand.claim.target)
    return {mount: each.kept for mount, each in found.items()}


def find(sweeper: Sweeper, policy: PolicyIdentity, target: VaultTarget) -> Any:
    return sweeper.bench.controller.keys.find(policy, target)


async def test_keys_are_counted_at_once_and_removed_when_their_time_is_over(
    sweeper: Sweeper,
) -> None:
    await sweeper.look()
    assert count(sweeper) == {"pki_int_a": 2, "pki_int_b": 1}
    sweeper.server.keys["pki_int_a"].append("a3")
    await sweeper.look(after=599)
    assert sweeper.removed == 0
    sweeper.changed.clear()
    await sweeper.look(after=1)
    assert sweeper.server.keys == {"pki_int_a": ["a3"], "pki_int_b": []}
    assert (sweeper.removed, sweeper.bench.controller.keys.total) == (3, 1)
    assert sweeper.changed == ["guide", "guide"]
    assert sweeper.bench.events.posted[0] == (
        "Normal",
        "KeysRemoved",
        "Removed 2 keys from pki_int_a that nobody needs there any more; 1 are left.",
    )
    sweeper.changed.clear()
    await sweeper.look()
    assert sweeper.changed == []


async def test_the_numbers_are_in_the_status(sweeper: Sweeper) -> None:
    await sweeper.look()
    await sweeper.bench.reconcile()
    warnings = sweeper.bench.status.warnings
    assert any("3 in pki_int_a, pki_int_b now" in text for text in warnings)


async def test_keys_that_issuers_sign_with_stay(sweeper: Sweeper) -> None:
    sweeper.server.used = frozenset({"a1"})
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert sweeper.server.keys["pki_int_a"] == ["a1"]


@pytest.mark.parametrize("description", [OURS_ADOPTED.render(), "made by hand"])
async def test_keys_of_adopted_mounts_are_only_counted(sweeper: Sweeper, description: str) -> None:
    sweeper.server.mounts["pki_int_a"] = build_mount(description=description)
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert count(sweeper) == {"pki_int_a": 2, "pki_int_b": 0}


async def test_observing_policy_removes_nothing(sweeper: Sweeper) -> None:
    observe = build_manifest_spec(vault=CSR, management={"mode": "Observe"})
    sweeper.bench.edit(spec=observe, metadata={"generation": 2})
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert count(sweeper) == {"pki_int_a": 2, "pki_int_b": 1}


@pytest.mark.parametrize(
    "mount", [None, build_mount("kv"), build_mount(description=OTHER_POLICY.render())]
)
async def test_mounts_that_are_not_the_policys_are_not_looked_into(
    sweeper: Sweeper, mount: MountFacts | None
) -> None:
    await sweeper.look()
    del sweeper.server.mounts["pki_int_a"]
    if mount is not None:
        sweeper.server.mounts["pki_int_a"] = mount
    sweeper.server.asked.clear()
    await sweeper.look(after=10_000)
    assert sweeper.server.asked == ["mounts", "pki_int_b"]
    assert count(sweeper) == {"pki_int_b": 0}


async def test_a_mount_that_fails_hinders_no_other_and_is_told(sweeper: Sweeper) -> None:
    sweeper.server.failures["pki_int_a"] = DENIED
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert sweeper.server.keys == {"pki_int_a": ["a1", "a2"], "pki_int_b": []}
    await sweeper.bench.reconcile()
    assert any("denied list on y" in text for text in sweeper.bench.status.warnings)


async def test_what_was_removed_before_a_failure_is_told(sweeper: Sweeper) -> None:
    sweeper.server.refused["a2"] = DENIED
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert "Removed 1 keys from pki_int_a" in sweeper.bench.events.posted[0][2]
    assert sweeper.removed == 2


async def test_a_vault_that_is_away_is_left_out(sweeper: Sweeper) -> None:
    await sweeper.look()
    sweeper.server.failures["pki_int_a"] = SEALED
    sweeper.server.asked.clear()
    await sweeper.look(after=10_000)
    assert sweeper.server.asked == ["mounts", "pki_int_a"]
    assert count(sweeper) == {"pki_int_a": 2, "pki_int_b": 1}
    sweeper.server.unreadable = SEALED
    sweeper.server.asked.clear()
    await sweeper.look()
    assert sweeper.server.asked == ["mounts"]


async def test_a_hub_that_leads_no_more_removes_nothing_more(sweeper: Sweeper) -> None:
    sweeper.server.refused["a1"] = FencedError("not written.", reason=Reason.NOT_LEADING)
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert sweeper.server.keys == {"pki_int_a": ["a1", "a2"], "pki_int_b": ["b1"]}


async def test_one_pass_removes_so_many_of_a_mount(
    sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sweep, "MAX_REMOVED", 1)
    await sweeper.look()
    await sweeper.look(after=10_000)
    assert sweeper.server.keys == {"pki_int_a": ["a2"], "pki_int_b": []}


async def test_policies_that_are_refused_or_deleted_are_left_out(sweeper: Sweeper) -> None:
    await sweeper.look()
    refused = build_manifest(metadata={"name": "refused", "uid": "u9"}, spec={})
    sweeper.bench.store.apply_event(POLICIES, "ADDED", refused)
    sweeper.bench.edit(metadata={"deletionTimestamp": "2030-01-01T00:00:00Z"})
    sweeper.server.asked.clear()
    await sweeper.look(after=10_000)
    assert sweeper.server.asked == []
    assert sweeper.bench.controller.keys.total == 0


class Leads:
    """A hub that leads, or that is stopped before it does."""

    def __init__(self, *, leads: bool) -> None:
        self._leads = leads

    async def wait(self, stop: asyncio.Event) -> bool:
        assert not stop.is_set()
        return self._leads


async def test_passes_are_made_by_the_leader_until_the_stop(sweeper: Sweeper) -> None:
    await sweeper.sweep.run(sweeper.stop, leadership=fake(Leads(leads=False)))
    assert sweeper.server.asked == []
    running = asyncio.create_task(
        sweeper.sweep.run(sweeper.stop, leadership=fake(Leads(leads=True)))
    )
    async with asyncio.timeout(5):
        await sweeper.has_changed.wait()
        sweeper.stop.set()
        await running


async def test_a_stop_ends_a_pass(sweeper: Sweeper) -> None:
    await sweeper.look()
    sweeper.stop.set()
    sweeper.server.asked.clear()
    await sweeper.look(after=10_000)
    assert sweeper.server.asked == []
    assert sweeper.removed == 0


A_MESH = replace(MESH, name="istiod-istio-system-a")
A_KEY = CertificateKey(cluster="a", namespace="istio-system", name=A_MESH.name)
A_INTERMEDIATE = build_intermediate(0x3C4D, subject=build_name(build_intermediate_common_name("a")))
(A_KEY_ID,) = list_key_ids(A_INTERMEDIATE)


@pytest.fixture
async def issued(sweeper: Sweeper) -> Sweeper:
    """A sweep over a cluster whose one mesh has an agent, which has key a1 and its intermediate."""
    mesh = build_mesh(A_MESH.name)
    sweeper.bench.registry.clusters = (build_known("a", mesh), build_known("b"))
    await sweeper.bench.reconcile()
    report(sweeper, build_instance(A_INTERMEDIATE))
    sweeper.server.ids = {"a1": A_KEY_ID, "a2": "e" * 40, "b1": A_KEY_ID}
    return sweeper


def report(sweeper: Sweeper, *entries: Instance) -> None:
    known = sweeper.bench.registry.found[A_KEY]
    metadata = {**known["metadata"], "uid": "uid-c"}
    status = {"instances": dump(*entries)}
    sweeper.bench.registry.found[A_KEY] = {**known, "metadata": metadata, "status": status}


async def test_a_key_that_its_agent_is_seen_to_have_goes_at_once(issued: Sweeper) -> None:
    await issued.look()
    # One of another cluster's mount is nobody's there, whatever it is called.
    assert issued.server.keys == {"pki_int_a": ["a2"], "pki_int_b": ["b1"]}
    assert issued.server.read == ["a1", "a2"]
    await issued.look()
    assert issued.server.read == ["a1", "a2"]


@pytest.mark.parametrize(
    "entry",
    [
        build_instance(build_intermediate(0x3C4E)),  # of another cluster
        build_instance(A_INTERMEDIATE, serial="ff"),
        build_instance(A_INTERMEDIATE, chain=None),
    ],
)
async def test_a_liar_confirms_nothing(issued: Sweeper, entry: Instance) -> None:
    report(issued, entry)
    await issued.look()
    assert issued.server.keys["pki_int_a"] == ["a1", "a2"]
    assert issued.server.read == []


async def test_where_keys_may_not_be_read_they_go_by_age(issued: Sweeper) -> None:
    issued.server.denied = DENIED
    await issued.look()
    assert issued.server.keys["pki_int_a"] == ["a1", "a2"]
    await issued.look(after=600)
    assert issued.server.keys["pki_int_a"] == []


async def test_a_vault_that_tells_no_identifiers_has_its_keys_go_by_age(issued: Sweeper) -> None:
    issued.server.ids.clear()
    await issued.look()
    assert issued.server.keys["pki_int_a"] == ["a1", "a2"]


async def test_new_intermediates_have_their_policy_looked_at_soon_and_once(
    issued: Sweeper,
) -> None:
    bench = issued.bench
    await issued.sweep.sweep_asked(issued.stop)
    assert issued.server.asked == []
    for _ in range(2):
        await bench.reconcile()
        issued.sweep.take_report(*bench.reports[-1])
        await issued.sweep.sweep_asked(issued.stop)
        assert issued.server.keys["pki_int_a"] == ["a2"]
        assert issued.server.asked == ["mounts", "pki_int_a", "pki_int_b"]
