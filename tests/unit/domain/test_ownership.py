from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.choices import ObjectOrigin
from roottrust.domain.action import Verb
from roottrust.domain.mark import Mark
from roottrust.domain.ownership import (
    Claimant,
    Conflict,
    ManagedObject,
    Verdict,
    judge_marked,
    judge_part,
)
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.vault_object import Difference, VaultKind, VaultObject
from tests.unit.domain.samples import (
    ADOPTER,
    CLAIMANT,
    IDENTITY,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
)

ROLE = VaultObject(kind=VaultKind.ROLE, path="auth/a/role/r", fields={"ttl": 300})
GRANTED = Verdict(
    managed=ManagedObject(wanted=ROLE, origin=ObjectOrigin.CREATED), action=None, is_ours=True
)
FOREIGN = Verdict(managed=ManagedObject(wanted=ROLE, origin=ObjectOrigin.ADOPTED))


def build(mark: Mark) -> VaultObject:
    fields = {"type": "pki", "description": mark.render(), "ttl": 5}
    return VaultObject(kind=VaultKind.SECRETS_MOUNT, path="m", fields=fields)


def read_back(description: str, **changes: Any) -> dict[str, Any]:
    return {"type": "pki", "description": description, "ttl": 5, **changes}


def judge(
    found: Mapping[str, Any] | None,
    *,
    claimant: Claimant = CLAIMANT,
    taken: Mapping[str, str] | None = None,
) -> Verdict:
    return judge_marked(
        build,
        found,
        mark_text=found["description"] if found else None,
        claimant=claimant,
        mark_field="description",
        taken=taken or {},
    )


def test_what_is_missing_is_created_and_ours() -> None:
    verdict = judge(None)
    assert verdict.action is not None
    assert verdict.action.verb is Verb.CREATE
    assert str(verdict.action) == "create m"
    assert verdict.action.wanted.fields["description"] == OURS.render()
    assert verdict.managed == ManagedObject(wanted=build(OURS), origin=ObjectOrigin.CREATED)
    assert verdict.is_ours


@pytest.mark.parametrize("mark", [OURS, OURS_ADOPTED])
def test_what_is_ours_and_as_wanted_is_left_alone(mark: Mark) -> None:
    verdict = judge(read_back(mark.render()))
    assert verdict.action is verdict.conflict is None
    assert verdict.managed == ManagedObject(wanted=build(mark), origin=mark.origin)
    assert verdict.is_ours


@pytest.mark.parametrize("description", ["", "mine now", OURS.render() + " and more"])
def test_mark_that_was_taken_off_is_put_back(description: str) -> None:
    verdict = judge(read_back(description), claimant=replace(CLAIMANT, created=frozenset({"m"})))
    assert verdict.action is not None
    assert [each.field for each in verdict.action.differences] == ["description"]
    assert verdict.managed == ManagedObject(wanted=build(OURS), origin=ObjectOrigin.CREATED)
    assert verdict.is_ours


def test_mark_of_another_counts_more_than_what_status_tells() -> None:
    verdict = judge(
        read_back(OTHER_POLICY.render()), claimant=replace(CLAIMANT, created=frozenset({"m"}))
    )
    assert verdict.conflict is not None
    assert verdict.conflict.owner == OTHER_POLICY.describe_owner()


def test_what_is_ours_and_was_edited_is_put_right() -> None:
    action = judge(read_back(OURS_ADOPTED.render(), ttl=6)).action
    assert action is not None
    assert action.verb is Verb.UPDATE
    assert [each.field for each in action.differences] == ["ttl"]
    assert action.wanted == build(OURS_ADOPTED)


def test_a_policy_made_anew_writes_its_own_uid_and_keeps_the_origin() -> None:
    adopted_of_old = replace(OURS_OF_OLD, origin=ObjectOrigin.ADOPTED)
    action = judge(read_back(adopted_of_old.render())).action
    assert action is not None
    assert action.wanted == build(OURS_ADOPTED)


@pytest.mark.parametrize("claimant", [CLAIMANT, ADOPTER])
@pytest.mark.parametrize("mark", [OTHER_POLICY, OTHER_HUB])
def test_what_is_another_s_is_never_touched(mark: Mark, claimant: Claimant) -> None:
    verdict = judge(read_back(mark.render()), claimant=claimant)
    assert verdict == Verdict(conflict=Conflict(path="m", owner=mark.describe_owner()))
    assert verdict.conflict is not None
    assert not verdict.conflict.can_be_adopted


LEFT_ALONE = replace(CLAIMANT, existing=frozenset({IDENTITY.full_name}))
HEIR = replace(LEFT_ALONE, adopts=True)


