from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.api.issued_certificate import Instance
from roottrust.domain.action import Verb
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from roottrust.domain.issuance import AgentOptions, CertificateKey
from roottrust.domain.issuance_report import RESTART_RETRY
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_work import ClusterWork
from roottrust.hub.issuance_work import (
    REMOVALS_MAX,
    observe_issuance,
    remove_certificates,
    work_on_issuance,
)
from roottrust.runtime.fence import FencedError
from tests.unit.domain.agent_entries import (
    FORGED,
    INTERMEDIATE,
    build_instance,
    build_mesh_status,
    dump,
)
from tests.unit.domain.certificates import NOW
from tests.unit.domain.issuances import KEY, OPTIONS, PLAN, TARGET, build_certificate
from tests.unit.domain.restart_requests import NAME, RESTARTING, ask, build_restarting
from tests.unit.domain.samples import (
    CLAIMANT,
    OTHER_HUB,
    OTHER_POLICY,
    ROOT,
    build_known,
    build_manifest_spec,
    build_mesh,
)
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeRegistry

DENIED = AccessDeniedError(
    "The API server denied patch: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="x",
    capability="patch",
)
SEALED = TransientError("Vault is sealed: unseal it.", reason=Reason.SEALED)
FOUND = build_known("cluster1", build_mesh())


def serve(bench: Bench, *entries: Instance) -> None:
    """Have agents report on the IssuedCertificate of the sample's mesh."""
    known = bench.registry.found[KEY]
    status = {**known.get("status", {}), "instances": dump(*entries)}
    metadata = {**known["metadata"], "uid": "uid-c", "generation": 1}
    bench.registry.found[KEY] = {**known, "metadata": metadata, "status": status}


async def work(  # type: ignore[no-untyped-def]
    registry: FakeRegistry, *, writes: bool = True, options: AgentOptions = OPTIONS
):
    request = observe_issuance(
        registry,
        claimant=CLAIMANT,
        target=TARGET,
        options=options,
        plan=PLAN,
        known_roots=frozenset({ROOT.fingerprint}),
    )
    return await work_on_issuance(registry, request, work=ClusterWork(), writes=writes, now=NOW)


async def test_what_is_missing_is_made_once() -> None:
    registry = FakeRegistry()
    await work(registry)
    assert [str(each) for each in registry.applied] == [f"create IssuedCertificate {KEY}"]
    done = await work(registry)
    assert len(registry.applied) == 1
    assert (done.failure, done.report.fault) == (None, None)


async def test_what_another_cluster_forged_goes_bit_by_bit_and_fails_nobody() -> None:
    """A cluster that the policy does not select, whose administrator knows the policy's mark."""
    forged = [
        CertificateKey(cluster="hostile", namespace="ns", name=f"forged-{number:03}")
        for number in range(REMOVALS_MAX + 10)
    ]
    clusters = (build_known(), build_known("hostile"))
    registry = FakeRegistry(clusters=clusters, found={key: build_certificate() for key in forged})
    registry.refused[forged[0]] = DENIED
    done = await work(registry)
    verbs = [each.verb for each in registry.applied]
    assert (verbs.count(Verb.CREATE), verbs.count(Verb.DELETE)) == (1, REMOVALS_MAX - 1)
    assert (done.failure, done.report.fault) == (None, None)
    await work(registry)
    assert list(registry.found) == [forged[0], KEY]


async def test_what_a_cluster_waits_for_is_restarted_there() -> None:
    registry = FakeRegistry(found={KEY: build_restarting()}, reports={KEY: ask()})
    done = await work(registry, options=RESTARTING)
    assert [each.name for each in registry.created] == [NAME]
    assert (registry.applied, done.failure) == ([], None)
    await work(registry, writes=False, options=RESTARTING)
    assert len(registry.created) == 1


async def test_a_restart_that_cannot_be_written_is_a_warning() -> None:
    registry = FakeRegistry(found={KEY: build_restarting()}, reports={KEY: ask()})
    registry.not_restarted = DENIED
    done = await work(registry, options=RESTARTING)
    assert (done.failure, done.report.fault) == (None, None)
    assert f"RestartsNotWritten: of cluster1: {DENIED.message}" in done.report.warnings
    assert done.report.find_next_change(NOW) == NOW + RESTART_RETRY


async def test_nothing_is_restarted_in_a_cluster_in_trouble() -> None:
    registry = FakeRegistry(found={KEY: build_restarting()}, reports={KEY: ask()})
    (cluster,) = TARGET.clusters
    trouble = ClusterTrouble(reason=Reason.CLUSTER_UNREACHABLE, message="It is away.", since=NOW)
    target = replace(TARGET, clusters=(replace(cluster, trouble=trouble),))
    request = observe_issuance(
        registry,
        claimant=CLAIMANT,
        target=target,
        options=RESTARTING,
        plan=PLAN,
        known_roots=frozenset({ROOT.fingerprint}),
    )
    await work_on_issuance(registry, request, work=ClusterWork(), writes=True, now=NOW)
    assert registry.created == []


async def test_an_observer_writes_nothing_and_counts() -> None:
    registry = FakeRegistry()
    done = await work(registry, writes=False)
    assert registry.applied == []
    assert done.report.pending == 1


