"""What a rotation writes, and where nothing would come of it."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.cli.rotate.request import plan_following, plan_rotation
from roottrust.domain.errors import RootTrustError
from tests.unit.cli.status.objects import build_policy


def build(full_name: str = "gloo-mesh/fleet", **spec: Any) -> dict[str, Any]:
    policy = build_policy(full_name, spec={"rotation": {"intermediateGeneration": 4}, **spec})
    policy["metadata"]["uid"] = "u-1"
    return policy


def test_the_generation_is_raised_by_one_of_this_policy_as_it_is() -> None:
    raised = plan_rotation((build(),))
    assert (raised.full_name, raised.before, raised.after) == ("gloo-mesh/fleet", 4, 5)
    assert raised.build_patch() == (
        {"op": "test", "path": "/metadata/uid", "value": "u-1"},
        {"op": "test", "path": "/spec/rotation/intermediateGeneration", "value": 4},
        {"op": "replace", "path": "/spec/rotation/intermediateGeneration", "value": 5},
    )


def test_what_was_raised_before_is_followed_as_it_is() -> None:
    followed = plan_following((build(),), generation=None)
    assert (followed.before, followed.after) == (4, 4)
    assert plan_following((build(),), generation=7).after == 7


def build_deleted() -> dict[str, Any]:
    policy = build()
    policy["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    return policy


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ((build("a/x"), build("b/x")), "Several policies are meant: name one of a/x, b/x."),
        ((build_deleted(),), "gloo-mesh/fleet is being deleted."),
        ((build(management={"mode": "Observe"}),), "set Manage first."),
    ],
)
def test_what_would_come_to_nothing_is_refused(
    policies: tuple[dict[str, Any], ...], words: str
) -> None:
    with pytest.raises(RootTrustError) as refused:
        plan_rotation(policies)
    assert words in refused.value.message
