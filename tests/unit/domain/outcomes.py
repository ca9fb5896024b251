"""What a reconcile may come to: outcomes that are met in fact, and all that could be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from roottrust.api.choices import ConditionStatus
from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.api.issued_certificate import Instance
from roottrust.api.mesh import IstiodReplicas, MeshStatus
from roottrust.domain.fault import Fault
from roottrust.domain.issuance_plan import plan_issuance
from roottrust.domain.issuance_report import IssuanceReport, report_issuance
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan, plan_policy
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.revocation_report import (
    CompromiseOrder,
    Obstacle,
    ToldRevocations,
    tell_done,
    tell_waiting,
)
from roottrust.domain.target import VaultTarget
from tests.unit.domain.agent_entries import (
    LATER,
    build_instance,
    build_mesh_status,
    dump,
    instances,
)
from tests.unit.domain.issuances import (
    KEY,
    PLAN,
    TARGET,
    build_certificate,
    build_request,
    holdings,
)
from tests.unit.domain.samples import build_facts, build_snapshot, build_target
from tests.unit.domain.strategies import snapshots
from tests.unit.domain.vault_model import settle

REFUSAL = Fault(
    status=ConditionStatus.FALSE, reason=Reason.INVALID_PATH, message="caPath 'x': write it out."
)
MISSING = Fault(
    status=ConditionStatus.UNKNOWN,
    reason=Reason.NO_CLUSTER_SELECTED,
    message="No cluster is selected: register one.",
)
OUTAGE = Fault(
    status=ConditionStatus.FALSE, reason=Reason.SEALED, message="Vault x is sealed: unseal it."
)
FAILURE = Fault(
    status=ConditionStatus.FALSE, reason=Reason.ACCESS_DENIED, message="Vault denied read on x."
)

PENDING_PLAN = plan_policy(build_snapshot())
_, _PLANS = settle(build_snapshot(facts=build_facts()), rounds=4)
DONE_PLAN = _PLANS[-1]

READY = Outcome(generation=3, target=build_target(), plan=DONE_PLAN)
PENDING = replace(READY, plan=PENDING_PLAN)
OBSERVED = replace(PENDING, is_observed_only=True)
REFUSED = Outcome(generation=3, refusal=REFUSAL)
AWAY = Outcome(generation=3, target=build_target(), outage=OUTAGE)
FAILED = replace(READY, failure=FAILURE)
FAULTS = st.builds(
    Fault,
    status=st.sampled_from((ConditionStatus.FALSE, ConditionStatus.UNKNOWN)),
    reason=st.sampled_from(Reason),
    message=st.sampled_from(("It is so: do this.", 3000 * "x" + ".")),
)
COMPROMISED = CompromiseOrder(cluster="c1", generation=2, mount="pki", owner="gloo-mesh/fleet")
REVOCATIONS = tuple(
    ToldRevocations(entries=(entry,), warnings=(entry.message,))
    for entry in (
        tell_waiting(COMPROMISED, Obstacle(message=3000 * "x", needs_person=True)),
        tell_done(
            COMPROMISED,
            CompromisedIntermediates(
                cluster="c1", generation=2, revoked=3, revoked_at=LATER, trusted_until=LATER
            ),
            root=None,
            now=LATER,
        ),
    )
)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """What came of any policy in any Vault."""
    generation = draw(st.integers(1, 9))
    if draw(st.integers(0, 4)) == 0:
        return Outcome(generation=generation, refusal=draw(FAULTS))
    snapshot = draw(snapshots())
    common: dict[str, Any] = {"generation": generation, "target": snapshot.target}
    if draw(st.integers(0, 4)) == 0:
        return Outcome(outage=draw(FAULTS), **common)
    _, plans = settle(snapshot, rounds=draw(st.integers(1, 4)))
    is_observed_only = draw(st.booleans())
    return Outcome(
        failure=draw(st.none() | FAULTS),
        plan=plans[-1],
        issuance=draw(
            st.none() | issuance_reports(snapshot.target, plans[-1], observes=is_observed_only)
        ),
        is_observed_only=is_observed_only,
        revocations=draw(st.none() | st.sampled_from(REVOCATIONS)),
        **common,
    )


@st.composite
def issuance_reports(
    draw: st.DrawFn, target: VaultTarget, plan: Plan, *, observes: bool
) -> IssuanceReport:
    """What is told of a policy's meshes, whatever clusters hold."""
    entries = dump(*draw(st.lists(instances(), max_size=2)))
    found = {
        key: {**each, "status": {"instances": entries}}
        for key, each in draw(holdings(target)).items()
    }
    reports = {key: build_mesh_status() for key in found} if draw(st.booleans()) else {}
    request = build_request(found, target=target, plan=plan, reports=reports)
    return report_issuance(
        request, plan_issuance(request), {}, is_observed_only=observes, now=LATER
    )


def build_followed(
    *entries: Instance, mesh: MeshStatus | None = None, replicas: int = 1, **changes: Any
) -> Outcome:
    """Return a policy that is Ready in Vault, with what the agents of its one mesh report."""
    found = {**build_certificate(), "status": {"instances": dump(*entries)}}
    status = mesh or build_mesh_status(istiod=IstiodReplicas(ready=replicas, total=replicas))
    request = build_request({KEY: found}, reports={KEY: status})
    report = report_issuance(request, plan_issuance(request), {}, is_observed_only=False, now=LATER)
    outcome = Outcome(generation=3, target=TARGET, plan=PLAN, issuance=report)
    return replace(outcome, **changes)


NO_AGENT = build_followed()
ISSUED = build_followed(build_instance())
FAILING = build_followed(build_instance(error="Vault x is sealed"))