def test_what_a_policy_left_that_exists_no_more_waits_for_the_annotation() -> None:
    verdict = judge(read_back(OTHER_POLICY.render(), ttl=6), claimant=LEFT_ALONE)
    assert verdict.action is verdict.managed is None
    conflict = verdict.conflict
    assert conflict is not None
    assert (conflict.owner, conflict.is_abandoned) == (OTHER_POLICY.describe_owner(), True)
    assert [each.field for each in conflict.differences] == ["ttl"]
    assert conflict.can_be_adopted


@pytest.mark.parametrize("origin", ObjectOrigin)
def test_what_a_policy_left_is_taken_over_with_its_origin(origin: ObjectOrigin) -> None:
    left = replace(OTHER_POLICY, origin=origin)
    verdict = judge(read_back(left.render()), claimant=HEIR)
    assert verdict.action is not None
    assert verdict.action.verb is Verb.UPDATE
    assert verdict.managed == ManagedObject(
        wanted=build(replace(OURS, origin=origin)), origin=origin
    )
    assert verdict.is_ours


@pytest.mark.parametrize(
    ("mark", "existing"),
    [
        (OTHER_POLICY, frozenset({IDENTITY.full_name, OTHER_POLICY.policy.full_name})),
        (OTHER_HUB, frozenset({IDENTITY.full_name})),
        (OTHER_HUB, frozenset()),
        (OTHER_POLICY, None),
    ],
)
def test_what_may_still_be_somebody_s_is_never_taken_over(
    mark: Mark, existing: frozenset[str] | None
) -> None:
    verdict = judge(read_back(mark.render()), claimant=replace(HEIR, existing=existing))
    assert verdict == Verdict(conflict=Conflict(path="m", owner=mark.describe_owner()))


THIRD = PolicyIdentity(namespace="team", name="third", uid="uid-3")
TAKEN = {"m": OTHER_POLICY.policy.full_name}


@pytest.mark.parametrize(
    ("found", "claimant"),
    [
        (None, CLAIMANT),
        (None, ADOPTER),
        (read_back("made by hand"), CLAIMANT),
        (read_back("made by hand", ttl=6), ADOPTER),
        (read_back(replace(OTHER_POLICY, policy=THIRD).render(), ttl=6), HEIR),
    ],
)
def test_what_has_no_owner_is_left_to_the_older_policy_that_names_it(
    found: dict[str, Any] | None, claimant: Claimant
) -> None:
    verdict = judge(found, claimant=claimant, taken=TAKEN)
    assert verdict == Verdict(conflict=Conflict(path="m", owner=OTHER_POLICY.describe_owner()))


@pytest.mark.parametrize("description", [OURS.render(), OURS_ADOPTED.render(), ""])
def test_what_is_ours_stays_so_though_an_older_policy_names_it(description: str) -> None:
    maker = replace(CLAIMANT, created=frozenset({"m"}))
    assert judge(read_back(description), claimant=maker, taken=TAKEN).is_ours


def test_the_owner_that_the_mark_names_is_told_and_not_who_else_names_it() -> None:
    conflict = judge(read_back(OTHER_HUB.render()), taken=TAKEN).conflict
    assert conflict is not None
    assert conflict.owner == OTHER_HUB.describe_owner()


def test_what_was_left_with_the_wrong_type_is_in_the_way() -> None:
    conflict = judge(read_back(OTHER_POLICY.render(), type="kv"), claimant=LEFT_ALONE).conflict
    assert conflict is not None
    assert not conflict.can_be_adopted


def test_what_is_nobody_s_and_matches_is_used_as_it_is() -> None:
    verdict = judge(read_back("made by hand"))
    assert verdict.action is verdict.conflict is None
    assert verdict.managed is not None
    assert verdict.managed.origin is ObjectOrigin.ADOPTED
    assert not verdict.is_ours


def test_what_is_nobody_s_and_differs_is_in_the_way() -> None:
    conflict = judge(read_back("made by hand", ttl=6)).conflict
    expected = Difference(path="m", field="ttl", wanted="5", found="6")
    assert conflict == Conflict(path="m", differences=(expected,))
    assert conflict is not None
    assert conflict.can_be_adopted


def test_what_is_nobody_s_is_marked_and_changed_once_the_policy_adopts_it() -> None:
    verdict = judge(read_back("made by hand", ttl=6), claimant=ADOPTER)
    assert verdict.action is not None
    assert {each.field for each in verdict.action.differences} == {"description", "ttl"}
    assert verdict.managed == ManagedObject(wanted=build(OURS_ADOPTED), origin=ObjectOrigin.ADOPTED)
    assert verdict.is_ours


