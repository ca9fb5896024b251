"""What the istiods of one cluster serve, proven by certificates: what must never be revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.issuance_object import read_issuance, read_spec
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.manifest import Manifest
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mesh_report import MeshReport


@dataclass(frozen=True, kw_only=True)
class ServedMesh:
    """One mesh; `wait` is what keeps its certificates from being all that its istiods have.

    `policy` is the full name of the policy that it belongs to.
    """

    mesh: str
    policy: str
    certificates: tuple[Certificate, ...] = ()
    wait: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServedCluster:
    """The meshes of a policy in one cluster, and those of others under the same root there.

    All intermediates of a cluster have one name, so that nobody can tell them apart by it.
    """

    own: tuple[ServedMesh, ...] = ()
    others: tuple[ServedMesh, ...] = ()

    @property
    def wait(self) -> str | None:
        """What is waited for before anything can be said of what is not in use."""
        return next((each.wait for each in (*self.own, *self.others) if each.wait), None)

    @property
    def in_use(self) -> frozenset[str]:
        """The fingerprints of all that istiods serve."""
        return frozenset(each.fingerprint for each in _list(*self.own, *self.others))

    @property
    def own_begin(self) -> datetime | None:
        """When the oldest of what the policy's own istiods serve begins."""
        return _find_begin(self.own)

    @property
    def others_begin(self) -> datetime | None:
        """When the oldest of what the istiods of others serve begins."""
        return _find_begin(self.others)


@dataclass(frozen=True, kw_only=True)
class MountPlace:
    """A root mount, as IssuedCertificates name it."""

    server: str
    namespace: str | None
    mount: str


def view_own(
    report: MeshReport, found: Manifest | None, *, policy: str, generation: int
) -> ServedMesh:
    """Return a mesh that the policy selects, which has to serve a generation."""
    spec = read_spec(found) if found else None
    known = ServedMesh(mesh=report.key.name, policy=policy, wait=report.issued.message)
    if report.issuance is None or not report.issued.is_true or spec is None:
        return known
    if spec.intermediate_generation < generation:
        wait = f"{report.key.name} is not asked for generation {generation} yet."
        return ServedMesh(mesh=report.key.name, policy=policy, wait=wait)
    return _view(report.issuance, policy=policy)


def view_other(found: Manifest, *, replicas: int | None, now: datetime) -> ServedMesh:
    """Return a mesh of whichever other policy, by its IssuedCertificate alone."""
    mark = read_owner(found)
    policy = mark.policy.full_name if mark else "nobody"
    issuance = read_issuance(found, replicas=replicas, now=now)
    if issuance is None:
        name = str(found["metadata"]["name"])
        wait = f"The IssuedCertificate {name} cannot be read, and so not what its istiod serves."
        return ServedMesh(mesh=name, policy=policy, wait=wait)
    return _view(issuance, policy=policy)


def names_mount(found: Manifest, place: MountPlace) -> bool:
    """Whether an IssuedCertificate has its istiod sign in a mount; one that is unreadable may."""
    spec = read_spec(found)
    if spec is None:
        return True
    vault = spec.agent_ca.vault
    is_there = (vault.server, vault.namespace) == (place.server, place.namespace)
    return is_there and vault.ca_path.startswith(f"{place.mount}/")


def _view(issuance: MeshIssuance, *, policy: str) -> ServedMesh:
    """Return what all replicas serve, of which none may be missing, starting or going."""
    name, instances = issuance.mesh.name, issuance.instances
    certificates = tuple(each.certificate for each in instances if each.certificate is not None)
    known = ServedMesh(mesh=name, policy=policy, certificates=certificates)
    if issuance.replicas == 0 and not instances:
        return known  # nothing runs that could serve anything
    condition = issuance.judge()
    wait: str | None = None
    if not condition.is_true:
        wait = condition.message
    elif issuance.replicas is None:
        wait = (
            f"Nobody tells how many replicas istiod of {name} has: if it is gone, delete its "
            "IssuedCertificate."
        )
    elif len(instances) != issuance.replicas:
        wait = (
            f"{name} has {issuance.replicas} replicas of istiod, and {len(instances)} have an "
            "agent that reports: its rollout is waited for."
        )
    return ServedMesh(mesh=name, policy=policy, certificates=certificates, wait=wait)


def _list(*meshes: ServedMesh) -> Iterable[Certificate]:
    return (certificate for mesh in meshes for certificate in mesh.certificates)


def _find_begin(meshes: tuple[ServedMesh, ...]) -> datetime | None:
    return min((each.not_before for each in _list(*meshes)), default=None)
