from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus, ObjectOrigin
from roottrust.domain.cluster_plan import ClusterPlan, plan_cluster
from roottrust.domain.desired import build_auth_config, build_policy, build_role
from roottrust.domain.existing_root import RootPlan, UsableRoot
from roottrust.domain.facts import ClusterFacts, Unread, VaultFacts
from roottrust.domain.mark import Mark
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.reasons import Reason
from tests.unit.domain.samples import (
    ADOPTER,
    CLAIMANT,
    ISSUER_ID,
    NO_FACTS,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_OF_OLD,
    ROOT,
    build_cluster,
    build_facts,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import DENIED

CLUSTER = build_cluster()
TARGET = build_target(CLUSTER)
AUTH, INTERMEDIATE, ROLE = CLUSTER.auth_mount, "pki_int_cluster1", CLUSTER.role
USABLE = RootPlan(
    mount="pki",
    certificate=ROOT,
    usable=UsableRoot(issuer_id=ISSUER_ID, certificate=ROOT, ttl_days=365),
)
EVERYTHING = [
    f"create {INTERMEDIATE}",
    f"create auth/{AUTH}",
    f"create auth/{AUTH}/config",
    f"create sys/policies/acl/{ROLE}",
    f"create auth/{AUTH}/role/{ROLE}",
]


def build_document(mark: Mark) -> str:
    wanted = build_policy(CLUSTER, target=TARGET, issuer_id=ISSUER_ID, ttl_days=365, mark=mark)
    return join_policy(**wanted.fields)


def read_config(**changes: Any) -> dict[str, Any]:
    return {**build_auth_config(CLUSTER).fields, **changes}


def read_role(**changes: Any) -> dict[str, Any]:
    return {**build_role(CLUSTER).fields, **changes}


def found(mark: Mark | None = OURS, **changes: Any) -> VaultFacts:
    """Return a Vault that has everything of the cluster, by this mark or by nobody's."""
    text = "" if mark is None else mark.render()
    clusters = ClusterFacts(
        auth_config=changes.pop("auth_config", read_config()),
        role=changes.pop("role", read_role()),
        role_names=changes.pop("role_names", (ROLE,)),
        policy=changes.pop("policy", build_document(mark or OURS)),
    )
    facts = build_facts(clusters={CLUSTER.cluster: clusters}, **changes)
    mounts = {INTERMEDIATE: build_mount(description=text, days=365), **facts.mounts}
    auth_mounts = {
        AUTH: build_mount("kubernetes", description=text, days=0),
        **facts.auth_mounts,
    }
    return replace(facts, mounts=mounts, auth_mounts=auth_mounts)


def plan(facts: VaultFacts, *, root: RootPlan = USABLE, **changes: Any) -> ClusterPlan:
    return plan_cluster(build_snapshot(TARGET, facts, **changes), CLUSTER, root=root)


def name(plan: ClusterPlan) -> list[str]:
    return [str(action) for action in plan.actions]


def find_paths(plan: ClusterPlan) -> list[str]:
    return [conflict.path for conflict in plan.conflicts]


def test_in_an_empty_vault_everything_is_made_in_order() -> None:
    made = plan(build_facts())
    assert name(made) == EVERYTHING
    assert [each.wanted for each in made.managed] == [each.wanted for each in made.actions]
    assert {each.origin for each in made.managed} == {ObjectOrigin.CREATED}
    assert made.fault is None


def test_without_csr_path_there_is_no_intermediate_mount() -> None:
    cluster = build_cluster(intermediate_mount=None)
    snapshot = build_snapshot(build_target(cluster), build_facts())
    assert name(plan_cluster(snapshot, cluster, root=USABLE)) == EVERYTHING[1:]


def test_what_is_as_wanted_is_left_alone() -> None:
    same = plan(found())
    assert same.actions == same.conflicts == same.warnings == ()
    assert len(same.managed) == len(EVERYTHING)


def test_nothing_is_done_before_the_root_is_usable() -> None:
    pending = RootPlan(mount="pki", is_pending=True)
    assert plan(build_facts(), root=pending) == ClusterPlan(cluster=CLUSTER)


def test_a_cluster_that_cannot_be_read_says_why() -> None:
    facts = build_facts(clusters={CLUSTER.cluster: Unread(error=DENIED)})
    for root in (USABLE, RootPlan(mount="pki", is_pending=True)):
        unread = plan(facts, root=root)
        assert unread.actions == ()
        assert unread.fault is not None
        assert (unread.fault.reason, unread.fault.message) == (DENIED.reason, DENIED.message)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"auth_config": None}, f"create auth/{AUTH}/config"),
        ({"role": None}, f"create auth/{AUTH}/role/{ROLE}"),
        ({"policy": None}, f"create sys/policies/acl/{ROLE}"),
        ({"auth_config": read_config(kubernetes_host="https://x")}, f"update auth/{AUTH}/config"),
        ({"auth_config": read_config(token_reviewer_jwt_set=True)}, f"update auth/{AUTH}/config"),
        ({"auth_config": read_config(disable_local_ca_jwt=False)}, f"update auth/{AUTH}/config"),
        ({"role": read_role(token_policies=[ROLE, "admins"])}, f"update auth/{AUTH}/role/{ROLE}"),
        ({"role": read_role(token_ttl=3600)}, f"update auth/{AUTH}/role/{ROLE}"),
        (
            {"role": read_role(bound_service_account_namespaces=["*"])},
            f"update auth/{AUTH}/role/{ROLE}",
        ),
        (
            {"role": read_role(bound_service_account_namespace_selector='{"matchLabels":{}}')},
            f"update auth/{AUTH}/role/{ROLE}",
        ),
        ({"policy": build_document(OURS) + "#"}, f"update sys/policies/acl/{ROLE}"),
        ({"policy": build_document(OURS_OF_OLD)}, f"update sys/policies/acl/{ROLE}"),
    ],
)
def test_what_somebody_deleted_or_edited_comes_back(changes: dict[str, Any], expected: str) -> None:
    assert name(plan(found(**changes))) == [expected]


