"""What is read of registered clusters to be mirrored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.known import KnownMesh
from roottrust.domain.mirror_plan import ToldCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_set import ClusterSet
from roottrust.hub.kinds import POLICIES
from roottrust.hub.mirror_source import MirrorSource
from roottrust.runtime.store import ObjectKey, ObjectStore
from tests.unit.cli.status.objects import build_certificate, build_policy
from tests.unit.domain.agent_entries import INTERMEDIATE, LATER
from tests.unit.domain.mirrors import AWAY, NAME, build_mesh
from tests.unit.domain.samples import OTHER_ROOT, build_known
from tests.unit.hub.fakes import fake

FLEET = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="fleet")
MESH = KnownMesh(
    name=NAME,
    namespace="istio-system",
    deployment="istiod",
    pod_labels={},
    revision="default",
    service_account=None,
)


@dataclass
class FakeRemote:
    """A registered cluster that is its own store, health and objects."""

    name: str = "c2"
    synced: bool = True
    trouble: ClusterTrouble | None = None
    certificates: dict[str, Any] = field(default_factory=lambda: {NAME: build_certificate()})

    def __post_init__(self) -> None:
        self.store = self.health = self.objects = self

    def list_believed(self) -> tuple[tuple[dict[str, Any], KnownMesh], ...]:
        return ((build_mesh(), MESH),)

    def find_certificate(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert namespace == MESH.namespace
        return self.certificates.get(name)


def build(
    remote: FakeRemote | None = None, *, selecting: frozenset[ObjectKey] = frozenset({FLEET})
) -> tuple[MirrorSource, ClusterSet, ObjectStore]:
    clusters = ClusterSet(fake(None))
    clusters.others["c2"] = fake(remote or FakeRemote())
    store = ObjectStore([POLICIES])
    store.apply_event(POLICIES, "ADDED", build_policy())

    def find(cluster: str, *, namespace: str, mesh: str) -> frozenset[ObjectKey]:
        assert (cluster, namespace, mesh) == ("c2", MESH.namespace, NAME)
        return selecting

    source = MirrorSource(clusters, store, find_policies=find, is_pending="c9".__eq__)
    return source, clusters, store


async def test_a_mesh_is_read_with_what_is_judged_of_it() -> None:
    source, _, _ = build()
    told, change = await source.read("c2", now=LATER)
    (mesh,) = told.meshes or ()
    assert mesh.issuance is not None
    assert mesh.issuance.instances[0].fingerprint == INTERMEDIATE.fingerprint
    assert change is not None
    assert (mesh.name, told.trouble) == (NAME, None)


async def test_a_mark_that_a_cluster_forges_has_nothing_told() -> None:
    source, _, _ = build(selecting=frozenset())
    told, change = await source.read("c2", now=LATER)
    assert [each.issuance for each in told.meshes or ()] == [None]
    assert change is None


async def test_nor_has_a_root_that_a_cluster_puts_into_its_certificate() -> None:
    source, _, store = build()
    policy = build_policy()
    policy["status"]["root"]["fingerprint"] = OTHER_ROOT.fingerprint
    policy["metadata"]["resourceVersion"] = "99"
    store.apply_event(POLICIES, "MODIFIED", policy)
    told, _ = await source.read("c2", now=LATER)
    assert [each.issuance for each in told.meshes or ()] == [None]


async def test_a_cluster_that_was_never_listed_tells_nothing() -> None:
    source, _, _ = build(FakeRemote(synced=False, trouble=AWAY))
    assert await source.read("c2", now=LATER) == (
        ToldCluster(name="c2", meshes=None, trouble=AWAY),
        None,
    )


async def test_a_cluster_that_policies_know_otherwise_is_not_judged() -> None:
    source, _, _ = build()
    assert source.is_known("c2")
    assert not source.is_known("c9")


async def test_a_cluster_that_is_refused_is_registered_all_the_same() -> None:
    source, clusters, _ = build()
    refusal = ClusterTrouble(reason=Reason.INSECURE_CONNECTION, message="No.")
    known = build_known("c9")
    clusters.refused = (replace(known, refusal=refusal),)
    assert source.names == {"c2", "c9"}
    told, _ = await source.read("c9", now=LATER)
    assert (told.meshes, told.trouble) == (None, refusal)