@pytest.mark.parametrize("claimant", [CLAIMANT, ADOPTER])
@pytest.mark.parametrize("description", ["made by hand", OURS.render()])
def test_the_wrong_type_is_in_the_way_whoever_made_it(description: str, claimant: Claimant) -> None:
    verdict = judge(read_back(description, type="kv"), claimant=claimant)
    assert verdict.action is verdict.managed is None
    assert verdict.conflict is not None
    assert not verdict.conflict.can_be_adopted
    assert not verdict.is_ours


@pytest.mark.parametrize("description", ["", "made by hand"])
def test_what_we_made_and_lost_its_mark_is_put_right_without_adopting(description: str) -> None:
    maker = replace(CLAIMANT, created=frozenset({"m"}))
    verdict = judge(read_back(description, ttl=6), claimant=maker)
    assert verdict.action is not None
    assert {each.field for each in verdict.action.differences} == {"description", "ttl"}
    assert verdict.managed == ManagedObject(wanted=build(OURS), origin=ObjectOrigin.CREATED)
    assert verdict.is_ours


def test_what_we_made_and_another_has_marked_since_is_the_other_s() -> None:
    maker = replace(CLAIMANT, created=frozenset({"m"}))
    assert judge(read_back(OTHER_POLICY.render()), claimant=maker).conflict is not None


def test_a_part_of_what_is_ours_is_created_with_the_origin_of_the_whole() -> None:
    assert GRANTED.managed is not None
    whole = replace(GRANTED, managed=replace(GRANTED.managed, origin=ObjectOrigin.ADOPTED))
    verdict = judge_part(ROLE, None, parent=whole)
    assert verdict.action is not None
    assert verdict.action.verb is Verb.CREATE
    assert verdict.managed == ManagedObject(wanted=ROLE, origin=ObjectOrigin.ADOPTED)


def test_a_part_of_what_is_ours_is_put_right() -> None:
    action = judge_part(ROLE, {"ttl": 1}, parent=GRANTED).action
    assert action is not None
    assert action.verb is Verb.UPDATE


def test_a_part_of_what_is_ours_and_as_wanted_is_left_alone() -> None:
    verdict = judge_part(ROLE, {"ttl": 300}, parent=GRANTED)
    assert verdict.action is None
    assert verdict.is_ours


def test_a_part_that_matches_is_used_where_the_whole_is_nobody_s() -> None:
    verdict = judge_part(ROLE, {"ttl": 300}, parent=FOREIGN)
    expected = ManagedObject(wanted=ROLE, origin=ObjectOrigin.ADOPTED)
    assert verdict == Verdict(managed=expected)


@pytest.mark.parametrize("found", [None, {"ttl": 1}])
def test_a_part_is_not_written_where_the_whole_is_nobody_s(found: dict[str, Any] | None) -> None:
    verdict = judge_part(ROLE, found, parent=FOREIGN)
    assert verdict.action is verdict.managed is None
    assert verdict.conflict is not None
    assert verdict.conflict.can_be_adopted


REMOTE = replace(IDENTITY, cluster="cluster2")
OURS_REMOTE = replace(OURS, policy=REMOTE)


def test_a_policy_of_the_management_cluster_takes_over_what_one_of_a_workload_cluster_made() -> (
    None
):
    verdict = judge(read_back(OURS_REMOTE.render()))
    assert verdict.is_ours
    assert verdict.action is not None
    assert verdict.action.wanted.fields["description"] == OURS.render()


@pytest.mark.parametrize("mark", [OURS, OTHER_POLICY, replace(OURS_REMOTE, hub="hub2")])
def test_one_of_a_workload_cluster_takes_over_nothing(mark: Mark) -> None:
    claimant = replace(CLAIMANT, policy=REMOTE, adopts=True)
    verdict = judge(read_back(mark.render()), claimant=claimant)
    assert verdict.conflict is not None
    assert not verdict.is_ours


def test_nor_does_one_take_over_what_another_workload_cluster_s_made() -> None:
    elsewhere = replace(OURS, policy=replace(REMOTE, cluster="cluster3"))
    claimant = replace(CLAIMANT, policy=REMOTE, adopts=True, existing={"cluster3:gloo-mesh/guide"})
    verdict = judge(read_back(elsewhere.render()), claimant=claimant)
    assert verdict.conflict is not None
    assert verdict.conflict.owner == ("RootTrustPolicy cluster3:gloo-mesh/guide of hub hub1")


def test_what_a_workload_cluster_s_policy_made_is_for_the_older_of_two_to_take_over() -> None:
    found = read_back(OURS_REMOTE.render())
    verdict = judge(found, taken={"m": "gloo-mesh/older"})
    assert verdict.conflict is not None
    assert verdict.conflict.owner == "RootTrustPolicy gloo-mesh/older of hub hub1"
