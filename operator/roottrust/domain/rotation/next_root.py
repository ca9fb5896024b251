"""The next root's part of a plan: made, imported or found beside the one in use, and checked.

It is always the issuer called roottrust-gN after its generation, which Vault gives to no second one
(pki root/generate, issuer/<id>). The one in use stays as it is until the next one may take over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.api.choices import ConditionStatus, RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.certificate import Certificate
from roottrust.domain.desired import (
    build_default_issuer,
    build_issuer_usage,
    build_key_name,
    build_root,
    build_root_import,
    build_root_name,
)
from roottrust.domain.existing_root import RootPlan, UsableRoot
from roottrust.domain.facts import ISSUING, IssuerFacts, MountFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.mark import parse_mark
from roottrust.domain.moment import show_time
from roottrust.domain.names import build_issuer_name
from roottrust.domain.own_root import update
from roottrust.domain.ownership import ManagedObject
from roottrust.domain.reasons import Reason
from roottrust.domain.root_check import compute_ttl_days, find_root_fault
from roottrust.domain.root_remedy import Remedy
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.subject_key import encode_key

_HEX = 12


@dataclass(frozen=True, kw_only=True)
class NextRootPlan:
    """What is there and what to write; `fault` is why there is no next root to go on with.

    `default_fault` is what somebody changed by hand in the meantime. `is_done` says that nothing is
    left to be written of what the phase asks for.
    """

    usable: UsableRoot | None = None
    fault: Fault | None = None
    default_fault: Fault | None = None
    actions: tuple[Action, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    warnings: tuple[str, ...] = ()
    is_pending: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all is written."""
        return not (self.actions or self.fault or self.default_fault)


def plan_next_root(snapshot: Snapshot, root: RootPlan) -> NextRootPlan | None:
    """Work out the root that is to take the place of the one in use, None if none is."""
    rotation = snapshot.target.rotation
    if rotation is None:
        return None
    found = snapshot.facts.next_issuer
    if isinstance(found, Unread):
        return NextRootPlan(fault=build_fault(found.error))
    if root.usable is None:
        return NextRootPlan(fault=_refuse("The root in use cannot be used as it is."))
    default_fault = _find_interference(snapshot, rotation, found)
    plan = (
        _plan_missing(snapshot, rotation, root)
        if found is None
        else _plan_found(snapshot, rotation, root, found)
    )
    if default_fault is not None:
        return replace(plan, default_fault=default_fault, actions=())
    return plan


def _plan_found(
    snapshot: Snapshot, rotation: RotationTarget, root: RootPlan, found: IssuerFacts
) -> NextRootPlan:
    fault = _find_fault(snapshot, rotation, root, found)
    certificate = found.certificate
    if certificate is None or (fault is not None and rotation.phase is not RotationPhase.RETURN):
        return NextRootPlan(fault=fault)
    mount = snapshot.facts.mounts.get(rotation.next.mount)
    ttl = compute_ttl_days(
        wanted_days=snapshot.target.intermediate.ttl_days,
        root_not_after=certificate.not_after,
        now=snapshot.now,
        mount_max_seconds=mount.max_ttl_seconds if mount else None,
    )
    if not ttl.is_possible and rotation.phase is not RotationPhase.RETURN:
        message = (
            f"The next root, or max_lease_ttl of {rotation.next.mount}/, leaves intermediates less "
            "than a day: tune the mount, or give a root that lives longer."
        )
        return NextRootPlan(fault=_refuse(message, reason=Reason.ROOT_EXPIRES_TOO_SOON))
    usable = UsableRoot(issuer_id=found.issuer_id, certificate=certificate, ttl_days=ttl.days)
    actions, warnings = _list_withdrawals(snapshot, rotation, found)
    return NextRootPlan(
        usable=usable, actions=actions, warnings=warnings, managed=_list_managed(rotation, root)
    )


def _list_managed(rotation: RotationTarget, root: RootPlan) -> tuple[ManagedObject, ...]:
    """Return the next root if it lies in a mount that is kept up."""
    if rotation.next.source is RootSource.EXISTING or not root.managed:
        return ()
    wanted = build_root(replace(rotation.next, generation=rotation.generation))
    return (ManagedObject(wanted=wanted, origin=root.managed[0].origin),)


