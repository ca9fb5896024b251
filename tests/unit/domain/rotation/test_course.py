"""What the course of a root's rotation makes of a policy's target, and of IssuedCertificates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from roottrust.api.choices import RestartScope
from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.issuance import build_spec
from roottrust.domain.issuance_object import read_roots
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.rotation.cluster_step import ClusterStep
from roottrust.domain.rotation.cluster_trust import find_trust
from roottrust.domain.rotation.course import Course, follow_course
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.vault_target import RotationPhase
from roottrust.domain.rotation.wish import RotationWish
from tests.unit.domain.issuances import MESH, OPTIONS, TARGET, USABLE
from tests.unit.domain.rotations import NEXT_ID, NEXT_ROOT, PREVIOUS
from tests.unit.domain.samples import OTHER_ROOT, ROOT

NEXT = RotationRoot(issuer=NEXT_ID, fingerprint=NEXT_ROOT.fingerprint)
FOLLOWING = UsableRoot(issuer_id=NEXT_ID, certificate=NEXT_ROOT, ttl_days=300)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CROSS = OTHER_ROOT.pem  # any certificate will do here


def build_state(stage: Stage | None, strategy: Strategy | None = None) -> RotationStatus:
    return RotationStatus(
        root_generation=1,
        to_generation=2,
        strategy=strategy,
        stage=stage,
        wave=0,
        previous=PREVIOUS,
        next=NEXT,
        cross_certificate=CROSS if strategy is Strategy.CROSS_SIGNED else None,
        started_at=NOW,
        stage_started_at=NOW,
    )


def build_course(state: RotationStatus, *, generation: int = 2, is_hurried: bool = False) -> Course:
    wish = RotationWish(generation=generation, is_hurried=is_hurried)
    owner = PolicyIdentity(namespace="a", name="b", uid="1")
    return Course(owner=owner, state=state, wish=wish, wanted=TARGET.root, told=PREVIOUS)


def build_wanted(stage: Stage, strategy: Strategy) -> IssuedCertificateSpec:
    """Return what the sample's mesh is asked for in a stage."""
    target = follow_course(TARGET, build_course(build_state(stage, strategy)), is_owner=True)
    (cluster,) = target.clusters
    trust = find_trust(cluster.step, root=USABLE, following=FOLLOWING)
    assert trust is not None
    spec = build_spec(target, cluster, MESH, trust=trust, options=OPTIONS)
    return IssuedCertificateSpec.model_validate(spec)


def describe(spec: IssuedCertificateSpec) -> tuple[str, str, bool]:
    """Return who signs, which roots are trusted, and whether there is a cross-certificate."""
    names = {ROOT.fingerprint: "A", NEXT_ROOT.fingerprint: "B"}
    issuers = {USABLE.issuer_id: "A", NEXT_ID: "B"}
    signer = issuers[spec.agent_ca.vault.ca_path.split("/")[2]]
    roots = "".join(names[each.fingerprint] for each in read_roots(spec.trust_bundle))
    signing = read_roots(spec.signing_root)[0].fingerprint if spec.signing_root else None
    assert signer == (names[signing] if signing else roots[0]), "who signs can be checked"
    return signer, roots, spec.cross_certificates is not None


