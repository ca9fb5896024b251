"""Intermediates that a person calls compromised: when Vault is asked, what is revoked, and told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.compromised_intermediates import COMPROMISED_ANNOTATION
from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.hub import mount_revocation
from roottrust.hub.revocation_work import LOOK_AGAIN, VIEW_AGAIN
from roottrust.runtime.fence import FencedError
from tests.unit.domain.agent_entries import build_instance, build_mesh_status, dump
from tests.unit.domain.issuances import KEY, build_certificate
from tests.unit.domain.rotation.served import issue
from tests.unit.domain.samples import (
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    ROOT,
    build_facts,
    build_known,
    build_manifest_spec,
    build_mesh,
    build_mount,
)
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeServer, FakeServers, build_manifest
from tests.unit.hub.test_issuance_work import serve

OLD, OLDER, NEW, RENEWED = issue(5), issue(9), issue(1), issue(0, 1)
STRANGER = issue(9, name=build_intermediate_common_name("cluster2"))
BESIDE = replace(KEY, name="beside")
DENIED = AccessDeniedError(
    "Vault denied create/update on pki/revoke: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="pki/revoke",
    capability="create/update",
)
SEALED = TransientError("Vault is sealed: unseal it.", reason=Reason.SEALED)
REJECTED = DependencyMissingError("Vault rejected it.", reason=Reason.REJECTED_BY_VAULT)


@dataclass
class SigningServer(FakeServer):
    """A Vault that has signed certificates; `calls` are the requests that are about these."""

    signed: list[Certificate] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    failures: dict[str, RootTrustError] = field(default_factory=dict)

    async def list_serials(self, mount: str) -> tuple[str, ...]:
        self._take(f"list {mount}")
        return tuple(each.serial for each in self.signed)

    async def read_signed(self, mount: str, serial: str) -> SignedCertificate | None:
        assert mount == "pki"
        self._take(f"read {serial}")
        found = next((each for each in self.signed if each.serial == serial), None)
        is_revoked = serial in self.revoked
        pem = found.pem if found else None
        return SignedCertificate(serial=serial, pem=pem, is_revoked=is_revoked) if pem else None

    async def revoke(self, mount: str, serial: str) -> None:
        assert mount == "pki"
        self._take(f"revoke {serial}")
        self.revoked.append(serial)

    def _take(self, call: str) -> None:
        self.calls.append(call)
        failure = self.failures.get(call) or self.failures.get(call.split()[0])
        if failure is not None:
            raise failure


@dataclass
class Leak:
    """A cluster with one istiod, whose first intermediate has leaked."""

    bench: Bench
    vault: SigningServer

    @classmethod
    async def arrange(cls, *, description: str = OURS.render()) -> Leak:
        facts = build_facts(mounts={"pki": build_mount(description=description)})
        vault = SigningServer(facts=facts, signed=[ROOT, OLDER, OLD, STRANGER])
        bench = Bench(servers=FakeServers(server=vault))
        bench.registry.clusters = (build_known("cluster1", build_mesh()),)
        bench.registry.reports[KEY] = build_mesh_status()
        bench.put()
        await bench.reconcile()
        serve(bench, build_instance(OLD))
        await bench.reconcile()
        assert bench.read_condition("Ready")[0] == "True"
        return cls(bench=bench, vault=vault)

    def order(self, *, generation: int = 2, text: str = "2/cluster1", **spec: Any) -> None:
        rotation = {"clusters": [{"name": "cluster1", "intermediateGeneration": generation}]}
        self.bench.edit(
            spec=build_manifest_spec(rotation=rotation, **spec),
            metadata={"annotations": {COMPROMISED_ANNOTATION: text}, "generation": 2},
        )

    def renew(self, certificate: Certificate = NEW, *, generation: int = 2) -> None:
        """Have the istiod serve a new one."""
        self.vault.signed.append(certificate)
        serve(self.bench, build_instance(certificate, intermediate_generation=generation))

    async def reconcile(self) -> CompromisedIntermediates:
        await self.bench.reconcile()
        return self.entry

    @property
    def entry(self) -> CompromisedIntermediates:
        (entry,) = self.bench.status.compromised_intermediates
        return entry


@pytest.fixture
async def leak() -> Leak:
    return await Leak.arrange()


async def test_nothing_is_asked_of_vault_where_nothing_is_compromised(leak: Leak) -> None:
    assert leak.vault.calls == []
    assert leak.bench.status.compromised_intermediates == ()


async def test_what_is_from_before_is_revoked_once_each_istiod_serves_a_new_one(
    leak: Leak,
) -> None:
    leak.order()
    waiting = await leak.reconcile()
    assert "are not revoked yet: " in waiting.message
    assert (leak.vault.calls, waiting.revoked_at) == ([], None)
    assert Reason.INTERMEDIATES_COMPROMISED in leak.bench.events.reasons
    leak.renew()
    done = await leak.reconcile()
    assert leak.vault.revoked == [OLDER.serial, OLD.serial]
    assert (done.revoked, done.left, done.needs_person) == (2, 0, False)
    assert (done.issued_before, done.root) == (NEW.not_before, ROOT.fingerprint)
    assert done.trusted_until == OLD.not_after
    assert done.revoked_at is not None
    assert done.message in leak.bench.status.warnings
    assert leak.bench.events.reasons[-1] == Reason.INTERMEDIATES_REVOKED


async def test_what_is_done_costs_nothing_any_more(leak: Leak) -> None:
    leak.order()
    leak.renew()
    await leak.reconcile()
    done = await leak.reconcile()
    leak.vault.calls.clear()
    written = len(leak.bench.kube.applied)
    leak.renew(RENEWED)
    for _ in range(3):
        assert await leak.reconcile() == done
    assert leak.vault.calls == []
    assert len(leak.bench.kube.applied) <= written + 1, "the renewal alone is news"
    assert leak.bench.events.reasons.count(Reason.INTERMEDIATES_REVOKED) == 1


async def test_a_status_that_is_lost_is_found_again_and_starts_nothing(leak: Leak) -> None:
    leak.order()
    leak.renew()
    await leak.reconcile()
    done = await leak.reconcile()
    leak.bench.edit(status={})
    leak.bench.restart()
    again = await leak.reconcile()
    again = await leak.reconcile()
    assert again == done.model_copy(update={"revoked_at": again.revoked_at})
    assert sum(each.startswith("revoke") for each in leak.vault.calls) == 2


async def test_an_order_that_is_taken_back_is_told_no_more(leak: Leak) -> None:
    leak.order()
    await leak.reconcile()
    leak.order(text="")
    await leak.bench.reconcile()
    assert leak.bench.status.compromised_intermediates == ()
    assert leak.vault.calls == []


async def test_what_nobody_understands_is_a_warning(leak: Leak) -> None:
    leak.order(text="cluster1")
    await leak.bench.reconcile()
    assert any('"cluster1" is ignored' in each for each in leak.bench.status.warnings)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"text": "3/cluster1"}, "generation 2 is asked for there: raise its intermediateGen"),
        ({"text": "2/cluster9"}, "this policy selects no mesh of cluster9"),
        ({"management": {"mode": "Observe"}}, "management.mode is Observe"),
    ],
)
async def test_what_can_never_be_proven_needs_a_person(
    leak: Leak, order: dict[str, Any], words: str
) -> None:
    leak.order(**order)
    leak.renew()
    entry = await leak.reconcile()
    assert words in entry.message
    assert entry.needs_person
    assert leak.vault.calls == []
    assert leak.bench.events.reasons[-1] == Reason.REVOCATION_LEFT


@pytest.mark.parametrize("mark", ["", "somebody's", OTHER_HUB.render(), OTHER_POLICY.render()])
async def test_in_a_mount_that_is_not_ours_a_person_gets_the_commands(mark: str) -> None:
    leak = await Leak.arrange(description=mark)
    leak.order()
    leak.renew()
    await leak.reconcile()
    entry = await leak.reconcile()
    assert leak.vault.revoked == []
    assert (entry.needs_person, entry.left, entry.revoked) == (True, 2, 0)
    assert f"`vault write pki/revoke serial_number={OLD.serial}`" in entry.message
    leak.vault.revoked += [OLD.serial, OLDER.serial]
    entry = await leak.reconcile()
    assert (entry.needs_person, entry.left, entry.revoked) == (False, 0, 2)


async def test_what_agents_of_others_may_have_a_person_revokes(leak: Leak) -> None:
    leak.order(management={"allowUnnamedIssuer": True})
    leak.renew()
    await leak.reconcile()
    entry = await leak.reconcile()
    assert leak.vault.revoked == []
    assert "(management.allowUnnamedIssuer), so that a person has to revoke them" in entry.message


@pytest.mark.parametrize("what", ["list", "revoke", f"read {OLD.serial}"])
async def test_what_vault_refuses_is_told_and_tried_again_in_its_time(
    leak: Leak, what: str
) -> None:
    leak.order()
    leak.renew()
    await leak.reconcile()
    leak.bench.edit(status={})  # as if it was refused from the beginning
    leak.bench.restart()
    leak.vault.revoked.clear()
    leak.vault.calls.clear()
    leak.vault.failures[what] = DENIED
    entry = await leak.reconcile()
    assert DENIED.message.removesuffix(".") in entry.message
    assert "(`roottrust vault-policy --for revoke` prints it). " in entry.message
    assert entry.needs_person
    assert leak.bench.read_condition("Ready")[0] == "True", "nothing else is held up"
    asked = len(leak.vault.calls)
    leak.bench.now -= timedelta(hours=1) - LOOK_AGAIN / 2
    await leak.reconcile()
    assert len(leak.vault.calls) == asked, "not so soon"
    leak.vault.failures.clear()
    entry = await leak.reconcile()
    assert (entry.needs_person, entry.revoked, entry.left) == (False, 2, 0)
    assert leak.vault.calls.count(f"read {STRANGER.serial}") == 1, "each is read once"


async def test_a_refusal_stops_the_others_and_one_that_is_rejected_does_not(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = DENIED
    await leak.reconcile()
    for number in (1, 2):
        entry = await leak.reconcile()
        tried = sum(each.startswith("revoke") for each in leak.vault.calls)
        assert tried == number, "one in each look"
    assert "Or revoke by hand: `vault write pki/revoke serial_number=" in entry.message
    leak.vault.failures = {f"revoke {OLDER.serial}": REJECTED}
    entry = await leak.reconcile()
    assert leak.vault.revoked == [OLD.serial]
    assert (entry.revoked, entry.left, entry.needs_person) == (1, 1, True)


async def test_what_is_renewed_meanwhile_is_not_called_compromised(leak: Leak) -> None:
    """Where the generations part is found out once."""
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = DENIED
    await leak.reconcile()
    await leak.reconcile()
    leak.renew(RENEWED)
    leak.bench.restart()
    leak.vault.failures.clear()
    entry = await leak.reconcile()
    assert leak.vault.revoked == [OLDER.serial, OLD.serial], "and not the one in between"
    assert entry.issued_before == NEW.not_before


async def test_what_vault_has_tidied_up_is_not_left(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = DENIED
    await leak.reconcile()
    assert (await leak.reconcile()).left == 2
    leak.vault.signed.remove(OLDER)
    assert (await leak.reconcile()).left == 1


async def test_a_cluster_that_is_still_being_read_proves_nothing(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.bench.registry.is_complete = False
    await leak.reconcile()
    entry = await leak.reconcile()
    assert "cluster1 is still being read." in entry.message
    assert leak.vault.calls == []


async def test_nothing_is_kept_of_what_is_done_or_gone(leak: Leak) -> None:
    known = leak.bench.controller._root_work._revocations._known
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = DENIED
    await leak.reconcile()
    await leak.reconcile()
    assert list(known) == [leak.bench.key]
    leak.vault.failures.clear()
    await leak.reconcile()
    assert known == {}
    leak.bench.edit(status={})
    leak.vault.failures["revoke"] = DENIED
    leak.vault.revoked.clear()
    await leak.reconcile()
    await leak.reconcile()
    assert list(known) == [leak.bench.key]
    gone = build_manifest(metadata={"resourceVersion": "99"})
    leak.bench.store.apply_event(leak.bench.key.kind, "DELETED", gone)
    await leak.bench.controller.reconcile(leak.bench.key)
    assert known == {}


async def test_an_outage_passes_by_itself(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = SEALED
    await leak.reconcile()
    entry = await leak.reconcile()
    assert (entry.needs_person, entry.left) == (False, 2)
    assert SEALED.message in entry.message


async def test_a_hub_that_leads_no_more_tells_nothing(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = FencedError("Not written.", reason=Reason.NOT_LEADING)
    await leak.reconcile()
    with pytest.raises(FencedError):
        await leak.reconcile()


async def test_while_vault_is_away_what_is_known_stays(leak: Leak) -> None:
    leak.order()
    leak.renew()
    leak.vault.failures["revoke"] = DENIED
    await leak.reconcile()
    known = await leak.reconcile()
    leak.vault.down = SEALED
    with pytest.raises(TransientError):
        await leak.bench.reconcile()
    assert leak.entry == known


async def test_agents_are_given_time_to_tell_what_they_have(leak: Leak) -> None:
    leak.order()
    await leak.reconcile()
    leak.renew(fresh := issue(0, 7))
    leak.bench.now = fresh.not_before + timedelta(seconds=30)
    wait = await leak.bench.controller.reconcile(leak.bench.key)
    assert leak.vault.calls == []
    assert wait == pytest.approx(90)


async def test_more_than_is_read_or_revoked_at_once_goes_on_in_the_next_pass(
    leak: Leak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mount_revocation, "REVOKE_MAX", 1)
    leak.bench.controller._root_work._revocations._read_max = 2
    leak.order()
    leak.renew()
    await leak.reconcile()
    messages = [(await leak.reconcile()).message for _ in range(5)]
    assert any("of pki/ are still to be looked at" in each for each in messages)
    assert leak.vault.revoked == [OLDER.serial, OLD.serial]
    assert leak.entry.revoked_at is not None
    reads = [each for each in leak.vault.calls if each.startswith("read")]
    assert len(reads) == len(set(reads)), "each is read once"


def put_beside(leak: Leak, certificate: Certificate, **changes: Any) -> None:
    """Have a mesh of another policy in the same cluster serve one."""
    found = build_certificate(OTHER_POLICY.render(), **changes)
    metadata = {**found["metadata"], "name": BESIDE.name, "namespace": BESIDE.namespace}
    reference = {**found["spec"]["meshRef"], "name": BESIDE.name}
    entry = build_instance(certificate)
    leak.bench.registry.found[BESIDE] = {
        "metadata": metadata,
        "spec": {**found["spec"], "meshRef": reference},
        "status": {"instances": dump(entry)},
    }
    leak.bench.registry.reports[BESIDE] = build_mesh_status()


async def test_what_a_mesh_of_another_policy_serves_or_may_have_is_left_alone(leak: Leak) -> None:
    put_beside(leak, OLD)
    between = issue(3)
    leak.vault.signed.append(between)
    leak.order()
    leak.renew()
    await leak.reconcile()
    entry = await leak.reconcile()
    assert leak.vault.revoked == [OLDER.serial]
    assert (entry.left, entry.needs_person) == (1, True)
    assert "`roottrust rotate intermediate team/other --cluster cluster1 --comp" in entry.message
    wait = await leak.bench.controller.reconcile(leak.bench.key)
    assert wait == VIEW_AGAIN.total_seconds()
    put_beside(leak, RENEWED)
    leak.vault.signed.append(RENEWED)
    leak.bench.now -= timedelta(hours=1) - timedelta(seconds=1)
    entry = await leak.reconcile()
    assert leak.vault.revoked == [OLDER.serial, OLD.serial, between.serial]
    assert entry.revoked_at is not None, "at once, for it is new"


async def test_a_mesh_of_another_policy_that_is_not_known_is_waited_for(leak: Leak) -> None:
    put_beside(leak, OLD)
    del leak.bench.registry.reports[BESIDE]
    leak.order()
    leak.renew()
    await leak.reconcile()
    entry = await leak.reconcile()
    assert "Nobody tells how many replicas" in entry.message
    assert leak.vault.calls == []
    wait = await leak.bench.controller.reconcile(leak.bench.key)
    assert wait == VIEW_AGAIN.total_seconds()


async def test_a_mesh_under_another_mount_is_nobody_s_business(leak: Leak) -> None:
    put_beside(leak, OLD)
    found = leak.bench.registry.found[BESIDE]
    vault = {**found["spec"]["agentCa"]["vault"], "caPath": "other/issuer/1/sign-intermediate"}
    found["spec"]["agentCa"] = {"vault": vault}
    leak.order()
    leak.renew()
    await leak.reconcile()
    await leak.reconcile()
    assert leak.vault.revoked == [OLDER.serial, OLD.serial]
