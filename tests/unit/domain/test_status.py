from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from roottrust.api.choices import ObjectOrigin, PolicyState
from roottrust.api.mesh import IstiodReplicas, NamespaceSync
from roottrust.api.root_trust_policy_status import (
    DRIFT_MAX,
    MANAGED_OBJECTS_MAX,
    MESHES_MAX,
    WARNINGS_MAX,
    RootTrustPolicyStatus,
)
from roottrust.domain.facts import ClusterFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import plan_policy
from roottrust.domain.status import build_status
from tests.unit.domain.agent_entries import INTERMEDIATE, build_instance, build_mesh_status
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import (
    AWAY,
    FAILED,
    FAILING,
    ISSUED,
    MISSING,
    NO_AGENT,
    OBSERVED,
    PENDING,
    READY,
    REFUSED,
    build_followed,
    outcomes,
)
from tests.unit.domain.samples import (
    CLAIMANT,
    EMPTY_FACTS,
    ISSUER_ID,
    MESH,
    OTHER_POLICY,
    ROOT,
    build_cluster,
    build_facts,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import DENIED, SECRETS
from tests.unit.domain.vault_model import settle

TWO = build_target(build_cluster("a"), build_cluster("b"))
LATER = NOW + timedelta(hours=1)
EXAMPLES = settings(max_examples=100, deadline=None)


def build(
    outcome: Outcome, previous: RootTrustPolicyStatus | None = None, **changes: Any
) -> RootTrustPolicyStatus:
    return build_status(replace(outcome, **changes), previous=previous, now=NOW)


def plan_for(facts: VaultFacts, **changes: Any) -> Outcome:
    return replace(READY, plan=plan_policy(build_snapshot(facts=facts, **changes)))


def read_back(status: RootTrustPolicyStatus) -> RootTrustPolicyStatus:
    """Return the status as the API server gives it back."""
    dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    body = {name: value for name, value in dumped.items() if value != []}
    return RootTrustPolicyStatus.model_validate(body)


@EXAMPLES
@given(outcome=outcomes())
def test_every_status_fits_the_kind_and_comes_back_as_it_was_written(outcome: Outcome) -> None:
    status = build(outcome)
    assert read_back(status) == status


@EXAMPLES
@given(outcome=outcomes())
def test_the_same_outcome_later_changes_nothing(outcome: Outcome) -> None:
    status = read_back(build(outcome))
    assert build_status(outcome, previous=status, now=LATER) == status


@EXAMPLES
@given(outcome=outcomes())
def test_no_secret_that_lies_in_vault_gets_into_the_status(outcome: Outcome) -> None:
    shown = build(outcome).model_dump_json()
    for secret in SECRETS:
        assert secret.removeprefix("log in with ")[:30] not in shown
    assert "PRIVATE KEY" not in shown
    assert "hvs." not in shown


@EXAMPLES
@given(outcome=outcomes())
def test_lists_with_keys_hold_each_key_once(outcome: Outcome) -> None:
    status = build(outcome)
    for keys in (
        [each.path for each in status.managed_objects],
        [(each.cluster, each.mesh) for each in status.meshes],
        [each.type for each in status.conditions],
    ):
        assert len(set(keys)) == len(keys)


def test_a_fleet_that_is_too_large_is_cut_to_what_the_kind_holds() -> None:
    clusters = tuple(
        build_cluster(f"c{number}", meshes=(replace(MESH, name=f"istiod-istio-system-c{number}"),))
        for number in range(300)
    )
    target = build_target(*clusters, warnings=tuple(f"warning {n}." for n in range(50)))
    snapshot = build_snapshot(target)
    _, (pending, done) = settle(snapshot, rounds=2)
    assert sum(len(each.managed) for each in done.clusters.values()) == 1500
    status = build(READY, target=target, plan=pending)
    assert len(status.drift) == DRIFT_MAX
    status = build(READY, target=target, plan=done)
    assert len(status.managed_objects) == MANAGED_OBJECTS_MAX
    assert len(status.meshes) == MESHES_MAX
    assert len(status.warnings) == WARNINGS_MAX
    assert status.mesh_totals is not None
    assert status.mesh_totals.summary == "0/300"
    assert read_back(status) == status


def test_a_ready_policy_is_told_whole() -> None:
    status = build(READY)
    assert status.observed_generation == 3
    assert status.state is PolicyState.ACCEPTED
    assert status.message is not None
    assert status.message.startswith("Vault is ready for istiod of cluster1")
    assert status.root is not None
    assert (status.root.subject, status.root.mount) == ("CN=Root", "pki")
    assert (status.root.fingerprint, status.root.issuer) == (ROOT.fingerprint, ISSUER_ID)
    assert status.root.not_after == ROOT.not_after
    assert [each.fingerprint for each in status.trust_bundle] == [ROOT.fingerprint]
    assert [(each.kind, each.cluster) for each in status.managed_objects] == [
        (kind, "cluster1") for kind in ("SecretsMount", "AuthMount", "AuthConfig", "Policy", "Role")
    ]
    assert {each.origin for each in status.managed_objects} == {ObjectOrigin.CREATED}
    assert status.drift == ()


def test_a_mesh_is_told_with_what_its_agents_have_and_how_far_its_root_has_come() -> None:
    mesh = build_mesh_status(
        istiod=IstiodReplicas(ready=2, total=2), namespaces=NamespaceSync(in_sync=2, total=3)
    )
    status = build(build_followed(build_instance(), mesh=mesh))
    (told,) = status.meshes
    assert (told.instances_ready, told.instances_total) == (1, 2)
    assert (told.namespaces_in_sync, told.namespaces_total) == (2, 3)
    assert told.earliest_not_after == INTERMEDIATE.not_after
    assert told.message is not None
    assert "have no agent that reports" in told.message
    assert status.mesh_totals is not None
    assert status.mesh_totals.summary == "0/1"
    assert status.state is PolicyState.PENDING


def test_a_mesh_that_lacks_nothing_has_no_message_and_counts() -> None:
    status = build(ISSUED)
    assert [each.message for each in status.meshes] == [None]
    assert status.mesh_totals is not None
    assert (status.mesh_totals.ready, status.mesh_totals.summary) == (1, "1/1")
    assert status.state is PolicyState.ACCEPTED


def test_what_will_not_last_is_a_warning_and_the_message_of_its_mesh() -> None:
    status = build(FAILING)
    assert status.state is PolicyState.WARNING
    (mesh,) = status.meshes
    assert mesh.message is not None
    assert mesh.message == status.warnings[0] == status.message
    assert status.mesh_totals is not None
    assert status.mesh_totals.ready == 1


def test_meshes_that_lack_something_go_first() -> None:
    clusters = tuple(build_cluster(name, meshes=(MESH,)) for name in ("a", "b", "c"))
    (sound,) = (FAILING.issuance or IssuanceReport()).meshes
    (bad,) = (NO_AGENT.issuance or IssuanceReport()).meshes
    (fine,) = (ISSUED.issuance or IssuanceReport()).meshes
    reports = zip("abc", (fine, sound, bad), strict=True)
    meshes = tuple(replace(each, key=replace(each.key, cluster=name)) for name, each in reports)
    report = IssuanceReport(meshes=meshes)
    status = build(ISSUED, target=build_target(*clusters), issuance=report)
    assert [each.cluster for each in status.meshes] == ["c", "b", "a"]
    assert status.mesh_totals is not None
    assert status.mesh_totals.summary == "2/3"


def test_of_two_istiods_whose_meshes_have_one_name_the_worse_is_told() -> None:
    twins = (MESH, replace(MESH, namespace="a-b", deployment="x"))
    (fine,) = (ISSUED.issuance or IssuanceReport()).meshes
    (bad,) = (NO_AGENT.issuance or IssuanceReport()).meshes
    report = IssuanceReport(meshes=(fine, replace(bad, key=replace(bad.key, namespace="a-b"))))
    target = build_target(build_cluster(meshes=twins))
    status = build(ISSUED, target=target, issuance=report)
    assert [each.instances_ready for each in status.meshes] == [0]
    assert status.mesh_totals is not None
    assert status.mesh_totals.summary == "1/2"


def test_a_mesh_is_told_with_its_paths() -> None:
    target = build_target(build_cluster(meshes=(MESH,)))
    (mesh,) = build(READY, target=target).meshes
    assert (mesh.cluster, mesh.mesh) == ("cluster1", MESH.name)
    assert mesh.auth_path == "auth/kube-cluster1-mesh-auth"
    assert mesh.role == "gen-int-ca-istio-cluster1-mesh"
    assert mesh.intermediate_mount == "pki_int_cluster1"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (READY, PolicyState.ACCEPTED),
        (REFUSED, PolicyState.INVALID),
        (Outcome(generation=1, refusal=MISSING), PolicyState.PENDING),
        (PENDING, PolicyState.PENDING),
        (OBSERVED, PolicyState.FAILED),
        (AWAY, PolicyState.FAILED),
        (FAILED, PolicyState.FAILED),
        (plan_for(EMPTY_FACTS), PolicyState.PENDING),
    ],
)
def test_the_state_is_all_in_one_word(outcome: Outcome, state: PolicyState) -> None:
    assert build(outcome).state is state


