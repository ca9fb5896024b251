"""A root that the policy itself has put into Vault, or is to: what Generate and Import share."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action, Verb
from roottrust.domain.conflict_text import describe_conflicts
from roottrust.domain.desired import build_default_issuer, build_root
from roottrust.domain.existing_root import RootPlan, UsableRoot, plan_existing_root
from roottrust.domain.facts import IssuerFacts, MountFacts
from roottrust.domain.fault import Fault
from roottrust.domain.ownership import Conflict, ManagedObject, Verdict
from roottrust.domain.reasons import Reason
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget
from roottrust.domain.vault_object import VaultObject, find_differences


def keep_own_root(
    snapshot: Snapshot,
    mount: MountFacts | None,
    verdict: Verdict,
    *,
    naming: tuple[Action, ...] = (),
) -> RootPlan:
    """Use the root that is there and keep its mount as we want it; it is named once it is sound."""
    plan = plan_existing_root(snapshot, foresee_mount(mount, verdict))
    managed = list_managed(verdict)
    is_named = not naming or plan.usable is not None
    if verdict.managed is not None and plan.certificate is not None and is_named:
        wanted = build_root(snapshot.target.root)
        managed += (ManagedObject(wanted=wanted, origin=verdict.managed.origin),)
    actions = list_actions(verdict)
    warnings = plan.warnings
    if plan.usable is not None:
        default = _find_wrong_default(snapshot, plan.usable)
        actions += naming
        if default is not None and verdict.is_ours:
            actions += (default,)
        elif default is not None:
            warnings += (_warn_of_default(snapshot.target.root),)
    return replace(plan, actions=actions, managed=managed, warnings=warnings)


def foresee_mount(mount: MountFacts | None, verdict: Verdict) -> MountFacts | None:
    """Return the mount as it will be: what lets its root's certificates live is written first."""
    if mount is None or verdict.action is None:
        return mount
    return replace(mount, max_ttl_seconds=verdict.action.wanted.fields["max_lease_ttl"])


def update(wanted: VaultObject, found: dict[str, str]) -> Action:
    """Return the write that brings an object to what we want."""
    return Action(verb=Verb.UPDATE, wanted=wanted, differences=find_differences(wanted, found))


def list_actions(verdict: Verdict) -> tuple[Action, ...]:
    """Return the write of the mount, if it needs one."""
    return (verdict.action,) if verdict.action else ()


def list_managed(verdict: Verdict) -> tuple[ManagedObject, ...]:
    """Return the mount, if it is relied on."""
    return (verdict.managed,) if verdict.managed else ()


def refuse(root: RootTarget, conflict: Conflict) -> RootPlan:
    """Return the plan of a root whose place is somebody else's."""
    fault = Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.CONFLICT,
        message=describe_conflicts((conflict,)),
    )
    return RootPlan(mount=root.mount, fault=fault, conflicts=(conflict,))


def refuse_to_fill(root: RootTarget) -> RootPlan:
    """Return the plan of a root whose mount nobody marked, and nobody lets us have."""
    return refuse(root, Conflict(path=root.mount, note="it is not roottrust's to fill"))


def refuse_second_root(snapshot: Snapshot) -> RootPlan:
    """Return the plan of a root whose mount has another one: which would sign is anyone's guess."""
    root = snapshot.target.root
    found = _choose_shown(snapshot.facts.other_issuers)
    certificate = found.certificate
    what = f"{certificate.subject!r}, {certificate.fingerprint}" if certificate else found.issuer_id
    return refuse_found(
        root,
        f"The mount {root.mount}/ has a root already ({what}): use it with management.root.source: "
        "Existing, or name another mount in caPath.",
    )


def refuse_found(root: RootTarget, message: str) -> RootPlan:
    """Return the plan of a root beside one that is there."""
    fault = Fault(status=ConditionStatus.FALSE, reason=Reason.ROOT_FOUND, message=message)
    return RootPlan(mount=root.mount, fault=fault)


def _choose_shown(issuers: tuple[IssuerFacts, ...]) -> IssuerFacts:
    roots = (each for each in issuers if each.certificate and each.certificate.is_self_signed)
    return next(roots, issuers[0])


def _find_wrong_default(snapshot: Snapshot, usable: UsableRoot) -> Action | None:
    """Return the write that makes our root the default one, where agents need not name it."""
    found, target = snapshot.facts.default_issuer, snapshot.target
    if target.unnamed_ca_path is None or target.rotation is not None:
        return None
    if found in {None, usable.issuer_id}:
        return None
    wanted = build_default_issuer(snapshot.target.root, usable.issuer_id)
    return update(wanted, {"default": found or ""})


def _warn_of_default(root: RootTarget) -> str:
    return (
        f"Another issuer than {root.issuer} is the default one of {root.mount}/, and signs what "
        "agents send to caPath itself: make it the default, or unset allowUnnamedIssuer."
    )