def _list_withdrawals(
    snapshot: Snapshot, rotation: RotationTarget, found: IssuerFacts
) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """Return what lets only one of the roots sign: the next one, or after a roll-back not that."""
    mount = rotation.next.mount
    if rotation.phase is RotationPhase.RETIRE:
        previous = snapshot.facts.root_issuer
        default = _change_default(snapshot, rotation, found)
        if not isinstance(previous, IssuerFacts) or not previous.may_sign:
            return default, ()
        return (*default, *_withdraw(mount, previous)), _warn_of_usage(previous)
    if rotation.phase is RotationPhase.RETURN and found.may_sign and found.usages is not None:
        if rotation.next.source is RootSource.EXISTING:
            name = build_issuer_name(rotation.generation)
            left = f"The issuer {name} in {mount}/ may still sign: it is yours to remove."
            return (), (left,)
        return _withdraw(mount, found), ()
    return (), ()


def _change_default(
    snapshot: Snapshot, rotation: RotationTarget, found: IssuerFacts
) -> tuple[Action, ...]:
    """Return the write that makes the next root the default one, if the one in use was that."""
    default = snapshot.facts.default_issuer
    if default == found.issuer_id or rotation.default_issuer != rotation.previous.issuer:
        return ()
    wanted = build_default_issuer(rotation.next, found.issuer_id)
    return (update(wanted, {"default": default or ""}),)


def _withdraw(mount: str, issuer: IssuerFacts) -> tuple[Action, ...]:
    if issuer.usages is None:
        return ()
    left = issuer.usages - {ISSUING}
    wanted = build_issuer_usage(mount, issuer.issuer_id, left)
    return (update(wanted, {"usage": ",".join(sorted(issuer.usages))}),)


def _warn_of_usage(previous: IssuerFacts) -> tuple[str, ...]:
    if previous.usages is not None:
        return ()
    return ("Vault does not tell what the previous root may be used for: it may still sign.",)


def _plan_missing(snapshot: Snapshot, rotation: RotationTarget, root: RootPlan) -> NextRootPlan:
    name = build_issuer_name(rotation.generation)
    if rotation.phase is RotationPhase.RETURN:
        return NextRootPlan()
    if rotation.phase is not RotationPhase.PREPARE:
        return NextRootPlan(
            fault=_refuse(
                f"The issuer {name} is gone from {rotation.next.mount}/: restore it there from "
                "your backup, or roll the rotation back.",
                reason=Reason.ROOT_NOT_FOUND,
            )
        )
    match rotation.next.source:
        case RootSource.EXISTING:
            return NextRootPlan(fault=_ask_for_issuer(rotation, name))
        case RootSource.GENERATE:
            return _generate(snapshot, rotation, root)
        case RootSource.IMPORT:
            return _import(snapshot, rotation, root)


def _ask_for_issuer(rotation: RotationTarget, name: str) -> Fault:
    mount = rotation.next.mount
    return Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.ROOT_NOT_FOUND,
        message=f"The next root is still to be put into {mount}/: make it by `vault write "
        f"{mount}/root/generate/internal issuer_name={name} common_name=… ttl=…`, or import it and "
        f"call its issuer so by `vault patch {mount}/issuer/ID issuer_name={name}`.",
    )


def _generate(snapshot: Snapshot, rotation: RotationTarget, root: RootPlan) -> NextRootPlan:
    refusal = _find_stranger(snapshot, rotation)
    if refusal is not None:
        return NextRootPlan(fault=refusal)
    wanted = build_root(replace(rotation.next, generation=rotation.generation))
    create = Action(verb=Verb.CREATE, wanted=wanted)
    return NextRootPlan(actions=(create,), is_pending=True, managed=_list_managed(rotation, root))


