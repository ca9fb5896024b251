from __future__ import annotations

from datetime import timedelta

import pytest

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.cluster_choice import choose_clusters
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import build_known, build_spec

REFUSAL = ClusterTrouble(
    reason=Reason.CREDENTIALS_NOT_INLINE, message="Secret s is refused. Give a token instead."
)
WELL = build_known("c1", labels={"env": "prod"})
REFUSED = build_known("c2", labels={"env": "prod"}, refusal=REFUSAL)


def build(**selector: str) -> RootTrustPolicySpec:
    return build_spec(applyToMeshes=[{"istio": {"clusterSelector": selector}}])


def test_a_refused_cluster_is_not_used_and_those_who_select_it_are_told() -> None:
    choice = choose_clusters(build(env="prod"), (WELL, REFUSED))
    assert choice.selected == (WELL,)
    assert choice.known == (WELL, REFUSED)
    assert choice.warnings == ("Cluster c2: Secret s is refused. Give a token instead.",)


@pytest.mark.parametrize("cluster", ["c1", "c3"])
def test_those_who_do_not_select_it_are_told_nothing(cluster: str) -> None:
    others = (WELL, build_known("c3"), REFUSED)
    choice = choose_clusters(build(cluster=cluster), others)
    assert [each.name for each in choice.selected] == [cluster]
    assert choice.warnings == ()


@pytest.mark.parametrize("known", [(REFUSED,), (WELL, REFUSED)])
def test_a_policy_for_a_refused_cluster_alone_has_its_reason(
    known: tuple[KnownCluster, ...],
) -> None:
    with pytest.raises(DependencyMissingError, match="Give a token instead") as caught:
        choose_clusters(build(cluster="c2"), known)
    assert caught.value.reason is Reason.CREDENTIALS_NOT_INLINE


def test_a_refused_cluster_is_found_by_the_guides_paths() -> None:
    vault = {"csrPath": "pki_int_c2/intermediate/generate/exported"}
    spec = build_spec(vault=vault)
    with pytest.raises(DependencyMissingError, match="Secret s is refused"):
        choose_clusters(spec, (WELL, REFUSED))


def test_a_second_registration_of_a_name_is_told_beside_the_first() -> None:
    twice = build_known("c1", labels={"env": "prod"}, refusal=REFUSAL)
    choice = choose_clusters(build(cluster="c1"), (WELL, twice))
    assert choice.selected == (WELL,)
    assert choice.warnings == ("Cluster c1: Secret s is refused. Give a token instead.",)


def test_a_trouble_says_since_when() -> None:
    trouble = ClusterTrouble(
        reason=Reason.CLUSTER_UNREACHABLE, message="No answer.", since=NOW + timedelta(hours=1)
    )
    assert trouble.describe("c2") == "Cluster c2 (since 2030-01-01T01:00:00Z): No answer."
