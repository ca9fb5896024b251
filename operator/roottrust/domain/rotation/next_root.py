"""The next root's part of a plan: made, imported or found beside the one in use, and checked.

It is always the issuer called roottrust-gN after its generation, which Vault gives to no second one
(pki root/generate). Whether it serves depends on nothing that may become of the one in use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.domain.action import Action
from roottrust.domain.existing_root import RootPlan, UsableRoot, plan_existing_root
from roottrust.domain.facts import IssuerFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.ownership import ManagedObject
from roottrust.domain.rotation.default_issuer import find_default_fault
from roottrust.domain.rotation.next_root_check import find_next_fault
from roottrust.domain.rotation.next_root_place import Place, build_wish, find_place
from roottrust.domain.rotation.next_root_source import complete_root, plan_source
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.rotation.withdrawal import Withdrawal, plan_retirement, plan_return
from roottrust.domain.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class NextRootPlan:
    """What is there and what to write; `fault` is why there is no next root to go on with.

    `default_fault` is what somebody changed by hand in the meantime: nothing is written then.
    `left` is what a person has to do in a mount that is not ours.
    """

    usable: UsableRoot | None = None
    fault: Fault | None = None
    default_fault: Fault | None = None
    actions: tuple[Action, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    warnings: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    is_pending: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all is as the phase asks for it, with nothing left to be written."""
        is_written = not (self.actions or self.is_pending or self.left)
        return is_written and self.fault is None and self.default_fault is None


def plan_next_root(snapshot: Snapshot, root: RootPlan) -> NextRootPlan | None:
    """Work out the root that is to take the place of the one in use, None if none is."""
    rotation = snapshot.target.rotation
    if rotation is None:
        return None
    found = snapshot.facts.next_issuer
    if isinstance(found, Unread):
        return NextRootPlan(fault=build_fault(found.error))
    place = find_place(snapshot, rotation, root)
    plan = (
        _plan_missing(snapshot, rotation, place)
        if found is None
        else _plan_found(snapshot, rotation, place, found)
    )
    default_fault = find_default_fault(snapshot, rotation, found)
    if default_fault is not None:
        return replace(plan, default_fault=default_fault, actions=())
    return plan


def _plan_missing(snapshot: Snapshot, rotation: RotationTarget, place: Place) -> NextRootPlan:
    if rotation.phase is RotationPhase.RETURN:
        return NextRootPlan(actions=place.actions, managed=place.managed)  # it cannot sign
    wanted = plan_source(snapshot, rotation, place)
    if wanted.fault is not None:
        return NextRootPlan(fault=wanted.fault, managed=place.managed)
    return NextRootPlan(
        actions=(*place.actions, *wanted.actions), managed=place.managed, is_pending=True
    )


def _plan_found(
    snapshot: Snapshot, rotation: RotationTarget, place: Place, found: IssuerFacts
) -> NextRootPlan:
    completing = complete_root(snapshot, rotation, place, found)
    if completing:
        actions = (*place.actions, *completing)
        return NextRootPlan(actions=actions, managed=place.managed, is_pending=True)
    view = _look_at_next(snapshot, rotation, found)
    plan = plan_existing_root(view, place.mount)
    fault = find_next_fault(snapshot, rotation, plan, found)
    managed = (*place.managed, *place.list_root(rotation, found))
    if rotation.phase is RotationPhase.RETURN:
        done = plan_return(rotation, found, is_ours=place.is_ours)
        return _add_writes(NextRootPlan(managed=managed), place, done)
    if fault is not None or plan.usable is None:
        return NextRootPlan(fault=fault or plan.fault, managed=managed, actions=place.actions)
    standing = NextRootPlan(usable=plan.usable, managed=managed, warnings=plan.warnings)
    if rotation.phase is not RotationPhase.RETIRE:
        return _add_writes(standing, place, Withdrawal())
    done = plan_retirement(snapshot, rotation, plan.usable, is_ours=place.is_ours)
    return _add_writes(standing, place, done)


def _look_at_next(snapshot: Snapshot, rotation: RotationTarget, found: IssuerFacts) -> Snapshot:
    """Return the snapshot as if the next root were the one that is asked for."""
    beside = tuple(
        each for each in snapshot.facts.beside if each.issuer_id != rotation.previous.issuer
    )
    return replace(
        snapshot,
        known_root=None,
        target=replace(snapshot.target, root=build_wish(rotation)),
        facts=replace(snapshot.facts, root_issuer=found, other_issuers=beside),
    )


def _add_writes(plan: NextRootPlan, place: Place, done: Withdrawal) -> NextRootPlan:
    return replace(
        plan,
        actions=(*place.actions, *done.actions),
        warnings=(*plan.warnings, *done.warnings),
        left=done.left,
    )