async def test_a_write_that_is_refused_is_told_and_hinders_no_other() -> None:
    gone = CertificateKey(cluster="cluster1", namespace="old", name="old")
    registry = FakeRegistry(found={gone: build_certificate()}, refused={KEY: DENIED})
    done = await work(registry)
    assert [(each.verb, each.key) for each in registry.applied] == [(Verb.DELETE, gone)]
    assert done.failure is DENIED
    assert done.report.fault is not None
    assert done.report.fault.reason is Reason.ACCESS_DENIED


async def test_a_cluster_that_is_not_served_any_more_keeps_what_it_has() -> None:
    registry = FakeRegistry(found={KEY: build_certificate()}, clusters=())
    done = await work(registry)
    assert registry.applied == []
    assert done.failure is None
    kept = await remove_certificates(registry, CLAIMANT, work=ClusterWork())
    assert isinstance(kept[KEY], DependencyMissingError)


async def test_everything_of_a_policy_goes_with_it_and_nothing_of_others() -> None:
    other = replace(KEY, name="other")
    found = {KEY: build_certificate(), other: build_certificate(OTHER_POLICY.render())}
    registry = FakeRegistry(found=found)
    assert await remove_certificates(registry, CLAIMANT, work=ClusterWork()) == {}
    assert list(registry.found) == [other]


async def test_a_hub_that_leads_no_more_tells_nothing() -> None:
    fenced = FencedError("This was not written.", reason=Reason.NOT_LEADING)
    registry = FakeRegistry(found={KEY: build_certificate()}, refused={KEY: fenced})
    with pytest.raises(FencedError):
        await remove_certificates(registry, CLAIMANT, work=ClusterWork())


async def test_one_is_written_after_vault_is_ready_and_an_idle_pass_writes_nothing(
    bench: Bench,
) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    (action,) = bench.registry.applied
    assert action.verb is Verb.CREATE
    assert bench.server.written
    for _ in range(3):
        await bench.reconcile()
    assert len(bench.registry.applied) == 1


async def test_what_agents_report_is_followed_and_told_once(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    assert bench.read_condition("Ready") == ("Unknown", "WaitingForAgent")
    await bench.reconcile()
    assert [each["state"] for each in bench.registry.told] == ["PENDING"]
    bench.registry.reports[KEY] = build_mesh_status()
    serve(bench, build_instance())
    await bench.reconcile()
    assert bench.read_condition("Ready") == ("True", "Ready")
    assert bench.registry.told[-1]["state"] == "FINISHED"
    assert bench.events.reasons[-2:] == ["Issued", "Propagated"]
    statuses, told = len(bench.kube.applied), len(bench.registry.told)
    for _ in range(3):
        await bench.reconcile()
    assert (len(bench.kube.applied), len(bench.registry.told)) == (statuses, told)
    assert len(bench.registry.applied) == 1


async def test_meshes_are_followed_while_vault_is_away(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    bench.registry.reports[KEY] = build_mesh_status()
    await bench.reconcile()
    serve(bench, build_instance())
    await bench.reconcile()
    bench.server.down = SEALED
    serve(bench, build_instance(error="Vault x is sealed"))
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.read_condition("VaultReachable") == ("False", "Sealed")
    assert bench.read_condition("CertificatesIssued") == ("True", "AgentFailed")
    assert bench.registry.told[-1]["message"].endswith("lasts until 2039-12-30T00:00:00Z.")


async def test_a_liar_is_named_and_does_not_count(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    serve(bench, build_instance(FORGED["signed by another key"], pod="istiod-liar"))
    await bench.reconcile()
    assert bench.read_condition("CertificatesIssued") == ("False", "InstanceNotBelieved")
    (mesh,) = bench.status.meshes
    assert mesh.instances_ready == 0
    assert mesh.message is not None
    assert "istiod-liar" in mesh.message
    assert bench.registry.told[-1]["state"] == "FAILED"


async def test_a_policy_is_looked_at_when_a_renewal_is_overdue(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    serve(bench, build_instance())
    delay = await bench.controller.reconcile(bench.key)
    assert delay is not None
    life = INTERMEDIATE.not_after - INTERMEDIATE.not_before
    overdue_at = INTERMEDIATE.not_after - life / 6
    assert bench.now + timedelta(seconds=delay) == overdue_at


async def test_an_observer_tells_nothing_on_certificates(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    bench.edit(spec=build_manifest_spec(management={"mode": "Observe"}), metadata={"generation": 2})
    serve(bench, build_instance())
    await bench.reconcile()
    assert bench.registry.told == []
    assert bench.read_condition("CertificatesIssued") == ("True", "Issued")


async def test_a_status_that_is_not_taken_is_tried_again(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    await bench.reconcile()
    bench.registry.refused[KEY] = DENIED
    with pytest.raises(AccessDeniedError):
        await bench.reconcile()


async def test_one_of_others_is_a_conflict_that_the_policy_tells(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    bench.registry.found[KEY] = build_certificate(OTHER_HUB.render())
    await bench.reconcile()
    assert bench.read_condition("CertificatesIssued") == ("False", "Conflict")
    assert bench.read_condition("Ready") == ("False", "Conflict")
    assert bench.registry.applied == []
