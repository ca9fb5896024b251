from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roottrust.api.issued_certificate import Instance
from roottrust.api.mesh import IstiodReplicas, MeshStatus
from roottrust.domain.errors import AccessDeniedError, ConflictError, RootTrustError
from roottrust.domain.fault import build_fault
from roottrust.domain.issuance_plan import IssuanceRequest, plan_issuance
from roottrust.domain.issuance_report import IssuanceReport, report_issuance
from roottrust.domain.mesh_condition import (
    build_false,
    build_true,
    build_unknown,
    find_worst_condition,
)
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.reasons import Reason
from tests.unit.domain.agent_entries import (
    INTERMEDIATE,
    LATER,
    build_instance,
    build_mesh_status,
    dump,
    instances,
)
from tests.unit.domain.issuances import KEY, build_certificate, build_request, requests
from tests.unit.domain.samples import CLAIMANT, OTHER_POLICY, OTHER_ROOT, ROOT

DENIED = AccessDeniedError(
    "The API server denied patch on x: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="x",
    capability="patch",
)


def serve(*entries: Instance, mark: str | None = None, **spec: Any) -> dict[str, Any]:
    """Return the IssuedCertificate with what agents have reported on it."""
    found = build_certificate(**({} if mark is None else {"mark": mark}), **spec)
    return {**found, "status": {"instances": dump(*entries)}}


def report(
    found: dict[str, Any] | None,
    status: MeshStatus | None = None,
    *,
    failure: RootTrustError | None = None,
    observes: bool = False,
    **changes: Any,
) -> IssuanceReport:
    request = build_request(
        {KEY: found} if found else {}, reports={KEY: status} if status else {}, **changes
    )
    return report_issuance(
        request,
        plan_issuance(request),
        {KEY: failure} if failure else {},
        is_observed_only=observes,
        now=LATER,
    )


def read(told: IssuanceReport) -> MeshReport:
    (mesh,) = told.meshes
    return mesh


def test_a_mesh_that_serves_and_is_trusted_everywhere_is_ready() -> None:
    mesh = read(report(serve(build_instance()), build_mesh_status()))
    assert mesh.is_ready
    assert mesh.issuance is not None
    assert (mesh.issuance.ready, mesh.issuance.total) == (1, 1)
    assert mesh.issuance.earliest_not_after == INTERMEDIATE.not_after
    assert mesh.namespaces is not None


def test_an_istiod_that_started_under_other_roots_is_told_at_rest_alone() -> None:
    """A rotation tells of its own, which may restart it itself."""
    stale = build_instance(started_with_roots="0" * 64)
    told = report(serve(stale), build_mesh_status())
    assert read(told).stale_istiods == (stale.pod,)
    (warning,) = told.warnings
    assert warning.startswith(
        "IstiodsStale: 1 replica of istiod of istiod-istio-system-cluster1 in cluster1 started"
    )
    assert "`kubectl rollout restart deployment/istiod -n istio-system`." in warning
    known = {"plan": None, "known_roots": frozenset({ROOT.fingerprint})}
    in_step = report(serve(stale, rotationStep="g2-abc"), build_mesh_status(), **known)
    assert read(in_step).stale_istiods == (stale.pod,)
    assert in_step.warnings == ()
    pinned = build_instance(started_with_roots=build_instance().trust_bundle_fingerprint)
    for other in (pinned, build_instance()):
        assert report(serve(other), build_mesh_status()).warnings == ()


def test_the_number_of_replicas_is_what_the_cluster_reports() -> None:
    status = build_mesh_status(istiod=IstiodReplicas(ready=2, total=3))
    mesh = read(report(serve(build_instance()), status))
    assert mesh.issuance is not None
    assert (mesh.issuance.ready, mesh.issuance.total) == (1, 3)
    assert mesh.issued.reason is Reason.WAITING_FOR_AGENT


def test_a_mesh_whose_certificate_is_just_made_waits_for_its_agent() -> None:
    assert read(report(None)).issued.reason is Reason.WAITING_FOR_AGENT


def test_before_vault_is_ready_nothing_is_known() -> None:
    mesh = read(report(None, plan=None))
    assert (mesh.issued.reason, mesh.issuance) == (Reason.WAITING_FOR_VAULT, None)


KNOWN = frozenset({ROOT.fingerprint})


def test_while_vault_is_away_what_was_written_under_the_known_root_is_followed() -> None:
    found = serve(build_instance())
    away = read(report(found, build_mesh_status(), plan=None, known_roots=KNOWN))
    assert away.is_ready