def test_a_ready_policy_with_a_warning_says_so() -> None:
    assert READY.plan is not None
    status = build(READY, plan=replace(READY.plan, warnings=("One.",)))
    assert status.state is PolicyState.WARNING
    assert status.warnings == ("One.",)


def test_without_a_plan_the_target_s_warnings_are_told() -> None:
    assert build(AWAY, target=build_target(warnings=("One.",))).warnings == ("One.",)


@pytest.mark.parametrize("outcome", [AWAY, REFUSED])
def test_what_cannot_be_looked_at_stays_as_it_was_seen(outcome: Outcome) -> None:
    before = build(READY)
    after = build(outcome, before)
    assert after.root == before.root
    assert after.trust_bundle == before.trust_bundle
    assert after.managed_objects == before.managed_objects
    assert after.drift == before.drift


def test_a_refused_policy_keeps_its_meshes_and_warnings() -> None:
    target = build_target(build_cluster(meshes=(MESH,)), warnings=("One.",))
    before = build(AWAY, target=target)
    after = build(REFUSED, before)
    assert (after.meshes, after.mesh_totals) == (before.meshes, before.mesh_totals)
    assert after.warnings == ("One.",)


def test_a_time_moves_only_with_its_status() -> None:
    before = build_status(PENDING, previous=None, now=NOW)
    after = build_status(READY, previous=before, now=LATER + timedelta(microseconds=5))
    times = {each.type: each.last_transition_time for each in after.conditions}
    assert times["Accepted"] == NOW
    assert times["VaultConfigured"] == times["Ready"] == LATER
    assert "Reconciling" not in times