def _import(snapshot: Snapshot, rotation: RotationTarget, root: RootPlan) -> NextRootPlan:
    secret, name = snapshot.root_secret, str(rotation.next.secret)
    if isinstance(secret, Unread):
        return NextRootPlan(fault=build_fault(secret.error))
    refusal = _find_stranger(snapshot, rotation)
    if refusal is not None:
        return NextRootPlan(fault=refusal)
    if not isinstance(secret, ImportedRoot):
        return NextRootPlan(fault=_refuse(f"Put the next root into Secret {name}."))
    if secret.certificate.fingerprint == rotation.previous.fingerprint:
        message = (
            f"Secret {name} holds the root in use: put the next root and its key there instead."
        )
        return NextRootPlan(fault=_refuse(message, reason=Reason.INVALID_ROOT_SECRET))
    target = replace(rotation.next, generation=rotation.generation)
    unnamed = next(
        (each for each in snapshot.facts.beside if each.certificate == secret.certificate), None
    )
    if unnamed is None:
        fault = _check(secret.certificate, snapshot, root, has_key=True)
        if fault is not None:
            return NextRootPlan(fault=fault)
        bundle = build_root_import(target, secret.bundle)
        create = Action(verb=Verb.CREATE, wanted=bundle)
        return NextRootPlan(actions=(create,), is_pending=True)
    if unnamed.issuer_name:
        message = (
            f"The root of Secret {name} is in {rotation.next.mount}/ already, as issuer "
            f"{unnamed.issuer_name}: put another root into the Secret."
        )
        return NextRootPlan(fault=_refuse(message, reason=Reason.ROOT_FOUND))
    naming = (
        update(build_key_name(target, unnamed.key_id), {}),
        update(build_root_name(target, unnamed.issuer_id), {}),
    )
    return NextRootPlan(actions=naming, is_pending=True)


def _find_stranger(snapshot: Snapshot, rotation: RotationTarget) -> Fault | None:
    """Return why the mount is not ours to put a root into."""
    mount: MountFacts | None = snapshot.facts.mounts.get(rotation.next.mount)
    mark = parse_mark(mount.description) if mount else None
    if mark is not None and snapshot.claimant.owns(mark):
        return None
    name = build_issuer_name(rotation.generation)
    return _refuse(
        f"The mount {rotation.next.mount}/ is not roottrust's to fill: put the next root there "
        f"yourself, as issuer {name}, and set management.root.source: Existing.",
        reason=Reason.CONFLICT,
    )


def _find_fault(
    snapshot: Snapshot, rotation: RotationTarget, root: RootPlan, found: IssuerFacts
) -> Fault | None:
    name = build_issuer_name(rotation.generation)
    if found.certificate is None:
        return _refuse(f"The issuer {name} in {rotation.next.mount}/ is no certificate to be read.")
    if not found.may_sign and rotation.phase is not RotationPhase.RETURN:
        return _refuse(
            f"The issuer {name} in {rotation.next.mount}/ may not sign: give it the usage "
            f"{ISSUING}, or raise rotation.rootGeneration for another one."
        )
    return _check(found.certificate, snapshot, root, has_key=found.has_key)


def _check(
    certificate: Certificate, snapshot: Snapshot, root: RootPlan, *, has_key: bool
) -> Fault | None:
    """Return why a certificate cannot take the place of the root in use."""
    remedy = _build_remedy()
    found = find_root_fault(certificate, now=snapshot.now, has_key=has_key, remedy=remedy)
    if found is not None:
        return _refuse(f"Of the next root: {found.message}", reason=found.reason)
    used = root.usable.certificate if root.usable else None
    if used is None:
        return None
    key = encode_key(certificate)
    if key is not None and key == encode_key(used):
        return _refuse(
            f"The next root ({certificate.fingerprint[:_HEX]}) has the same key as the one in use: "
            f"{remedy.replace}."
        )
    if certificate.not_after <= used.not_after:
        return _refuse(
            f"The next root ends at {show_time(certificate.not_after)}, before the one in use "
            f"({show_time(used.not_after)}): {remedy.replace}."
        )
    return None


def _build_remedy() -> Remedy:
    replace_it = "give another one, and raise rotation.rootGeneration once more"
    return Remedy(replace=replace_it, renew=replace_it, key="import its key into the mount too")


def _find_interference(
    snapshot: Snapshot, rotation: RotationTarget, found: IssuerFacts | None
) -> Fault | None:
    """Return that the default issuer was changed by hand: what names no issuer signs under it."""
    default, wanted = snapshot.facts.default_issuer, rotation.default_issuer
    allowed = {wanted}
    if rotation.phase is RotationPhase.RETIRE and found is not None:
        allowed.add(found.issuer_id)
    if default is None or not wanted or default in allowed:
        return None
    mount = rotation.next.mount
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.ROOT_CHANGED,
        message=f"Somebody has made {default or 'none'} the default issuer of {mount}/ while its "
        f"root is rotated: set it back by `vault write {mount}/config/issuers default={wanted}`.",
    )


def _refuse(message: str, *, reason: Reason = Reason.ROOT_NOT_USABLE) -> Fault:
    return Fault(status=ConditionStatus.FALSE, reason=reason, message=message)