def test_what_vault_adds_of_itself_is_no_difference() -> None:
    role = read_role(alias_name_source="serviceaccount_uid", policies=[ROLE])
    assert plan(found(role=role)).actions == ()


def test_an_auth_mount_that_is_gone_is_made_with_all_its_parts() -> None:
    facts = found(auth_config=None, role=None, role_names=())
    made = plan(replace(facts, auth_mounts={}))
    assert name(made) == [EVERYTHING[1], EVERYTHING[2], EVERYTHING[4]]


@pytest.mark.parametrize("mark", [OTHER_POLICY, OTHER_HUB])
@pytest.mark.parametrize("claimant", [None, ADOPTER])
def test_objects_of_another_policy_are_conflicts_and_left_alone(mark: Mark, claimant: Any) -> None:
    other = plan(found(mark), **({"claimant": claimant} if claimant else {}))
    assert other.actions == other.managed == ()
    assert find_paths(other) == [INTERMEDIATE, f"auth/{AUTH}", f"sys/policies/acl/{ROLE}"]
    assert other.fault is not None
    assert (other.fault.status, other.fault.reason) == (
        ConditionStatus.FALSE,
        Reason.CONFLICT,
    )
    assert mark.describe_owner() in other.fault.message


def test_no_role_gives_a_policy_that_is_in_conflict() -> None:
    foreign = plan(found(role=None, role_names=(), policy='path "*" {}'))
    assert foreign.actions == ()
    assert find_paths(foreign) == [f"sys/policies/acl/{ROLE}"]


def test_no_role_is_made_where_the_config_is_in_conflict() -> None:
    facts = found(None, auth_config=read_config(kubernetes_host="https://x"))
    wrong_host = plan(facts)
    assert f"auth/{AUTH}/config" in find_paths(wrong_host)
    assert f"auth/{AUTH}/role/{ROLE}" not in find_paths(wrong_host)
    assert not any(each.wanted.path.endswith(ROLE) for each in wrong_host.actions)


def test_of_a_set_up_made_by_hand_all_differences_are_told_at_once() -> None:
    by_hand = found(
        None,
        auth_config=read_config(token_reviewer_jwt_set=True),
        role=read_role(token_no_default_policy=False),
        policy='path "pki/*" {}',
    )
    facts = replace(by_hand, mounts={"pki": build_mount(), INTERMEDIATE: build_mount(days=0)})
    told = plan(facts)
    assert told.actions == ()
    assert find_paths(told) == [
        INTERMEDIATE,
        f"auth/{AUTH}/config",
        f"sys/policies/acl/{ROLE}",
        f"auth/{AUTH}/role/{ROLE}",
    ]
    assert all(conflict.can_be_adopted for conflict in told.conflicts)


def test_a_reviewer_s_token_that_vault_does_not_tell_of_goes_when_the_mount_is_taken_over() -> None:
    config = read_config()
    del config["token_reviewer_jwt_set"]
    taken = plan(found(None, auth_config=config), claimant=ADOPTER)
    # Killed after the mark, nobody would know that the token is still there.
    mark = name(taken).index(f"update auth/{AUTH}")
    assert name(taken)[mark - 1] == f"update auth/{AUTH}/config"
    assert plan(found(auth_config=config)).actions == ()
    assert f"update auth/{AUTH}/config" not in name(plan(found(None), claimant=ADOPTER))


FOREIGN_MOUNT = {INTERMEDIATE: build_mount("kv"), "pki": build_mount()}
FOREIGN_AUTH = {AUTH: build_mount("kubernetes", description=OTHER_POLICY.render(), days=0)}
WRONG_CONFIG = ClusterFacts(
    auth_config=read_config(kubernetes_host="https://x"), role=None, role_names=(), policy=None
)
BARE_AUTH = {AUTH: build_mount("kubernetes", days=0)}