def test_conditions_say_by_which_generation_they_were_judged() -> None:
    assert {each.observed_generation for each in build(READY, generation=7).conditions} == {7}


def test_a_root_that_is_gone_stays_the_one_in_use() -> None:
    before = build(READY)
    after = build(plan_for(EMPTY_FACTS, known_root=ROOT.fingerprint), before)
    assert after.root == before.root
    assert after.managed_objects == before.managed_objects


@pytest.mark.parametrize(
    "change", [{"has_key": False}, {"certificate": replace(ROOT, path_length=0)}]
)
def test_a_root_that_was_usable_stays_the_one_in_use_whatever_became_of_it(
    change: dict[str, Any],
) -> None:
    broken = plan_for(build_facts(root_issuer=build_issuer(**change)))
    after = build(broken, build(READY))
    assert after.root is not None
    assert after.root.issuer == ISSUER_ID
    assert after.trust_bundle == ()


def test_a_root_that_never_was_usable_is_not_in_use() -> None:
    broken = plan_for(build_facts(root_issuer=build_issuer(has_key=False)))
    for previous in (None, build(broken)):
        root = build(broken, previous).root
        assert root is not None
        assert root.issuer is None


def test_another_root_is_not_in_use_because_one_before_it_was() -> None:
    other = build_issuer(has_key=False, certificate=replace(ROOT, fingerprint="d" * 64))
    root = build(plan_for(build_facts(root_issuer=other)), build(READY)).root
    assert root is not None
    assert (root.fingerprint, root.issuer) == ("d" * 64, None)


def test_what_is_managed_for_a_cluster_that_cannot_be_read_stays_as_it_was_told() -> None:
    full, _ = settle(build_snapshot(TWO), rounds=2)
    before = build(plan_for(full.facts, target=TWO))
    unread = {**full.facts.clusters, "a": Unread(error=DENIED)}
    after = build(plan_for(replace(full.facts, clusters=unread), target=TWO), before)
    assert after.managed_objects == before.managed_objects


def test_what_is_managed_under_a_root_that_broke_stays_as_it_was_told() -> None:
    full, _ = settle(build_snapshot(TWO), rounds=2)
    before = build(plan_for(full.facts, target=TWO))
    broken = replace(full.facts, root_issuer=build_issuer(has_key=False))
    assert build(plan_for(broken, target=TWO), before).managed_objects == before.managed_objects


