"""A root as it is: whether it is there, and whether intermediates may be signed under it."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action
from roottrust.domain.certificate import Certificate
from roottrust.domain.duration import build_hours
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.ownership import Conflict, ManagedObject
from roottrust.domain.policy_document import can_name_issuer
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_one_line
from roottrust.domain.root_check import (
    TtlDecision,
    compute_ttl_days,
    find_root_fault,
    find_root_warnings,
)
from roottrust.domain.root_remedy import build_remedy
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.some_names import list_some
from roottrust.domain.target import RootTarget

REPLACE_ROOT_ANNOTATION = "admin.gloo.solo.io/replace-root"

_MAX_NAMES = 5
_MAX_ID = 64


@dataclass(frozen=True, kw_only=True)
class UsableRoot:
    """A root that may sign, and how long what it signs may live."""

    issuer_id: str
    certificate: Certificate
    ttl_days: int


@dataclass(frozen=True, kw_only=True)
class RootPlan:
    """Exactly one of `usable`, `fault` and `is_pending` says where the root is."""

    mount: str
    usable: UsableRoot | None = None
    fault: Fault | None = None
    is_pending: bool = False
    certificate: Certificate | None = None
    actions: tuple[Action, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_existing_root(snapshot: Snapshot, mount: MountFacts | None) -> RootPlan:
    """Work out whether the root that Vault has can be used as it is."""
    root = snapshot.target.root
    issuer = snapshot.facts.root_issuer
    if mount is None:
        return _missing(root, f"Vault has no mount {root.mount}/")
    if mount.type != "pki":
        what = f"The mount {root.mount}/ is of type {mount.type}, not pki"
        return _unusable(root, f"{what}: name another one in caPath.")
    if isinstance(issuer, Unread):
        return RootPlan(mount=root.mount, fault=build_fault(issuer.error))
    if issuer is None:
        return _missing_issuer(snapshot)
    return _check_issuer(snapshot, mount, issuer)


def _check_issuer(snapshot: Snapshot, mount: MountFacts, issuer: IssuerFacts) -> RootPlan:
    root = snapshot.target.root
    certificate = issuer.certificate
    if certificate is None:
        return _unusable(root, f"The root in {root.mount}/ is not a certificate we can read.")
    if not can_name_issuer(issuer.issuer_id):
        return _unusable(root, _describe_odd_issuer(root, issuer))
    known = snapshot.known_root
    if known is not None and known != certificate.fingerprint:
        return RootPlan(mount=root.mount, fault=_build_changed(root, known))
    if snapshot.target.rotation is None and not issuer.may_sign:
        return _retired(root, certificate)
    remedy = build_remedy(root)
    fault = find_root_fault(certificate, now=snapshot.now, has_key=issuer.has_key, remedy=remedy)
    if fault is not None:
        message = fault.message + _name_issuers_with_key(snapshot, issuer)
        return RootPlan(
            mount=root.mount,
            certificate=certificate,
            fault=Fault(status=ConditionStatus.FALSE, reason=fault.reason, message=message),
        )
    ttl = compute_ttl_days(
        wanted_days=snapshot.target.intermediate.ttl_days,
        root_not_after=certificate.not_after,
        now=snapshot.now,
        mount_max_seconds=mount.max_ttl_seconds,
    )
    if not ttl.is_possible:
        return RootPlan(mount=root.mount, certificate=certificate, fault=_build_too_late(root))
    return RootPlan(
        mount=root.mount,
        certificate=certificate,
        usable=UsableRoot(issuer_id=issuer.issuer_id, certificate=certificate, ttl_days=ttl.days),
        warnings=find_root_warnings(certificate, now=snapshot.now, remedy=remedy)
        + _warn_of_limit(snapshot, ttl),
    )


def describe_replacement(fingerprint: str) -> str:
    """Return how to give a root up: its fingerprint is named, so that this holds for it alone."""
    return (
        "If nothing relies on it any more, give it up by annotating this policy: "
        f"{REPLACE_ROOT_ANNOTATION}={fingerprint}."
    )


def _build_changed(root: RootTarget, fingerprint: str) -> Fault:
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.ROOT_CHANGED,
        message=f"The root in {root.mount}/ is another than {fingerprint}, which this policy uses: "
        f"{_describe_return(root)}. {describe_replacement(fingerprint)}",
    )


def _describe_odd_issuer(root: RootTarget, issuer: IssuerFacts) -> str:
    shown = build_one_line(issuer.issuer_id, limit=_MAX_ID)
    return (
        f"Vault's id of the issuer in {root.mount}/ is {shown!r}, which no Vault policy can name: "
        "name another issuer in caPath."
    )


def _warn_of_limit(snapshot: Snapshot, ttl: TtlDecision) -> tuple[str, ...]:
    mount = snapshot.target.root.mount
    wanted = snapshot.target.intermediate.ttl_days
    lives = f"Intermediates live {ttl.days} days instead of {wanted}"
    if ttl.limited_by == "mount":
        command = f"vault secrets tune -max-lease-ttl={build_hours(wanted + 1)} {mount}"
        return (f"{lives}: the mount {mount}/ allows no more; raise it with `{command}`.",)
    if ttl.limited_by == "root":
        return (f"{lives}: the root ends before.",)
    return ()


def _describe_return(root: RootTarget) -> str:
    if root.issuer is None:
        return "make that one the default issuer again"
    return f"give the name {root.issuer} back to that one's issuer"


def _missing_issuer(snapshot: Snapshot) -> RootPlan:
    root, others = snapshot.target.root, snapshot.facts.other_issuers
    if root.issuer is None and others:
        fault = Fault(
            status=ConditionStatus.UNKNOWN,
            reason=Reason.ROOT_NOT_FOUND,
            message=f"The mount {root.mount}/ has no default issuer: name one in caPath "
            f"({root.mount}/issuer/NAME/sign-intermediate), or make one the default (`vault write "
            f"{root.mount}/config/issuers default=NAME`); it has {_list_names(others)}.",
        )
        return RootPlan(mount=root.mount, fault=fault)
    has = f" (it has {_list_names(others)})" if others else ""
    what = f"issuer {root.issuer}" if root.issuer else "root"
    return _missing(root, f"The mount {root.mount}/ has no {what}{has}")


def _name_issuers_with_key(snapshot: Snapshot, issuer: IssuerFacts) -> str:
    """Return where a key is, for a root that has none."""
    others = tuple(each for each in snapshot.facts.other_issuers if each.has_key)
    if issuer.has_key or not others:
        return ""
    return f" With a key, the mount has {_list_names(others)}."


def _list_names(issuers: tuple[IssuerFacts, ...]) -> str:
    names = [each.issuer_name or each.issuer_id for each in issuers]
    return list_some(names, most=_MAX_NAMES)


def _missing(root: RootTarget, what: str) -> RootPlan:
    advice = "import the root there, or set management.root.source: Generate (or Import)"
    if root.owner is not None:
        advice = f"{root.owner} is to put the root there, see its status"
    fault = Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.ROOT_NOT_FOUND,
        message=f"{what}: {advice}.",
    )
    return RootPlan(mount=root.mount, fault=fault)


def _unusable(root: RootTarget, message: str) -> RootPlan:
    fault = Fault(status=ConditionStatus.FALSE, reason=Reason.ROOT_NOT_USABLE, message=message)
    return RootPlan(mount=root.mount, fault=fault)


def _retired(root: RootTarget, certificate: Certificate) -> RootPlan:
    """Return the plan of a root that may sign no more: as a rule another one took its place."""
    message = (
        f"The root {certificate.subject!r} in {root.mount}/ may sign nothing any more, as a root "
        "that a rotation has replaced: write the generation of the one that meshes have into "
        "rotation.rootGeneration (that of the issuer roottrust-g2 is 2), or let this one sign "
        "again (usage issuing-certificates)."
    )
    fault = Fault(status=ConditionStatus.FALSE, reason=Reason.ROOT_NOT_USABLE, message=message)
    return RootPlan(mount=root.mount, certificate=certificate, fault=fault)


def _build_too_late(root: RootTarget) -> Fault:
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.ROOT_EXPIRES_TOO_SOON,
        message=f"The root in {root.mount}/ or its mount's max_lease_ttl leaves intermediates less "
        f"than a day: tune the mount, or {build_remedy(root).replace}.",
    )