@pytest.mark.parametrize(
    ("strategy", "stage", "wanted"),
    [
        (Strategy.CROSS_SIGNED, Stage.SIGN, ("B", "A", True)),
        (Strategy.CROSS_SIGNED, Stage.WIDEN, ("B", "AB", True)),
        (Strategy.CROSS_SIGNED, Stage.PROVE, ("B", "AB", True)),
        (Strategy.CROSS_SIGNED, Stage.DROP, ("B", "B", True)),
        (Strategy.CROSS_SIGNED, Stage.RETIRE, ("B", "B", False)),
        (Strategy.MULTI_ROOT, Stage.WIDEN, ("A", "AB", False)),
        (Strategy.MULTI_ROOT, Stage.CONFIRM, ("A", "AB", False)),
        (Strategy.MULTI_ROOT, Stage.SIGN, ("B", "AB", False)),
        (Strategy.MULTI_ROOT, Stage.PROVE, ("B", "AB", False)),
        (Strategy.MULTI_ROOT, Stage.DROP, ("B", "B", False)),
        (Strategy.MULTI_ROOT, Stage.RETIRE, ("B", "B", False)),
        (Strategy.CROSS_SIGNED, Stage.NARROW, ("A", "A", False)),
    ],
)
def test_each_stage_asks_clusters_for_its_signer_and_roots(
    strategy: Strategy, stage: Stage, wanted: tuple[str, str, bool]
) -> None:
    assert describe(build_wanted(stage, strategy)) == wanted


def test_the_step_is_told_so_that_evidence_is_about_it() -> None:
    steps = {
        stage: build_wanted(stage, Strategy.CROSS_SIGNED).rotation_step
        for stage in (Stage.SIGN, Stage.WIDEN, Stage.PROVE, Stage.DROP, Stage.RETIRE)
    }
    assert None not in steps.values()
    assert steps[Stage.WIDEN] == steps[Stage.PROVE]
    assert steps[Stage.DROP] == steps[Stage.RETIRE], "that the cross-certificate goes ages no leaf"
    assert len(set(steps.values())) == 3


def test_an_agent_lives_no_longer_than_its_own_signer_allows() -> None:
    assert build_wanted(Stage.SIGN, Strategy.CROSS_SIGNED).cert_options.ttl_days == 300


def test_while_the_next_root_is_prepared_clusters_stay_as_they_are() -> None:
    target = follow_course(TARGET, build_course(build_state(Stage.PREPARE)), is_owner=True)
    assert target.clusters == TARGET.clusters
    assert target.rotation is not None
    assert target.rotation.phase is RotationPhase.PREPARE


def test_a_policy_that_shares_the_root_changes_nothing_of_it_in_vault() -> None:
    for stage in (Stage.PREPARE, Stage.SIGN, Stage.RETIRE, Stage.NARROW):
        course = build_course(build_state(stage, Strategy.CROSS_SIGNED))
        target = follow_course(TARGET, course, is_owner=False)
        assert target.rotation is not None
        assert target.rotation.phase is RotationPhase.STAND


def test_at_rest_the_root_that_a_rotation_has_brought_is_used() -> None:
    state = RotationStatus(root_generation=2, root=NEXT)
    target = follow_course(TARGET, build_course(state), is_owner=True)
    assert (target.root.issuer, target.root.generation) == (NEXT_ID, 2)
    assert target.rotation is None
    assert target.clusters == TARGET.clusters


def test_where_nothing_was_ever_rotated_the_target_stays_as_it_is() -> None:
    course = build_course(RotationStatus(root_generation=1), generation=1)
    assert follow_course(TARGET, course, is_owner=True) == TARGET


def test_a_rotation_that_is_to_begin_takes_the_root_that_is_told() -> None:
    """The specification may name another source by now: that is for the next root."""
    target = follow_course(TARGET, build_course(RotationStatus(root_generation=1)), is_owner=True)
    assert target.root.issuer == PREVIOUS.issuer


def test_a_root_that_cannot_be_used_leaves_clusters_as_they_are() -> None:
    for stage in (Stage.SIGN, Stage.DROP):
        course = build_course(build_state(stage, Strategy.CROSS_SIGNED))
        (cluster,) = follow_course(TARGET, course, is_owner=True).clusters
        assert find_trust(cluster.step, root=USABLE, following=None) is None
    lost = build_state(Stage.SIGN, Strategy.CROSS_SIGNED).model_copy(
        update={"cross_certificate": None}
    )
    (cluster,) = follow_course(TARGET, build_course(lost), is_owner=True).clusters
    assert find_trust(cluster.step, root=USABLE, following=FOLLOWING) is None


