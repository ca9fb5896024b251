"""The root's part of a plan: found as it is, generated or imported where the policy says so."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import ConditionStatus, RootSource
from roottrust.domain.conflict_text import ADOPT_ANNOTATION
from roottrust.domain.desired import build_root_mount
from roottrust.domain.existing_root import RootPlan, describe_replacement, plan_existing_root
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread
from roottrust.domain.fault import Fault
from roottrust.domain.generated_root import plan_generated_root
from roottrust.domain.mark import Mark, parse_mark
from roottrust.domain.names import build_issuer_name
from roottrust.domain.own_root import keep_own_root, refuse
from roottrust.domain.ownership import Verdict, judge_marked
from roottrust.domain.reasons import Reason
from roottrust.domain.root_import import can_restore, plan_imported_root, warn_of_secret
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget
from roottrust.domain.vault_object import VaultObject


def plan_root(snapshot: Snapshot) -> RootPlan:
    """Work out the root; one that another policy made or is to make is used as it is."""
    root = snapshot.target.root
    mount = snapshot.facts.mounts.get(root.mount)
    known = snapshot.known_root
    is_lost = known is not None and _is_gone(snapshot, mount)
    if known is not None and is_lost and (is_rotated(root) or not can_restore(snapshot)):
        return RootPlan(mount=root.mount, fault=_build_lost(root, known))
    if root.source is RootSource.EXISTING or _is_foreign(snapshot):
        return plan_existing_root(snapshot, mount)
    owner = _find_other_owner(snapshot, mount)
    if owner is not None:
        return _share(snapshot, mount, owner)
    verdict = judge_root_mount(snapshot, mount)
    if verdict.conflict is not None:
        return refuse(root, verdict.conflict)
    if is_rotated(root):
        return _keep_rotated(snapshot, mount, verdict)
    if root.source is RootSource.IMPORT:
        return plan_imported_root(snapshot, mount, verdict)
    return plan_generated_root(snapshot, mount, verdict)


def _keep_rotated(snapshot: Snapshot, mount: MountFacts | None, verdict: Verdict) -> RootPlan:
    """Keep a root that a rotation concerns: management.root describes the one after it by now."""
    plan = keep_own_root(snapshot, mount, verdict)
    is_imported = snapshot.target.root.source is RootSource.IMPORT
    if plan.certificate is None or snapshot.target.rotation is not None or not is_imported:
        return plan
    return replace(plan, warnings=plan.warnings + warn_of_secret(snapshot, plan.certificate))


def is_rotated(root: RootTarget) -> bool:
    """Whether the root in use is known by Vault's id, as it is once a rotation concerns it."""
    return root.issuer is not None and root.issuer != build_issuer_name(1)


def _is_foreign(snapshot: Snapshot) -> bool:
    """Whether the root in use is none that we made, though the next one may be."""
    root, found = snapshot.target.root, snapshot.facts.root_issuer
    if not is_rotated(root) or not isinstance(found, IssuerFacts):
        return False
    return found.issuer_name != build_issuer_name(root.generation)


def _share(snapshot: Snapshot, mount: MountFacts | None, owner: Mark) -> RootPlan:
    root = replace(snapshot.target.root, owner=owner.describe_owner())
    shared = replace(snapshot, target=replace(snapshot.target, root=root))
    plan = plan_existing_root(shared, mount)
    return replace(plan, warnings=(*plan.warnings, _warn_of_owner(snapshot, owner)))


def _warn_of_owner(snapshot: Snapshot, owner: Mark) -> str:
    root = f"The root at {snapshot.target.root.mount}/ belongs to {owner.describe_owner()}"
    if snapshot.claimant.knows_as_gone(owner):
        return (
            f"{root}, which exists no more: to have this policy take it over, annotate it: "
            f"{ADOPT_ANNOTATION}=true."
        )
    return f"{root}: management.root of this policy does not count."


def judge_root_mount(snapshot: Snapshot, mount: MountFacts | None) -> Verdict:
    """Judge the mount that the roots of a policy lie in."""
    root = _keep_life(snapshot)

    def build(mark: Mark) -> VaultObject:
        return build_root_mount(root, mark)

    return judge_marked(
        build,
        mount.get_fields() if mount else None,
        mark_text=mount.description if mount else None,
        claimant=snapshot.claimant,
        mark_field="description",
    )


def _keep_life(snapshot: Snapshot) -> RootTarget:
    """Return the root with the life that it was made with: its mount follows no later edit.

    In a rotation the mount has to let both roots live.
    """
    root, facts, rotation = snapshot.target.root, snapshot.facts, snapshot.target.rotation
    following = rotation.next if rotation else root
    if following.source is not RootSource.GENERATE:
        return root
    days = _find_life(facts.root_issuer) or root.ttl_days
    if rotation is not None:
        days = max(days, _find_life(facts.next_issuer) or following.ttl_days)
    return replace(root, ttl_days=days)


def _find_life(issuer: IssuerFacts | Unread | None) -> int | None:
    """Return the days that a root was made for, None if it is not there to be seen."""
    made = issuer.certificate if isinstance(issuer, IssuerFacts) else None
    return made.life_days if made else None


def _find_other_owner(snapshot: Snapshot, mount: MountFacts | None) -> Mark | None:
    mark = parse_mark(mount.description) if mount else None
    return None if mark is None or snapshot.claimant.owns(mark) else mark


def _is_gone(snapshot: Snapshot, mount: MountFacts | None) -> bool:
    return mount is None or snapshot.facts.root_issuer is None


def _build_lost(root: RootTarget, fingerprint: str) -> Fault:
    """Return the fault of a root that was used: another in its place would part the meshes.

    Vault gives a root that is imported again another id, so a rotated one is found by its name.
    """
    name = f", as the issuer {build_issuer_name(root.generation)}" if root.generation > 1 else ""
    return Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.ROOT_NOT_FOUND,
        message=f"The root {fingerprint} is gone from {root.mount}/: restore it there from your "
        f"backup{name}. {describe_replacement(fingerprint)}",
    )
