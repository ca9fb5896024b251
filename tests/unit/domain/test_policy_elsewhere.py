from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.choices import PolicyState
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.mark import OWNER_ANNOTATION
from roottrust.domain.policy_elsewhere import build_answer, find_hubs, is_answer
from roottrust.domain.policy_transition import list_transitions
from roottrust.domain.status import build_status
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import READY
from tests.unit.domain.samples import OTHER_HUB, OURS


def answer(
    before: RootTrustPolicyStatus | None = None, *, management: tuple[str, ...] = ("mgmt",)
) -> RootTrustPolicyStatus:
    return build_answer(
        cluster="cluster2", management=management, before=before, generation=2, now=NOW
    )


def read(status: RootTrustPolicyStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in status.conditions}


def mark(text: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {OWNER_ANNOTATION: text}}}


def test_the_policy_is_refused_and_stalled() -> None:
    status = answer()
    assert status.state is PolicyState.INVALID
    assert status.observed_generation == 2
    off = "RemotePoliciesOff"
    assert read(status) == {
        "Accepted": ("False", off),
        "VaultReachable": ("Unknown", off),
        "VaultConfigured": ("Unknown", off),
        "CertificatesIssued": ("Unknown", off),
        "TrustPropagated": ("Unknown", off),
        "Ready": ("False", off),
        "Stalled": ("True", off),
    }


@pytest.mark.parametrize(
    ("management", "named"),
    [((), ""), (("mgmt",), " mgmt"), (("a", "b"), " a, b")],
)
def test_it_says_where_to_apply_the_policy_and_what_else_can_be_done(
    management: tuple[str, ...], named: str
) -> None:
    assert answer(management=management).message == (
        "No hub looks at RootTrustPolicies in cluster cluster2: apply this one in the management "
        f"cluster{named}, or set remotePolicies: true in the operator's configuration there and "
        "here."
    )


def test_saying_it_again_changes_nothing() -> None:
    first = answer()
    again = build_answer(
        cluster="cluster2",
        management=("mgmt",),
        before=first,
        generation=2,
        now=NOW + timedelta(hours=1),
    )
    assert again == first


def test_nothing_is_left_of_what_a_hub_has_told() -> None:
    before = build_status(READY, previous=None, now=NOW)
    assert before.managed_objects
    assert before.root is not None
    after = answer(before)
    assert after == answer()
    (event,) = list_transitions(before, after)
    assert (event.reason, event.is_normal) == ("RemotePoliciesOff", False)


def test_an_answer_is_known_again() -> None:
    assert is_answer(answer())
    assert not is_answer(None)
    assert not is_answer(build_status(READY, previous=None, now=NOW))


def test_hubs_are_known_by_what_they_have_left() -> None:
    found = [mark(OURS.render()), mark(OTHER_HUB.render()), mark(OURS.render()), mark("forged\n")]
    assert find_hubs([*found, {"metadata": {}}]) == ("hub1", "hub2")
    assert find_hubs([]) == ()