def judge_auth_mount(mount: MountFacts, *role_names: str) -> dict[str, str]:
    """Return what a policy that made everything tells of it once its auth mount is this one."""
    full, _ = settle(build_snapshot(), rounds=2)
    before = build(plan_for(full.facts))
    known = full.facts.clusters["cluster1"]
    assert isinstance(known, ClusterFacts)
    facts = replace(
        full.facts,
        auth_mounts={build_cluster().auth_mount: mount},
        clusters={"cluster1": replace(known, role_names=role_names)},
    )
    claimant = replace(CLAIMANT, created=frozenset(each.path for each in before.managed_objects))
    outcome = replace(READY, plan=plan_policy(build_snapshot(facts=facts, claimant=claimant)))
    after = build(outcome, before)
    assert outcome.plan is not None
    assert outcome.plan.clusters["cluster1"].conflicts
    assert build(outcome, after).managed_objects == after.managed_objects
    return {each.path: each.origin for each in after.managed_objects}


def test_what_we_made_stays_told_while_something_is_in_the_way_of_it() -> None:
    told = judge_auth_mount(build_mount("kubernetes", days=0), "ci")
    assert len(told) == 5
    assert set(told.values()) == {ObjectOrigin.CREATED}


@pytest.mark.parametrize(
    "mount",
    [build_mount("kubernetes", description=OTHER_POLICY.render(), days=0), build_mount("jwt")],
)
def test_what_is_another_s_in_the_place_of_ours_is_told_no_more(mount: MountFacts) -> None:
    policy = f"sys/policies/acl/{build_cluster().role}"
    assert list(judge_auth_mount(mount)) == ["pki_int_cluster1", policy]


def test_a_cluster_that_is_not_selected_any_more_is_not_told() -> None:
    full, _ = settle(build_snapshot(TWO), rounds=2)
    before = build(plan_for(full.facts, target=TWO))
    one = build_target(build_cluster("b"))
    after = build(plan_for(full.facts, target=one), before)
    assert {each.cluster for each in after.managed_objects} == {"b"}


def test_what_is_missing_is_drift() -> None:
    drift = build(PENDING).drift
    assert len(drift) == 5
    assert {each.message for each in drift} == {"It does not exist."}


def test_what_was_edited_is_drift_with_both_values() -> None:
    full, _ = settle(build_snapshot(), rounds=2)
    facts = full.facts.clusters["cluster1"]
    changed = replace(facts, role={**getattr(facts, "role", {}), "token_ttl": 9})
    edited = replace(full.facts, clusters={"cluster1": changed})
    (drift,) = build(plan_for(edited)).drift
    assert (drift.field, drift.expected, drift.actual) == ("token_ttl", "300", "9")
    assert drift.message is None


def test_a_conflict_is_drift_with_its_owner() -> None:
    mount = build_mount(description=OTHER_POLICY.render())
    facts = build_facts(mounts={"pki": build_mount(), "pki_int_cluster1": mount})
    drift = build(plan_for(facts)).drift[0]
    assert drift.path == "pki_int_cluster1"
    assert drift.message == "It belongs to RootTrustPolicy team/other of hub hub1."


def test_a_conflict_is_drift_with_the_values_that_differ() -> None:
    mount = build_mount(days=1)
    facts = build_facts(mounts={"pki": build_mount(), "pki_int_cluster1": mount})
    drift = build(plan_for(facts)).drift[0]
    assert (drift.field, drift.actual) == ("max_lease_ttl", "86400")


def test_a_conflict_without_values_is_drift_with_its_note() -> None:
    mount = build_mount("kubernetes", days=0)
    facts = build_facts(auth_mounts={"kube-cluster1-mesh-auth": mount})
    notes = [each.message for each in build(plan_for(facts)).drift]
    assert "Not roottrust's: it does not exist." in notes


def test_what_was_told_of_another_vault_is_told_no_more() -> None:
    before = build(READY)
    moved = build_target(namespace="team-a")
    after = build(plan_for(EMPTY_FACTS, target=moved), before, target=moved)
    assert after.vault is not None
    assert after.vault.namespace == "team-a"
    assert before.root is not None
    assert after.root is None
    assert after.trust_bundle == after.managed_objects == ()


def test_what_is_not_there_is_not_managed() -> None:
    """Otherwise what somebody else makes in its place would pass for ours without a mark."""
    made = build(READY)
    assert made.managed_objects
    assert build(PENDING).managed_objects == ()
    assert build(PENDING, made).managed_objects == ()