@pytest.mark.parametrize(
    ("changes", "made"),
    [
        ({"mounts": FOREIGN_MOUNT}, EVERYTHING[1:3]),
        ({"auth_mounts": FOREIGN_AUTH}, EVERYTHING[:1]),
        (
            {"auth_mounts": BARE_AUTH, "clusters": {CLUSTER.cluster: WRONG_CONFIG}},
            EVERYTHING[:1],
        ),
    ],
)
def test_nothing_is_granted_while_anything_that_it_relies_on_is_in_conflict(
    changes: dict[str, Any], made: list[str]
) -> None:
    blocked = plan(build_facts(**changes))
    assert name(blocked) == made
    assert [str(action) for action in blocked.withheld][:1] == [EVERYTHING[3]]
    assert not {f"sys/policies/acl/{ROLE}", f"auth/{AUTH}/role/{ROLE}"} & {
        each.wanted.path for each in blocked.managed
    }


def test_what_was_granted_is_not_widened_once_another_s_mount_is_in_the_place_of_ours() -> None:
    edited = build_document(OURS) + "# narrowed by hand"
    facts = found(policy=edited, role=read_role(bound_service_account_names=["istiod"]))
    replaced = replace(facts, mounts={"pki": build_mount(), INTERMEDIATE: build_mount("kv")})
    blocked = plan(replaced)
    assert blocked.actions == ()
    assert [str(action) for action in blocked.withheld] == [
        f"update sys/policies/acl/{ROLE}",
        f"update auth/{AUTH}/role/{ROLE}",
    ]
    assert [each.wanted.path for each in blocked.managed] == [
        f"auth/{AUTH}",
        f"auth/{AUTH}/config",
        f"sys/policies/acl/{ROLE}",
        f"auth/{AUTH}/role/{ROLE}",
    ]


def test_a_conflict_of_one_cluster_leaves_the_others_their_grants() -> None:
    other = build_cluster("cluster2")
    snapshot = build_snapshot(build_target(CLUSTER, other), build_facts(mounts=FOREIGN_MOUNT))
    assert len(plan_cluster(snapshot, other, root=USABLE).actions) == len(EVERYTHING)


def test_nothing_is_made_in_an_auth_mount_that_is_nobody_s() -> None:
    bare = plan(found(None, auth_config=None, role=None, role_names=()))
    assert find_paths(bare) == [f"auth/{AUTH}/config"]


def test_an_auth_mount_made_by_hand_as_wanted_is_used_as_it_is() -> None:
    same = plan(found(None))
    assert same.actions == same.conflicts == ()
    origins = {each.wanted.path: each.origin for each in same.managed}
    assert origins[f"auth/{AUTH}"] is ObjectOrigin.ADOPTED
    assert origins[f"auth/{AUTH}/role/{ROLE}"] is ObjectOrigin.ADOPTED


def test_an_auth_mount_that_is_nobody_s_and_holds_other_roles_is_a_conflict() -> None:
    (conflict,) = plan(found(None, role_names=(ROLE, "admins", "ci"))).conflicts
    assert conflict.path == f"auth/{AUTH}"
    assert conflict.note == "it has roles of others (admins, ci)"
    assert conflict.can_be_adopted


def test_an_auth_mount_without_its_mark_is_not_put_right_once_it_holds_other_roles() -> None:
    maker = replace(CLAIMANT, created=frozenset({f"auth/{AUTH}"}))
    alone = plan(found(None), claimant=maker)
    assert f"update auth/{AUTH}" in name(alone)
    (conflict,) = plan(found(None, role_names=(ROLE, "ci")), claimant=maker).conflicts
    assert conflict.path == f"auth/{AUTH}"


def test_everything_that_is_nobody_s_is_taken_over_by_a_policy_that_adopts() -> None:
    facts = found(None, role_names=(ROLE, "admins"), policy='path "*" {}', role=None)
    taken = plan(facts, claimant=ADOPTER)
    assert taken.conflicts == ()
    assert name(taken) == [
        f"update {INTERMEDIATE}",
        f"update auth/{AUTH}",
        f"update sys/policies/acl/{ROLE}",
        f"create auth/{AUTH}/role/{ROLE}",
    ]
    assert {each.origin for each in taken.managed} == {ObjectOrigin.ADOPTED}


def test_roles_of_others_in_our_own_mount_are_warned_of() -> None:
    assert plan(found(role_names=("admins", ROLE, "ci"))).warnings == (
        f"auth/{AUTH} has roles that roottrust did not make: admins, ci.",
    )


def test_a_cluster_of_which_nothing_was_found_has_nothing() -> None:
    facts = build_facts(clusters={CLUSTER.cluster: NO_FACTS})
    assert plan(facts) == plan(build_facts())
