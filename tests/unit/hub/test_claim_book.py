"""Who is concerned when a policy is edited or deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.choices import RootSource
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.precedence import Claim
from roottrust.domain.reasons import Reason
from roottrust.domain.target import ClusterTarget
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject, read_policy
from roottrust.runtime.store import ObjectKey, ObjectStore
from tests.unit.domain.samples import EXISTING_ROOT, build_cluster, build_target
from tests.unit.hub.fakes import build_manifest, fake


class Fleet:
    """Policies by name: each with a day of creation, clusters, and perhaps a source of its root."""

    def __init__(self) -> None:
        self.store = ObjectStore([POLICIES])
        self.asks: dict[str, tuple[int, tuple[str, ...], RootSource]] = {}
        self.auth_mounts: dict[str, str] = {}
        self.read: list[str] = []
        self.book = ClaimBook(PolicyHomes(fake(None), self.store), read=self._read)
        self._version = 0

    def put(
        self, name: str, *clusters: str, day: int = 1, source: RootSource = RootSource.EXISTING
    ) -> frozenset[str]:
        self.asks[name] = (day, clusters, source)
        return self._send(name, "MODIFIED")

    def delete(self, name: str) -> frozenset[str]:
        return self._send(name, "DELETED")

    def list_beside(self, name: str) -> set[str]:
        manifest = self.store.get_by_key(build_key(name))
        assert manifest is not None
        claim = self._read(read_policy(manifest))
        return {each.policy.name for each in self.book.list_beside(claim)}

    def _send(self, name: str, type_: str) -> frozenset[str]:
        self._version += 1
        metadata = {"name": name, "resourceVersion": str(self._version)}
        self.store.apply_event(POLICIES, type_, build_manifest(metadata=metadata))
        return frozenset(key.name for key in self.book.outdate(build_key(name)))

    def _read(self, policy: PolicyObject) -> Claim:
        name = policy.identity.name
        self.read.append(name)
        day, clusters, source = self.asks[name]
        if not clusters:
            raise InvalidSpecError("It cannot be accepted.", reason=Reason.INVALID_SPEC)
        return Claim(
            policy=policy.identity,
            created_at=f"2026-01-{day:02d}T00:00:00Z",
            target=build_target(
                *(self._build_cluster(name, each) for each in clusters),
                root=replace(EXISTING_ROOT, source=source),
            ),
        )

    def _build_cluster(self, policy: str, cluster: str) -> ClusterTarget:
        built = build_cluster(cluster)
        return replace(built, auth_mount=self.auth_mounts.get(policy, built.auth_mount))


def build_key(name: str) -> ObjectKey:
    return ObjectKey(kind=POLICIES, namespace="gloo-mesh", name=name)


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet()
    fleet.put("old", "a", "b", day=1)
    fleet.put("young", "b", day=2)
    fleet.put("apart", "c", day=3)
    assert fleet.list_beside("old") == {"old", "young"}
    return fleet


def test_before_anybody_asks_nothing_is_read() -> None:
    fleet = Fleet()
    assert fleet.put("old", "a") == frozenset()
    assert fleet.read == []


def test_the_owner_of_the_root_is_beside_all_that_share_it(fleet: Fleet) -> None:
    assert fleet.list_beside("apart") == {"old", "apart"}
    fleet.delete("old")
    assert fleet.list_beside("apart") == {"young", "apart"}


def test_an_edit_concerns_those_on_the_same_clusters(fleet: Fleet) -> None:
    assert fleet.put("young", "b", "c", day=2) == {"old", "apart"}


def test_leaving_a_cluster_concerns_those_that_stay(fleet: Fleet) -> None:
    assert "old" in fleet.put("young", "d", day=2)


def test_deleting_a_policy_concerns_its_rivals(fleet: Fleet) -> None:
    assert fleet.delete("young") == {"old"}
    assert fleet.list_beside("old") == {"old"}


def test_an_edit_concerns_those_that_name_the_same_path(fleet: Fleet) -> None:
    fleet.auth_mounts["far"] = "kube-c-mesh-auth"
    assert fleet.put("far", "d", day=4) == {"apart"}
    assert fleet.list_beside("far") == {"old", "apart", "far"}
    assert fleet.delete("apart") == {"far"}


def test_a_new_owner_of_the_root_concerns_all_that_share_it(fleet: Fleet) -> None:
    assert fleet.delete("old") == {"young", "apart"}


def test_what_the_owner_says_of_the_root_concerns_all_that_share_it(fleet: Fleet) -> None:
    assert fleet.put("old", "a", day=1, source=RootSource.GENERATE) == {"young", "apart"}


def test_a_policy_that_is_no_longer_accepted_claims_nothing(fleet: Fleet) -> None:
    fleet.put("young", day=2)
    assert fleet.list_beside("old") == {"old"}


def test_after_a_change_of_clusters_all_are_read_again(fleet: Fleet) -> None:
    fleet.book.outdate_all()
    fleet.read.clear()
    fleet.list_beside("old")
    assert sorted(fleet.read) == ["apart", "old", "old", "young"]
