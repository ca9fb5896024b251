"""The mount that the next root is to be in, beside the one in use, and whether it is ours."""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action
from roottrust.domain.desired import build_root
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import IssuerFacts, MountFacts
from roottrust.domain.mark import parse_mark
from roottrust.domain.names import build_issuer_name
from roottrust.domain.own_root import foresee_mount
from roottrust.domain.ownership import Conflict, ManagedObject
from roottrust.domain.root_plan import judge_root_mount
from roottrust.domain.rotation.vault_target import RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget


@dataclass(frozen=True, kw_only=True)
class Place:
    """The mount as it will be; `actions` and `managed` are of what the root in use leaves to us."""

    mount: MountFacts | None
    is_ours: bool = False
    conflict: Conflict | None = None
    actions: tuple[Action, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    origin: ManagedObject | None = None

    def list_root(self, rotation: RotationTarget, found: IssuerFacts) -> tuple[ManagedObject, ...]:
        """Return the next root if it is there, and the policy's own."""
        is_own = rotation.next.source is not RootSource.EXISTING and self.is_ours
        if not is_own or self.origin is None or found.certificate is None:
            return ()
        wanted = build_root(build_wish(rotation))
        return (ManagedObject(wanted=wanted, origin=self.origin.origin),)


def build_wish(rotation: RotationTarget) -> RootTarget:
    """Return the next root as it is asked for; its name tells its generation."""
    return replace(
        rotation.next,
        issuer=build_issuer_name(rotation.generation),
        generation=rotation.generation,
        is_next=True,
    )


def find_place(snapshot: Snapshot, rotation: RotationTarget, root: RootPlan) -> Place:
    """Return the mount of both roots; what is planned for the root in use is not planned twice."""
    mount = snapshot.facts.mounts.get(rotation.next.mount)
    if mount is None or mount.type != "pki":
        return Place(mount=mount)
    if rotation.next.source is RootSource.EXISTING:
        return Place(mount=mount, is_ours=_is_marked(snapshot, mount))
    verdict = judge_root_mount(snapshot, mount)
    if not verdict.is_ours:
        return Place(mount=mount, conflict=verdict.conflict)
    planned = [each.wanted.path for each in root.actions]
    planned += [each.wanted.path for each in root.managed]
    is_planned = rotation.next.mount in planned
    return Place(
        mount=foresee_mount(mount, verdict),
        is_ours=True,
        actions=(verdict.action,) if verdict.action and not is_planned else (),
        managed=(verdict.managed,) if verdict.managed and not is_planned else (),
        origin=verdict.managed,
    )


def _is_marked(snapshot: Snapshot, mount: MountFacts) -> bool:
    mark = parse_mark(mount.description)
    return mark is not None and snapshot.claimant.owns(mark)
