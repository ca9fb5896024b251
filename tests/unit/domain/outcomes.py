"""What a reconcile may come to: outcomes that are met in fact, and all that could be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from roottrust.api.choices import ConditionStatus
from roottrust.domain.fault import Fault
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import plan_policy
from roottrust.domain.reasons import Reason
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
    return Outcome(
        failure=draw(st.none() | FAULTS),
        plan=plans[-1],
        is_observed_only=draw(st.booleans()),
        **common,
    )
