"""The older of two policies counts for a mesh, one owner for a root."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.choices import RootSource
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.precedence import Claim, settle
from roottrust.domain.reasons import Reason
from roottrust.domain.target import VaultTarget
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    GENERATED_ROOT,
    MESH,
    build_accounts,
    build_cluster,
    build_target,
)

OTHER_MESH = replace(MESH, name="istiod-a-cluster1", namespace="a")


def build_claim(
    name: str, *, day: int, target: VaultTarget | None = None, named: bool = False
) -> Claim:
    return Claim(
        policy=PolicyIdentity(namespace="gloo-mesh", name=name, uid=f"uid-{name}"),
        created_at=f"2026-01-{day:02d}T00:00:00Z",
        target=target or build_target(),
        is_named_owner=named,
    )


def test_the_older_policy_keeps_the_mesh() -> None:
    old, young = build_claim("old", day=1), build_claim("young", day=2)
    assert settle(old, [young]) == old.target


def test_the_younger_policy_says_who_has_its_meshes() -> None:
    old, young = build_claim("old", day=1), build_claim("young", day=2)
    with pytest.raises(InvalidSpecError) as failure:
        settle(young, [old])
    assert failure.value.reason is Reason.SELECTED_BY_OLDER_POLICY
    assert "gloo-mesh/old" in failure.value.message


def test_of_two_of_the_same_age_the_first_by_name_counts() -> None:
    first, second = build_claim("a", day=1), build_claim("b", day=1)
    assert settle(first, [second]) == first.target
    with pytest.raises(InvalidSpecError):
        settle(second, [first])


def test_the_younger_policy_keeps_clusters_that_the_older_one_leaves() -> None:
    old = build_claim("old", day=1)
    both = build_target(build_cluster("cluster1"), build_cluster("cluster2"))
    left = settle(build_claim("young", day=2, target=both), [old])
    assert [each.cluster for each in left.clusters] == ["cluster2"]
    assert any("cluster1" in text and "gloo-mesh/old" in text for text in left.warnings)


@pytest.mark.parametrize(
    "theirs",
    [
        {"meshes": (OTHER_MESH,), "accounts": build_accounts("istiod", namespaces=("a",))},
        {"accounts": build_accounts("istiod", namespaces=("istio-canary",))},
        {"meshes": (OTHER_MESH,)},
    ],
)
def test_policies_for_other_meshes_of_a_cluster_live_side_by_side(theirs: dict[str, Any]) -> None:
    mine = build_cluster(meshes=(MESH,) if "meshes" in theirs else ())
    old = build_claim("old", day=1, target=build_target(build_cluster(**theirs)))
    young = build_claim("young", day=2, target=build_target(mine))
    assert settle(young, [old]).clusters == (mine,)


def test_the_oldest_policy_owns_the_root() -> None:
    old = build_claim("old", day=1, target=build_target(root=GENERATED_ROOT))
    wants = build_target(build_cluster("cluster2"), root=GENERATED_ROOT)
    left = settle(build_claim("young", day=2, target=wants), [old])
    assert left.root.source is RootSource.EXISTING
    assert left.root.issuer == "roottrust-g1"
    assert any("gloo-mesh/old" in text and "does not count" in text for text in left.warnings)


def test_a_policy_that_may_not_make_the_root_uses_the_one_that_the_owner_found() -> None:
    old = build_claim("old", day=1, target=build_target(root=EXISTING_ROOT))
    wants = build_target(build_cluster("cluster2"), root=GENERATED_ROOT)
    left = settle(build_claim("young", day=2, target=wants), [old])
    assert (left.root.source, left.root.issuer) == (RootSource.EXISTING, None)


def test_a_policy_that_takes_the_root_as_it_is_uses_the_owners_issuer_in_silence() -> None:
    old = build_claim("old", day=1, target=build_target(root=GENERATED_ROOT))
    takes = build_target(build_cluster("cluster2"), root=EXISTING_ROOT)
    left = settle(build_claim("young", day=2, target=takes), [old])
    assert (left.root.issuer, left.warnings) == ("roottrust-g1", ())


def test_the_configuration_can_name_another_owner() -> None:
    old = build_claim("old", day=1, target=build_target(root=GENERATED_ROOT))
    wants = build_target(build_cluster("cluster2"), root=GENERATED_ROOT)
    young = build_claim("young", day=2, target=wants, named=True)
    assert settle(young, [old]).root == GENERATED_ROOT
    left = settle(old, [young])
    assert left.root.source is RootSource.EXISTING


def test_roots_of_another_server_have_owners_of_their_own() -> None:
    elsewhere = build_target(root=GENERATED_ROOT, server="https://other.example:8200")
    old = build_claim("old", day=1, target=elsewhere)
    wants = build_target(build_cluster("cluster2"), root=GENERATED_ROOT)
    left = settle(build_claim("young", day=2, target=wants), [old])
    assert left.root == GENERATED_ROOT


@given(
    days=st.lists(st.integers(1, 3), min_size=1, max_size=5),
    clusters=st.lists(
        st.sets(st.sampled_from(["a", "b", "c"]), min_size=1), min_size=5, max_size=5
    ),
    owner=st.sampled_from([None, 0, 3]),
)
def test_no_two_policies_share_a_mesh_and_one_alone_owns_the_root(
    days: list[int], clusters: list[set[str]], owner: int | None
) -> None:
    claims = [
        build_claim(
            f"p{number}",
            day=day,
            target=build_target(*map(build_cluster, sorted(names)), root=GENERATED_ROOT),
            named=number == owner,
        )
        for number, (day, names) in enumerate(zip(days, clusters, strict=False))
    ]
    left = [_settle_or_none(claim, claims) for claim in claims]
    kept = [target for target in left if target is not None]
    for one, other in itertools.combinations(kept, 2):
        assert {each.cluster for each in one.clusters}.isdisjoint(
            each.cluster for each in other.clusters
        )
    assert sum(each.root.source is RootSource.GENERATE for each in kept) <= 1
    served = {each.cluster for target in kept for each in target.clusters}
    assert served == {name for claim in claims for name in _names(claim)}


def _settle_or_none(claim: Claim, claims: list[Claim]) -> VaultTarget | None:
    try:
        return settle(claim, claims)
    except InvalidSpecError:
        return None


def _names(claim: Claim) -> set[str]:
    return {each.cluster for each in claim.target.clusters}


def build_rivals(**changes: Any) -> tuple[Claim, Claim]:
    """Return an older and a younger policy for different meshes, which name the same paths."""
    mine = build_target(build_cluster(accounts=build_accounts("istiod", namespaces=("istio-a",))))
    theirs = build_target(
        build_cluster(accounts=build_accounts("istiod", namespaces=("istio-b",))), **changes
    )
    return build_claim("old", day=1, target=theirs), build_claim("young", day=2, target=mine)


def test_paths_that_two_policies_name_are_for_the_older_one_to_make() -> None:
    old, young = build_rivals()
    assert settle(old, [young]).taken == {}
    assert settle(young, [old]).taken == {
        "auth/kube-cluster1-mesh-auth": "gloo-mesh/old",
        "pki_int_cluster1": "gloo-mesh/old",
        "sys/policies/acl/gen-int-ca-istio-cluster1-mesh": "gloo-mesh/old",
    }


def test_of_several_older_policies_the_oldest_is_named() -> None:
    old, young = build_rivals()
    older = build_claim("older", day=0, target=old.target)
    for rivals in ([old, older], [older, old]):
        assert set(settle(young, rivals).taken.values()) == {"gloo-mesh/older"}


@pytest.mark.parametrize("elsewhere", [{"namespace": "team"}, {"server": "https://other"}])
def test_the_same_paths_of_another_vault_are_others(elsewhere: dict[str, str]) -> None:
    old, young = build_rivals(**elsewhere)
    assert settle(young, [old]).taken == {}


def build_remote(
    name: str, *, day: int, cluster: str = "cluster1", target: VaultTarget | None = None
) -> Claim:
    """Return what a policy of a workload cluster asks for; its age is what that cluster says."""
    claim = build_claim(name, day=day, target=target or build_target(build_cluster(cluster)))
    return replace(claim, policy=replace(claim.policy, cluster=cluster))


def test_a_policy_of_the_management_cluster_goes_before_one_of_a_workload_cluster() -> None:
    local, remote = build_claim("local", day=9), build_remote("remote", day=1)
    assert settle(local, [remote]) == local.target
    with pytest.raises(InvalidSpecError) as failure:
        settle(remote, [local])
    assert failure.value.reason is Reason.SELECTED_BY_OLDER_POLICY


def test_of_two_of_one_workload_cluster_the_older_counts() -> None:
    old, young = build_remote("old", day=1), build_remote("young", day=2)
    assert settle(old, [young]) == old.target
    with pytest.raises(InvalidSpecError, match="cluster1:gloo-mesh/old"):
        settle(young, [old])


def test_whose_age_it_is_decides_nothing_between_two_workload_clusters() -> None:
    """They have no names in common by their grants; were it so, the hub would not ask them."""
    shared = build_cluster("a", role="shared"), build_cluster("b", role="shared")
    first = build_remote("first", day=9, cluster="a", target=build_target(shared[0]))
    second = build_remote("second", day=1, cluster="b", target=build_target(shared[1]))
    assert settle(first, [second]).taken == {}
    assert settle(second, [first]).taken == {"sys/policies/acl/shared": "a:gloo-mesh/first"}


def test_a_policy_of_a_workload_cluster_owns_no_root() -> None:
    other = build_target(build_cluster("a"), root=replace(EXISTING_ROOT, issuer="theirs"))
    remote = build_remote("remote", day=1, cluster="a", target=other)
    local = build_claim("local", day=9, target=build_target(build_cluster("b")))
    assert settle(local, [remote]) == local.target
    mine = build_remote("mine", day=9, cluster="b", target=build_target(build_cluster("b")))
    assert settle(mine, [remote]) == mine.target


def test_who_signs_is_decided_by_the_roots_owner() -> None:
    theirs = build_target(build_cluster("b"), root=replace(EXISTING_ROOT, issuer="theirs"))
    remote = build_remote("remote", day=1, cluster="b", target=theirs)
    assert settle(remote, []).root.issuer == "theirs"
    ours = build_target(build_cluster("a"), root=replace(EXISTING_ROOT, issuer="ours"))
    assert settle(remote, [build_claim("local", day=9, target=ours)]).root.issuer == "ours"
    default = build_claim("local", day=9, target=build_target(build_cluster("a")))
    assert settle(remote, [default]).root.issuer is None
