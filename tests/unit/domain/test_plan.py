from __future__ import annotations

from dataclasses import replace

from roottrust.domain.plan import plan_policy
from roottrust.domain.policy_document import read_mark
from tests.unit.domain.samples import (
    EMPTY_FACTS,
    GENERATED_ROOT,
    OURS,
    ROOT,
    build_cluster,
    build_facts,
    build_issuer,
    build_snapshot,
    build_target,
)
from tests.unit.domain.vault_model import settle

TWO = build_target(build_cluster("a"), build_cluster("b"))


def test_the_root_is_made_first_and_the_clusters_in_the_next_round() -> None:
    snapshot = build_snapshot(
        build_target(build_cluster("a"), build_cluster("b"), root=GENERATED_ROOT), EMPTY_FACTS
    )
    settled, plans = settle(snapshot, rounds=4)
    assert [len(plan.actions) for plan in plans] == [2, 10, 0]
    assert [plan.is_complete for plan in plans] == [False, True, True]
    assert len(plans[-1].root.managed) == 2
    assert [len(each.managed) for each in plans[-1].clusters.values()] == [5, 5]
    document = getattr(settled.facts.clusters["a"], "policy", "")
    assert read_mark(document) == OURS.render()


def test_warnings_are_told_once() -> None:
    weak = build_issuer(certificate=replace(ROOT, key_usages=None))
    target = replace(TWO, warnings=("one.", "one."))
    plan = plan_policy(build_snapshot(target, build_facts(root_issuer=weak)))
    assert len(plan.warnings) == 2
    assert plan.warnings[0] == "one."
