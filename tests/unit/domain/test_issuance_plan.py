from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from roottrust.domain.action import Verb
from roottrust.domain.issuance_plan import (
    CertificateConflict,
    IssuancePlan,
    IssuanceRequest,
    list_made,
    plan_issuance,
    read_owner,
)
from roottrust.domain.mark import OWNER_ANNOTATION
from roottrust.domain.plan import Plan
from tests.unit.domain.issuances import (
    CLUSTER,
    KEY,
    PLAN,
    apply_actions,
    build_certificate,
    build_request,
    requests,
)
from tests.unit.domain.outcomes import FAILURE
from tests.unit.domain.samples import (
    ADOPTER,
    CLAIMANT,
    OTHER_HUB,
    OTHER_POLICY,
    OURS_ADOPTED,
    OURS_OF_OLD,
    ROOT,
    build_target,
)

EXAMPLES = settings(max_examples=80, deadline=None)
NONE_SELECTED = build_target(replace(CLUSTER, meshes=()))


def plan(found: dict[str, Any] | None = None, **changes: Any) -> IssuancePlan:
    """Return the plan for the sample's mesh, with this in its place."""
    return plan_issuance(build_request({KEY: found} if found else {}, **changes))


def read_verbs(planned: IssuancePlan) -> list[Verb]:
    return [each.verb for each in planned.actions]


def change_cluster(**changes: Any) -> Plan:
    part = replace(PLAN.clusters["cluster1"], **changes)
    return replace(PLAN, clusters={"cluster1": part})


@EXAMPLES
@given(request=requests())
def test_planning_after_applying_yields_nothing(request: IssuanceRequest) -> None:
    actions = plan_issuance(request).actions
    after = replace(request, found=apply_actions(request.found, actions))
    assert plan_issuance(after).actions == ()


@EXAMPLES
@given(request=requests())
def test_what_is_of_others_is_never_written(request: IssuanceRequest) -> None:
    claimant = request.claimant
    for action in plan_issuance(request).actions:
        found = request.found.get(action.key)
        mark = read_owner(found) if found else None
        if mark is not None:
            assert claimant.owns(mark) or claimant.knows_as_gone(mark)
        if action.verb is Verb.DELETE:
            assert mark is not None
            assert mark.policy == claimant.policy
            assert action.key.cluster in request.complete


@EXAMPLES
@given(request=requests())
def test_only_the_root_in_use_is_ever_published(request: IssuanceRequest) -> None:
    planned = plan_issuance(request)
    usable = request.plan.root.usable if request.plan else None
    for manifest in planned.wanted.values():
        assert usable is not None
        assert manifest["spec"]["trustBundle"].startswith(usable.certificate.pem)


def test_one_is_made_once_vault_is_ready() -> None:
    (action,) = plan().actions
    assert (action.verb, action.key) == (Verb.CREATE, KEY)
    assert action.manifest["spec"]["trustBundle"] == ROOT.pem
    assert str(action) == f"create IssuedCertificate {KEY}"


def test_one_that_is_as_it_should_be_stays() -> None:
    planned = plan(build_certificate())
    assert planned.actions == planned.conflicts == ()
    assert list(planned.wanted) == [KEY]


@pytest.mark.parametrize(
    "hindrance",
    [
        {"fault": FAILURE},
        {"actions": ("x",)},
        {"withheld": ("x",)},
        {"conflicts": ("x",)},
    ],
)
def test_none_is_made_before_vault_is_ready(hindrance: dict[str, Any]) -> None:
    assert plan(plan=change_cluster(**hindrance)) == IssuancePlan()


def test_none_is_made_without_a_usable_root_and_what_is_there_stays() -> None:
    lost = replace(PLAN, root=replace(PLAN.root, usable=None))
    assert plan(plan=lost).actions == ()
    edited = build_certificate(trustBundle="another")
    assert plan(edited, plan=lost).actions == ()


def test_while_vault_is_away_nothing_is_written_or_removed() -> None:
    assert plan(build_certificate(), plan=None, target=NONE_SELECTED) == IssuancePlan()


def test_an_edit_is_undone() -> None:
    (action,) = plan(build_certificate(trustBundle="another")).actions
    assert action.verb is Verb.UPDATE
    assert action.extra == ()


