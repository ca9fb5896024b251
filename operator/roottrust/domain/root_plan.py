"""The root's part of a plan: found as it is, or generated where the policy says so."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import ConditionStatus, RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.conflict_text import ADOPT_ANNOTATION, describe_conflicts
from roottrust.domain.desired import build_root, build_root_mount
from roottrust.domain.existing_root import RootPlan, describe_replacement, plan_existing_root
from roottrust.domain.facts import MountFacts
from roottrust.domain.fault import Fault
from roottrust.domain.mark import Mark, parse_mark
from roottrust.domain.ownership import Conflict, ManagedObject, Verdict, judge_marked
from roottrust.domain.reasons import Reason
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget
from roottrust.domain.vault_object import VaultObject


def plan_root(snapshot: Snapshot) -> RootPlan:
    """Work out the root; one that another policy generated is used as it is."""
    root = snapshot.target.root
    mount = snapshot.facts.mounts.get(root.mount)
    if snapshot.known_root is not None and _is_gone(snapshot, mount):
        return RootPlan(mount=root.mount, fault=_build_lost(root, snapshot.known_root))
    if root.source is not RootSource.GENERATE:
        return plan_existing_root(snapshot, mount)
    owner = _find_other_owner(snapshot, mount)
    if owner is None:
        return _plan_generated(snapshot, mount)
    plan = plan_existing_root(snapshot, mount)
    return replace(plan, warnings=(*plan.warnings, _warn_of_owner(snapshot, owner)))


def _warn_of_owner(snapshot: Snapshot, owner: Mark) -> str:
    root = f"The root at {snapshot.target.root.mount}/ belongs to {owner.describe_owner()}"
    if snapshot.claimant.knows_as_gone(owner):
        return (
            f"{root}, which exists no more: to have this policy take it over, annotate it: "
            f"{ADOPT_ANNOTATION}=true."
        )
    return f"{root}: management.root of this policy does not count."


def _plan_generated(snapshot: Snapshot, mount: MountFacts | None) -> RootPlan:
    root = snapshot.target.root
    verdict = _judge_mount(snapshot, mount)
    if verdict.conflict is not None:
        return _refuse(root, verdict.conflict)
    issuer = snapshot.facts.root_issuer
    if issuer is not None:
        return _keep_generated(snapshot, mount, verdict)
    if not verdict.is_ours:
        return _refuse(root, Conflict(path=root.mount, note="it is not roottrust's to fill"))
    wanted = build_root(root)
    generate = Action(verb=Verb.CREATE, wanted=wanted)
    actions = (verdict.action, generate) if verdict.action else (generate,)
    return RootPlan(mount=root.mount, is_pending=True, actions=actions, managed=_list(verdict))


def _judge_mount(snapshot: Snapshot, mount: MountFacts | None) -> Verdict:
    def build(mark: Mark) -> VaultObject:
        return build_root_mount(snapshot.target.root, mark)

    return judge_marked(
        build,
        mount.get_fields() if mount else None,
        mark_text=mount.description if mount else None,
        claimant=snapshot.claimant,
        mark_field="description",
    )


def _keep_generated(snapshot: Snapshot, mount: MountFacts | None, verdict: Verdict) -> RootPlan:
    plan = plan_existing_root(snapshot, mount)
    managed = _list(verdict)
    if verdict.managed is not None and plan.certificate is not None:
        wanted = build_root(snapshot.target.root)
        managed += (ManagedObject(wanted=wanted, origin=verdict.managed.origin),)
    return replace(plan, actions=(verdict.action,) if verdict.action else (), managed=managed)


def _find_other_owner(snapshot: Snapshot, mount: MountFacts | None) -> Mark | None:
    mark = parse_mark(mount.description) if mount else None
    return None if mark is None or snapshot.claimant.owns(mark) else mark


def _is_gone(snapshot: Snapshot, mount: MountFacts | None) -> bool:
    return mount is None or snapshot.facts.root_issuer is None


def _build_lost(root: RootTarget, fingerprint: str) -> Fault:
    """Return the fault of a root that was used: another in its place would part the meshes."""
    return Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.ROOT_NOT_FOUND,
        message=f"The root {fingerprint} is gone from {root.mount}/: restore it there from your "
        f"backup. {describe_replacement(fingerprint)}",
    )


def _refuse(root: RootTarget, conflict: Conflict) -> RootPlan:
    fault = Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.CONFLICT,
        message=describe_conflicts((conflict,)),
    )
    return RootPlan(mount=root.mount, fault=fault, conflicts=(conflict,))


def _list(verdict: Verdict) -> tuple[ManagedObject, ...]:
    return (verdict.managed,) if verdict.managed else ()
