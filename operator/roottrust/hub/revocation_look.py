"""What one pass over a policy knows for the revocation of its intermediates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.facts import VaultFacts
from roottrust.domain.issuance_object import find_mesh
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.mark import parse_mark
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.rotation.revocation_report import CompromiseOrder, Obstacle
from roottrust.domain.rotation.served_intermediates import (
    MountPlace,
    ServedCluster,
    names_mount,
    view_other,
    view_own,
)
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_objects import ClusterObjects, Manifest
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.heard_cluster import find_silence
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.vault_server import VaultServer


@dataclass(frozen=True, kw_only=True)
class RevocationLook:
    """All that a policy's pass has found out; `owner` is the policy that its root belongs to."""

    policy: PolicyObject
    claimant: Claimant
    owner: PolicyIdentity
    target: VaultTarget
    get_server: Callable[[], VaultServer]
    plan: Plan | None
    facts: VaultFacts | None
    request: IssuanceRequest
    report: IssuanceReport
    writes: bool

    @property
    def roots(self) -> tuple[Certificate, ...]:
        """The root in use, and the one that is to take its place."""
        found = (self.plan.root.certificate, self.plan.following) if self.plan else (None, None)
        root, following = found
        after = following.certificate if following else None
        return tuple(each for each in (root, after) if each is not None)

    @property
    def root_fingerprint(self) -> str | None:
        """The root in use, None where it is not known."""
        return self.roots[0].fingerprint if self.roots else None

    @property
    def hindrance(self) -> str | None:
        """Why the hub may revoke nothing in the root's mount, as a clause; None if it may."""
        mount = self.target.root.mount
        if not self._is_mount_ours(mount):
            return f"{mount}/ does not carry roottrust's mark"
        if self.target.unnamed_ca_path is not None:
            return "agents that are not roottrust's may have some (management.allowUnnamedIssuer)"
        return None

    def _is_mount_ours(self, mount: str) -> bool:
        """Whether a mount is this policy's, or that of the one whose root it shares."""
        found = self.facts.mounts.get(mount) if self.facts else None
        mark = parse_mark(found.description) if found else None
        if mark is None:
            return False
        return self.claimant.owns(mark) or mark.has_owner(hub=self.claimant.hub, policy=self.owner)


def view_served(
    clusters: ClusterRegistry, look: RevocationLook, order: CompromiseOrder, *, now: datetime
) -> ServedCluster:
    """Return what the istiods of a cluster serve under the root of the policy."""
    policy = look.policy.identity.full_name
    own = [each for each in look.report.meshes if each.key.cluster == order.cluster]
    objects = clusters.get_objects(order.cluster)
    others = _list_others(objects, look, own, mount=order.mount) if objects else ()
    return ServedCluster(
        own=tuple(
            view_own(
                each,
                look.request.found.get(each.key),
                policy=policy,
                generation=order.generation,
            )
            for each in own
        ),
        others=tuple(view_other(each, replicas=number, now=now) for each, number in others),
    )


def find_obstacle(
    clusters: ClusterRegistry, look: RevocationLook, order: CompromiseOrder, served: ServedCluster
) -> Obstacle | None:
    """Return why it cannot be told yet which intermediates are from before."""
    name = order.cluster
    cluster = next((each for each in look.target.clusters if each.cluster == name), None)
    if cluster is None or not served.own:
        message = (
            f"this policy selects no mesh of {name}. See that its name is right; of a cluster that "
            "is gone, revoke them by hand."
        )
        return Obstacle(message=message, needs_person=True)
    asked = look.request.options.rotation.find_generation(name)
    if asked < order.generation:
        return Obstacle(
            message=f"generation {asked} is asked for there: raise its intermediateGeneration "
            f"in spec.rotation.clusters to {order.generation}.",
            needs_person=True,
        )
    if not look.writes:
        message = "management.mode is Observe, so that nothing is changed: set Manage."
        return Obstacle(message=message, needs_person=True)
    if look.plan is None or look.facts is None:
        return Obstacle(message="Vault is waited for, see the condition VaultConfigured.")
    wait = find_silence(clusters, cluster) or served.wait
    return Obstacle(message=wait) if wait else None


def _list_others(
    objects: ClusterObjects, look: RevocationLook, own: Iterable[MeshReport], *, mount: str
) -> Iterator[tuple[Manifest, int | None]]:
    """Return the IssuedCertificates of others under the root, and how many replicas each has."""
    places = {(each.key.namespace, each.key.name) for each in own}
    place = MountPlace(server=look.target.server, namespace=look.target.namespace, mount=mount)
    for found in objects.list_certificates():
        metadata = found["metadata"]
        is_own = (metadata["namespace"], metadata["name"]) in places
        if not is_own and names_mount(found, place):
            mesh = find_mesh(found)
            report = objects.find_report(mesh) if mesh else None
            yield found, report.istiod.total if report and report.istiod else None
