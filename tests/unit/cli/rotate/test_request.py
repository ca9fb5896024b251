"""What a rotation writes, and where nothing would come of it."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.cli.rotate.request import check_clusters, plan_following, plan_rotation
from roottrust.cli.status.build_report import build_report
from roottrust.domain.errors import RootTrustError
from tests.unit.cli.status.objects import build_policy, find_well
from tests.unit.domain.agent_entries import LATER


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


CLUSTERS = "/spec/rotation/clusters"


def build_entry(name: str, generation: int) -> dict[str, Any]:
    return {"name": name, "intermediateGeneration": generation}


def build_ahead(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of generation 4 with clusters that were rotated alone."""
    return build(rotation={"intermediateGeneration": 4, "clusters": list(entries)})


def test_clusters_that_are_rotated_alone_get_one_number_above_all_that_they_had() -> None:
    policy = build_ahead(build_entry("a", 6), build_entry("b", 5), build_entry("old", 4))
    raised = plan_rotation((policy,), clusters=("b", "c"))
    assert (raised.before, raised.after) == (5, 6)
    written = [build_entry("a", 6), build_entry("b", 6), build_entry("c", 6)]
    assert raised.build_patch()[1:] == (
        {"op": "test", "path": "/spec/rotation/intermediateGeneration", "value": 4},
        {"op": "test", "path": CLUSTERS, "value": policy["spec"]["rotation"]["clusters"]},
        {"op": "add", "path": CLUSTERS, "value": written},
    )


def test_the_first_cluster_that_is_rotated_alone() -> None:
    raised = plan_rotation((build(),), clusters=("a",))
    assert raised.build_patch()[2:] == (
        {"op": "add", "path": CLUSTERS, "value": [build_entry("a", 5)]},
    )


def test_a_rotation_of_all_goes_beyond_those_that_are_ahead() -> None:
    raised = plan_rotation((build_ahead(build_entry("a", 6)),))
    assert (raised.before, raised.after) == (4, 7)
    assert raised.build_patch()[-1] == {
        "op": "replace",
        "path": "/spec/rotation/intermediateGeneration",
        "value": 7,
    }


def test_clusters_are_followed_to_the_number_that_they_have() -> None:
    policy = build_ahead(build_entry("a", 6), build_entry("b", 2))
    assert plan_following((policy,), generation=None, clusters=("a",)).after == 6
    assert plan_following((policy,), generation=None, clusters=("b", "c")).after == 4
    assert plan_following((policy,), generation=9, clusters=("a", "b")).after == 9
    with pytest.raises(RootTrustError, match=r"a, b are asked for different generations"):
        plan_following((policy,), generation=None, clusters=("a", "b"))


def test_a_cluster_without_a_mesh_of_the_policy_is_refused() -> None:
    (policy,) = build_report(find_well(), read_at=LATER).policies
    raised = plan_rotation((build(),), clusters=("cluster1", "clustr2"))
    with pytest.raises(RootTrustError, match=r"no mesh in clustr2: its clusters are cluster1\."):
        check_clusters(raised, policy)
    capped = policy.model_copy(update={"meshes_total": 101})
    check_clusters(raised, capped)
    check_clusters(plan_rotation((build(),), clusters=("cluster1",)), policy)


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