@pytest.mark.parametrize(
    ("known_roots", "found"),
    [
        (frozenset(), serve(build_instance())),
        (frozenset({OTHER_ROOT.fingerprint}), serve(build_instance())),
        (KNOWN, serve(build_instance(), mark=OTHER_POLICY.render())),
        (KNOWN, serve(build_instance(), mark="")),
        (KNOWN, serve(build_instance(), trustBundle=OTHER_ROOT.pem)),
        (KNOWN, serve(build_instance(), trustBundle="x")),
        (
            KNOWN,
            serve(
                build_instance(),
                trustBundle="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            ),
        ),
    ],
)
def test_a_certificate_that_may_not_be_ours_proves_nothing(
    known_roots: frozenset[str], found: dict[str, Any]
) -> None:
    mesh = read(report(found, plan=None, known_roots=known_roots))
    assert mesh.issuance is None
    assert not mesh.issued.is_true


def test_an_edit_of_the_bundle_makes_nobody_believe_another_root() -> None:
    """It is undone in this very pass: what counts is what the hub wants there."""
    found = serve(build_instance(), trustBundle=OTHER_ROOT.pem)
    mesh = read(report(found, build_mesh_status()))
    assert mesh.issued.is_true


def test_a_conflict_is_what_the_mesh_lacks() -> None:
    told = report(serve(build_instance(), mark=OTHER_POLICY.render()))
    assert told.fault is not None
    assert read(told).issued.reason is Reason.CONFLICT
    assert read(told).issued.message == told.fault.message
    assert OTHER_POLICY.describe_owner() in told.fault.message


def test_what_a_policy_that_is_gone_left_under_another_root_is_told_how_to_take_over() -> None:
    found = serve(build_instance(), mark=OTHER_POLICY.render(), trustBundle=OTHER_ROOT.pem)
    told = report(found, claimant=replace(CLAIMANT, existing=frozenset()))
    assert told.fault is not None
    assert "which exists no more: annotate this policy" in told.fault.message


def test_a_write_that_failed_is_what_the_mesh_lacks() -> None:
    told = report(None, failure=DENIED)
    assert told.fault == build_fault(DENIED)
    assert read(told).issued.reason is Reason.ACCESS_DENIED


def test_an_object_that_changed_meanwhile_is_no_news() -> None:
    changed = ConflictError("patch met another writer.", reason=Reason.CONFLICT)
    told = report(serve(build_instance()), failure=changed)
    assert told.fault is None
    assert read(told).issued.is_true


def test_what_an_observer_does_not_write_is_counted() -> None:
    assert report(None, observes=True).pending == 1
    assert report(None).pending == 0
    assert report(serve(build_instance()), observes=True).pending == 0


def test_what_will_not_last_is_a_warning_and_looked_at_in_time() -> None:
    told = report(serve(build_instance(error="Vault x is sealed")), build_mesh_status())
    assert read(told).is_ready
    (warning,) = told.warnings
    assert "Vault x is sealed" in warning
    later = told.find_next_change(LATER)
    assert later is not None
    assert LATER < later < INTERMEDIATE.not_after
    assert report(None).find_next_change(LATER) is None


def test_entries_that_cannot_be_read_are_left_out() -> None:
    found = {**build_certificate(), "status": {"instances": [{"pod": 7}, {"serial": "1"}]}}
    assert read(report(found)).issued.reason is Reason.WAITING_FOR_AGENT


def test_the_worst_condition_is_told_with_how_many_are_alike() -> None:
    bad, odd = build_false(Reason.EXPIRED, "One."), build_unknown(Reason.RENEWING, "Two.")
    warned = build_true(Reason.EXPIRING, "Three.", is_warning=True)
    fine = build_true(Reason.ISSUED, "Four.")
    assert find_worst_condition([]) is None
    assert find_worst_condition([fine, fine]) == fine
    assert find_worst_condition([fine, warned]) == warned
    assert find_worst_condition([fine, odd, warned]) == odd
    assert find_worst_condition([odd, bad]) == bad
    two = find_worst_condition([bad, odd, bad])
    assert two is not None
    assert two.message == "One. 1 more mesh lacks something, too."
    three = find_worst_condition([bad, bad, bad])
    assert three is not None
    assert three.message == "One. 2 more meshes lack something, too."


@settings(max_examples=50, deadline=None)
@given(request=requests(), entries=st.lists(instances(), max_size=3), has_report=st.booleans())
def test_every_mesh_is_told_of_whatever_its_cluster_holds(
    request: IssuanceRequest, entries: list[Instance], has_report: bool
) -> None:
    found = {
        key: {**each, "status": {"instances": dump(*entries)}}
        for key, each in request.found.items()
    }
    reports = {key: build_mesh_status() for key in found} if has_report else {}
    request = replace(request, found=found, reports=reports, known_roots=KNOWN)
    told = report_issuance(request, plan_issuance(request), {}, is_observed_only=False, now=LATER)
    assert len(told.meshes) == sum(len(each.meshes) for each in request.target.clusters)
    for mesh in told.meshes:
        assert mesh.issued.message.endswith(".")
        assert mesh.propagated.message.endswith(".")
        assert mesh.is_ready == (mesh.issued.is_true and mesh.propagated.is_true)
