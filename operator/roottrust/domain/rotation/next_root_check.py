"""Whether a root may take the place of the one in use: what is wrong with it, beside that one."""

from __future__ import annotations

from datetime import timedelta

from roottrust.api.choices import ConditionStatus
from roottrust.domain.certificate import Certificate
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import ISSUING, IssuerFacts
from roottrust.domain.fault import Fault
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.root_remedy import build_remedy
from roottrust.domain.rotation.next_root_place import build_wish
from roottrust.domain.rotation.vault_target import RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.subject_key import encode_key
from roottrust.domain.target import RootTarget

_HEX = 12


def find_previous(snapshot: Snapshot, rotation: RotationTarget) -> IssuerFacts | None:
    """Return the root in use, if what Vault has by its id is still that one."""
    issuer, wanted = snapshot.facts.root_issuer, rotation.previous
    if not isinstance(issuer, IssuerFacts) or issuer.certificate is None:
        return None
    found = (issuer.issuer_id, issuer.certificate.fingerprint)
    return issuer if found == (wanted.issuer, wanted.fingerprint) else None


def find_next_fault(
    snapshot: Snapshot, rotation: RotationTarget, plan: RootPlan, found: IssuerFacts
) -> Fault | None:
    """Return why the next root will not do; `plan` is what it would be as a root by itself."""
    if plan.fault is not None:
        return refuse(f"The next root will not do. {plan.fault.message}", plan.fault.reason)
    if not found.may_sign:
        mount, wish = rotation.next.mount, build_wish(rotation)
        return refuse(
            f"The issuer {wish.issuer} in {mount}/ may not sign: give it the usage {ISSUING}, or "
            f"{build_remedy(wish).replace}."
        )
    previous = find_previous(snapshot, rotation)
    if previous is None or previous.certificate is None or plan.certificate is None:
        return None
    remedy = build_remedy(build_wish(rotation)).replace
    return find_fault_beside(plan.certificate, previous.certificate, remedy=remedy)


def find_fault_beside(
    certificate: Certificate, previous: Certificate, *, remedy: str
) -> Fault | None:
    """Return why a root, sound by itself, cannot follow the one in use."""
    if certificate.fingerprint == previous.fingerprint:
        return refuse(f"The next root is the very root in use: {remedy}.")
    key = encode_key(certificate)
    if key is not None and key == encode_key(previous):
        return refuse(
            f"The next root ({certificate.fingerprint[:_HEX]}) has the same key as the one in use: "
            f"{remedy}."
        )
    if certificate.not_after < previous.not_after:
        return refuse(
            f"The next root ends at {show_time(certificate.not_after)}, before the one in use "
            f"({show_time(previous.not_after)}): {remedy}.",
            Reason.ROOT_EXPIRES_TOO_SOON,
        )
    return None


def find_fault_of_life(wish: RootTarget, previous: Certificate, snapshot: Snapshot) -> Fault | None:
    """Return why no root need be made that is asked for: it would end before the one in use."""
    if previous.not_after - snapshot.now < timedelta(days=wish.ttl_days):
        return None
    return refuse(
        f"A root of management.root.ttlDays {wish.ttl_days} would end before the one in use "
        f"({show_time(previous.not_after)}): raise ttlDays.",
        Reason.ROOT_EXPIRES_TOO_SOON,
    )


def refuse(message: str, reason: Reason = Reason.ROOT_NOT_USABLE) -> Fault:
    """Return a fault that a person has to do something about."""
    return Fault(status=ConditionStatus.FALSE, reason=reason, message=message)
