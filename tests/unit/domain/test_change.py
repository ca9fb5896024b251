from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from roottrust.domain.action import Action, Verb
from roottrust.domain.change import (
    SENSITIVE,
    UNKNOWN,
    FieldChange,
    list_changes,
    list_obstacles,
    list_withheld,
    present,
)
from roottrust.domain.plan import plan_policy
from roottrust.domain.preview import KNOWN_AFTER_APPLY, preview_policy
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import Difference, VaultKind, VaultObject
from tests.unit.domain.rotations import some_snapshots
from tests.unit.domain.samples import (
    EMPTY_FACTS,
    GENERATED_ROOT,
    OTHER_POLICY,
    OURS,
    PRIVATE_KEY,
    TOKEN,
    build_facts,
    build_mount,
    build_snapshot,
    build_target,
)

EXAMPLES = settings(max_examples=75, deadline=None)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_every_write_and_every_conflict_is_told_without_a_secret(snapshot: Snapshot) -> None:
    plan = preview_policy(snapshot).plan
    changes = list_changes(plan)
    assert [(each.verb, each.path) for each in changes] == [
        (action.verb, present(action.wanted.path)) for action in plan.actions
    ]
    assert all(each.fields for each in changes)
    conflicts = [*plan.root.conflicts]
    for cluster in plan.clusters.values():
        conflicts += cluster.conflicts
    assert [each.path for each in list_obstacles(plan)] == [each.path for each in conflicts]
    assert [each.path for each in list_withheld(plan)] == [
        action.wanted.path for action in plan.withheld
    ]
    told = repr((changes, list_withheld(plan), list_obstacles(plan)))
    assert TOKEN not in told
    assert "MC4CAQAwBQYDK2VwBCIEIA" not in told
    assert KNOWN_AFTER_APPLY not in told


def test_a_new_object_is_told_with_all_its_fields() -> None:
    plan = preview_policy(build_snapshot(build_target(root=GENERATED_ROOT), EMPTY_FACTS)).plan
    root = next(each for each in list_changes(plan) if each.kind == VaultKind.ROOT)
    fields = {each.name: each.after for each in root.fields}
    assert fields["common_name"] == "Istio root CA"
    assert fields["ttl"] == "87600h"
    assert all(each.before is None for each in root.fields)
    assert root.cluster is None


def test_what_vault_chooses_is_known_after_apply() -> None:
    plan = preview_policy(build_snapshot(build_target(root=GENERATED_ROOT), EMPTY_FACTS)).plan
    policy = next(each for each in list_changes(plan) if each.kind == VaultKind.POLICY)
    unknown = [each for each in policy.fields if each.is_unknown]
    assert [each.name for each in unknown] == ["policy"]
    assert f"pki/issuer/{UNKNOWN}/sign-intermediate" in unknown[0].after
    assert policy.cluster == "cluster1"


def test_of_what_is_written_along_only_harmless_names_are_shown() -> None:
    wanted = VaultObject(
        kind=VaultKind.AUTH_CONFIG,
        path="auth/x/config",
        fields={"kubernetes_host": "https://x"},
        extra={"token_reviewer_jwt": "secret", "pem_bundle": "", "key_bits": 256},
    )
    plan = plan_policy(build_snapshot())
    cluster = replace(plan.clusters["cluster1"], actions=(Action(verb=Verb.CREATE, wanted=wanted),))
    (change,) = list_changes(replace(plan, clusters={"cluster1": cluster}))
    assert change.fields == (
        FieldChange(name="kubernetes_host", after="https://x"),
        FieldChange(name="token_reviewer_jwt", after=SENSITIVE),
        FieldChange(name="pem_bundle", after=""),
        FieldChange(name="key_bits", after=256),
    )
    assert [each.is_sensitive for each in change.fields] == [False, True, False, False]


def test_an_update_is_told_by_the_fields_that_differ() -> None:
    target = build_target(root=GENERATED_ROOT)
    facts = build_facts(mounts={"pki": build_mount(description=OURS.render(), days=1)})
    (change, *_) = list_changes(plan_policy(build_snapshot(target, facts)))
    assert (change.verb, change.path) == ("update", "pki")
    assert change.fields == (FieldChange(name="max_lease_ttl", before=86_400, after=3650 * 86_400),)


def test_a_difference_without_values_is_told_in_its_words() -> None:
    wanted = VaultObject(kind=VaultKind.ROLE, path="auth/x/role/y", fields={})
    difference = Difference(path="auth/x/role/y", field="f", wanted="new", found="old")
    action = Action(verb=Verb.UPDATE, wanted=wanted, differences=(difference,))
    plan = plan_policy(build_snapshot())
    plan = replace(plan, root=replace(plan.root, actions=(action,)), clusters={})
    (change,) = list_changes(plan)
    assert change.fields == (FieldChange(name="f", before="old", after="new"),)


def test_a_conflict_tells_whose_it_is_and_what_to_do() -> None:
    facts = build_facts(
        auth_mounts={
            "kube-cluster1-mesh-auth": build_mount("kubernetes", description=OTHER_POLICY.render())
        }
    )
    (obstacle,) = list_obstacles(plan_policy(build_snapshot(facts=facts)))
    assert obstacle.kind == VaultKind.AUTH_MOUNT
    assert obstacle.owner == "RootTrustPolicy team/other of hub hub1"
    assert obstacle.next_step == (
        "Name another path in this policy: what belongs to others is never taken over."
    )
    assert obstacle.cluster == "cluster1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (("b", "a"), ["a", "b"]),
        ({"a": (1,)}, {"a": [1]}),
        (f"log in with {TOKEN}", "log in with [redacted]"),
        (PRIVATE_KEY, "[redacted]"),
        (b"x", "b'x'"),
    ],
)
def test_values_are_fit_for_json(value: Any, shown: Any) -> None:
    assert present(value) == shown
