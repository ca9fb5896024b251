"""Nothing is granted to the cluster role, to agents, to a hub elsewhere that nobody uses."""

from __future__ import annotations

from tests.integration.audit.course import Session
from tests.integration.audit.granted import FOR_OTHERS, read_remote, read_shipped
from tests.integration.audit.judgement import judge_rights, list_refusals
from tests.integration.audit.unplayed import UNPLAYED


def test_every_right_of_the_cluster_role_is_used(audited: Session) -> None:
    audited.require(
        "cluster/test_bounce_faults.py",
        "cluster/test_bounce_sets.py",
        "cluster/test_discovery.py",
        "cluster/test_leader.py",
        "cluster/test_mesh_restarts.py",
        "cluster/test_policy_answer.py",
        "cluster/test_pruning.py",
        "cluster/test_trust.py",
    )
    shipped = read_shipped("base/cluster-rbac.yaml")
    assert judge_rights(shipped, audited.list_calls(), unplayed=UNPLAYED) == []


def test_every_right_of_agents_is_used(audited: Session) -> None:
    audited.require("agent/test_agent_cluster.py", "agent/test_issuance.py")
    shipped = read_shipped("istiod/rbac.yaml")
    assert judge_rights(shipped, audited.list_calls(), unplayed=UNPLAYED) == []


def test_every_right_of_who_verifies_is_used(audited: Session) -> None:
    audited.require("verify/test_verify.py")
    shipped = read_shipped("verify/rbac.yaml")
    assert judge_rights(shipped, audited.list_calls(), unplayed=UNPLAYED) == []


def test_every_right_of_a_hub_in_other_clusters_is_used_and_its_own_ones_for_them(
    audited: Session,
) -> None:
    audited.require(
        "hub/clusters/test_mirrors.py",
        "hub/clusters/test_registration.py",
        "hub/clusters/test_remote_policies.py",
        "hub/clusters/test_reviewer_there.py",
        "hub/clusters/test_token.py",
    )
    granted = (*read_remote(), *FOR_OTHERS)
    assert judge_rights(granted, audited.list_calls(), unplayed=UNPLAYED) == []


def test_nothing_is_refused_unless_a_test_says_so(audited: Session) -> None:
    assert list(list_refusals(audited.list_calls(), audited.windows)) == []