def test_what_somebody_added_is_taken_off_since_agents_would_obey_it() -> None:
    options = {**build_certificate()["spec"]["certOptions"], "orgName": "Evil"}
    hosts = ["a.example", *build_certificate()["spec"]["hosts"], "b.example"]
    found = build_certificate(certOptions=options, crossCertificates="x", hosts=hosts)
    (action,) = plan(found).actions
    assert action.extra == (
        "/spec/hosts/2",
        "/spec/hosts/0",
        "/spec/certOptions/orgName",
        "/spec/crossCertificates",
    )


def test_labels_of_others_are_left_alone() -> None:
    found = build_certificate()
    found["metadata"]["labels"]["team"] = "a"
    assert plan(found).actions == ()


def test_a_generation_that_was_raised_is_never_lowered() -> None:
    planned = plan(build_certificate(intermediateGeneration=5))
    assert planned.actions == ()
    assert planned.wanted[KEY]["spec"]["intermediateGeneration"] == 5


@pytest.mark.parametrize("mark", [OTHER_POLICY, OTHER_HUB])
def test_one_of_another_policy_or_hub_is_a_conflict(mark: Any) -> None:
    planned = plan(build_certificate(mark.render()), claimant=ADOPTER)
    assert planned.actions == ()
    assert planned.conflicts == (CertificateConflict(key=KEY, owner=mark.describe_owner()),)


def test_one_of_a_policy_that_is_gone_is_taken_over_under_the_same_roots() -> None:
    found = build_certificate(OTHER_POLICY.render(), hosts=[])
    (action,) = plan(found, claimant=replace(CLAIMANT, existing=frozenset())).actions
    assert action.verb is Verb.UPDATE
    # Of another hub nobody can say that it is gone.
    found = build_certificate(OTHER_HUB.render())
    assert plan(found, claimant=replace(CLAIMANT, existing=frozenset())).conflicts


def test_one_of_a_policy_that_is_gone_changes_its_roots_with_adopt_alone() -> None:
    found = build_certificate(OTHER_POLICY.render(), trustBundle="another")
    (conflict,) = plan(found, claimant=replace(CLAIMANT, existing=frozenset())).conflicts
    assert conflict.is_abandoned
    assert read_verbs(plan(found, claimant=replace(ADOPTER, existing=frozenset()))) == [Verb.UPDATE]


def test_one_without_a_mark_is_a_conflict_until_the_policy_adopts() -> None:
    found = build_certificate("", trustBundle="another")
    assert plan(found).conflicts == (CertificateConflict(key=KEY),)
    (action,) = plan(found, claimant=ADOPTER).actions
    assert "origin=adopted" in action.manifest["metadata"]["annotations"][OWNER_ANNOTATION]


def test_a_mark_that_somebody_took_off_is_put_on_again() -> None:
    (action,) = plan(build_certificate("")).actions
    assert "origin=created" in action.manifest["metadata"]["annotations"][OWNER_ANNOTATION]


def test_a_policy_that_was_made_anew_keeps_what_one_of_its_name_made() -> None:
    (action,) = plan(build_certificate(OURS_OF_OLD.render())).actions
    assert action.verb is Verb.UPDATE
    after = apply_actions({KEY: build_certificate(OURS_OF_OLD.render())}, [action])
    mark = read_owner(after[KEY])
    assert mark is not None
    assert mark.policy == CLAIMANT.policy


def test_one_that_is_being_deleted_is_left_to_go() -> None:
    found = build_certificate(trustBundle="another")
    found["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert plan(found) == IssuancePlan()


def test_it_goes_with_the_mesh_that_is_not_selected_any_more() -> None:
    (action,) = plan(build_certificate(), target=NONE_SELECTED).actions
    assert (action.verb, action.key) == (Verb.DELETE, KEY)


def test_none_goes_while_not_all_meshes_are_known() -> None:
    assert plan(build_certificate(), target=NONE_SELECTED, complete=frozenset()).actions == ()


@pytest.mark.parametrize("mark", [OURS_ADOPTED, OURS_OF_OLD, OTHER_POLICY, OTHER_HUB])
def test_what_this_very_policy_did_not_make_is_not_removed(mark: Any) -> None:
    found = build_certificate(mark.render())
    assert plan(found, target=NONE_SELECTED).actions == ()
    assert list_made({KEY: found}, CLAIMANT) == ()


def test_everything_that_was_made_goes_with_the_policy() -> None:
    (action,) = list_made({KEY: build_certificate()}, CLAIMANT)
    assert (action.verb, action.key) == (Verb.DELETE, KEY)