def build_step(stage: Stage, strategy: Strategy, *deaf: str) -> ClusterStep:
    course = build_course(build_state(stage, strategy))
    course = replace(course, deaf=frozenset(deaf))
    (cluster,) = follow_course(TARGET, course, is_owner=True).clusters
    assert cluster.step is not None
    return cluster.step


def test_istiods_alone_are_restarted_where_workloads_have_nothing_to_follow() -> None:
    def is_alone(stage: Stage, strategy: Strategy, *deaf: str) -> bool:
        step = build_step(stage, strategy, *deaf)
        assert step.restarts or not step.is_istiod_alone
        return step.is_istiod_alone

    (name,) = (each.cluster for each in TARGET.clusters)
    for strategy in (Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT):
        alone = [each for each in list_stages(strategy)[1:] if is_alone(each, strategy)]
        assert alone == [Stage.RETIRE], "the last time that roots have changed"
        assert not is_alone(Stage.NARROW, strategy)
        assert is_alone(Stage.NARROW, strategy, name), "it takes no other roots while it runs"
        assert not is_alone(Stage.DROP, strategy, name)
    assert is_alone(Stage.WIDEN, Strategy.MULTI_ROOT, name)
    assert not is_alone(Stage.WIDEN, Strategy.CROSS_SIGNED, name)


def test_an_issued_certificate_says_that_istiods_alone_are_restarted() -> None:
    for stage in list_stages(Strategy.CROSS_SIGNED)[1:]:
        spec = build_wanted(stage, Strategy.CROSS_SIGNED)
        wanted = RestartScope.ISTIOD if stage is Stage.RETIRE else None
        assert spec.restart_scope is wanted


def test_workloads_may_be_restarted_where_it_proves_something() -> None:
    def allows(stage: Stage, strategy: Strategy, *deaf: str) -> bool:
        step = build_step(stage, strategy, *deaf)
        return step.restarts and not step.is_istiod_alone

    (name,) = (each.cluster for each in TARGET.clusters)
    assert not allows(Stage.SIGN, Strategy.CROSS_SIGNED)
    assert allows(Stage.PROVE, Strategy.CROSS_SIGNED)
    assert allows(Stage.CONFIRM, Strategy.MULTI_ROOT)
    assert not allows(Stage.DROP, Strategy.CROSS_SIGNED)
    assert allows(Stage.DROP, Strategy.CROSS_SIGNED, name), "istiod takes no other roots there"


@pytest.mark.parametrize("is_asked", [True, False])
def test_for_a_compromised_root_workloads_are_restarted_asked_for_or_not(is_asked: bool) -> None:
    def restarts(stage: Stage, *, is_hurried: bool = True) -> bool:
        state = build_state(stage, Strategy.DISTRUST_FIRST)
        course = build_course(state, is_hurried=is_hurried)
        target = follow_course(TARGET, course, is_owner=True)
        assert target.rotation is not None
        assert target.rotation.is_compromised is is_hurried
        (cluster,) = target.clusters
        trust = find_trust(cluster.step, root=USABLE, following=FOLLOWING)
        assert trust is not None
        options = replace(OPTIONS, restarts_pods=is_asked)
        spec = build_spec(target, cluster, MESH, trust=trust, options=options)
        istiod_alone = stage is Stage.RETIRE
        assert spec.get("restartScope") == (RestartScope.ISTIOD if istiod_alone else None)
        return bool(spec["autoRestartPods"])

    found = [stage for stage in list_stages(Strategy.DISTRUST_FIRST)[1:] if restarts(stage)]
    changes = [Stage.PROVE, Stage.DROP]
    assert found == [*changes, Stage.RETIRE], "after each change of trust, and istiods at the end"
    assert not restarts(Stage.DROP, is_hurried=False)
