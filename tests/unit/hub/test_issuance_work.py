from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.domain.action import Verb
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.reasons import Reason
from roottrust.hub.issuance_work import observe_issuance, remove_certificates, work_on_issuance
from roottrust.runtime.fence import FencedError
from tests.unit.domain.issuances import KEY, OPTIONS, PLAN, TARGET, build_certificate
from tests.unit.domain.samples import CLAIMANT, OTHER_POLICY, build_known, build_mesh
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeRegistry

DENIED = AccessDeniedError(
    "The API server denied patch: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="x",
    capability="patch",
)
FOUND = build_known("cluster1", build_mesh())


async def work(registry: FakeRegistry, *, writes: bool = True):  # type: ignore[no-untyped-def]
    request = observe_issuance(
        registry, claimant=CLAIMANT, target=TARGET, options=OPTIONS, plan=PLAN
    )
    return await work_on_issuance(registry, request, writes=writes)


async def test_what_is_missing_is_made_once() -> None:
    registry = FakeRegistry()
    await work(registry)
    assert [str(each) for each in registry.applied] == [f"create IssuedCertificate {KEY}"]
    done = await work(registry)
    assert len(registry.applied) == 1
    assert (done.failure, done.report.fault) == (None, None)


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
    kept = await remove_certificates(registry, CLAIMANT)
    assert isinstance(kept[KEY], DependencyMissingError)


async def test_everything_of_a_policy_goes_with_it_and_nothing_of_others() -> None:
    other = replace(KEY, name="other")
    found = {KEY: build_certificate(), other: build_certificate(OTHER_POLICY.render())}
    registry = FakeRegistry(found=found)
    assert await remove_certificates(registry, CLAIMANT) == {}
    assert list(registry.found) == [other]


async def test_a_hub_that_leads_no_more_tells_nothing() -> None:
    fenced = FencedError("This was not written.", reason=Reason.NOT_LEADING)
    registry = FakeRegistry(found={KEY: build_certificate()}, refused={KEY: fenced})
    with pytest.raises(FencedError):
        await remove_certificates(registry, CLAIMANT)


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


async def test_one_of_others_is_a_conflict_that_the_policy_tells(bench: Bench) -> None:
    bench.registry.clusters = (FOUND,)
    bench.registry.found[KEY] = build_certificate(OTHER_POLICY.render())
    await bench.reconcile()
    assert bench.read_condition("CertificatesIssued") == ("False", "Conflict")
    assert bench.read_condition("Ready") == ("False", "Conflict")
    assert bench.registry.applied == []
