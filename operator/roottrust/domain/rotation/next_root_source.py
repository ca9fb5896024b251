"""Where a next root that is not there comes from: Vault, a Secret, or an administrator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from roottrust.api.choices import ConditionStatus, RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.certificate import Certificate, render_common_name
from roottrust.domain.conflict_text import describe_conflicts
from roottrust.domain.desired import (
    build_key_name,
    build_root,
    build_root_import,
    build_root_name,
)
from roottrust.domain.duration import build_hours
from roottrust.domain.facts import IssuerFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.names import COMMON_NAME_MAX_LENGTH
from roottrust.domain.own_root import update
from roottrust.domain.ownership import Conflict
from roottrust.domain.reasons import Reason
from roottrust.domain.root_check import find_root_fault
from roottrust.domain.root_remedy import build_secret_remedy
from roottrust.domain.rotation.next_root_check import (
    find_fault_beside,
    find_fault_of_life,
    find_previous,
    refuse,
)
from roottrust.domain.rotation.next_root_place import Place, build_wish
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.some_names import list_some
from roottrust.domain.target import RootTarget

_DAY = timedelta(days=1)
_MAX_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What makes the next root, or why nothing does."""

    actions: tuple[Action, ...] = ()
    fault: Fault | None = None


def plan_source(snapshot: Snapshot, rotation: RotationTarget, place: Place) -> Wanted:
    """Work out how the next root comes into the mount."""
    wish, previous = build_wish(rotation), find_previous(snapshot, rotation)
    if rotation.phase is not RotationPhase.PREPARE:
        return Wanted(fault=_build_gone(wish))
    if previous is None or previous.certificate is None or place.mount is None:
        message = "The root in use is not in Vault as it was: see the condition VaultConfigured."
        return Wanted(fault=refuse(message, Reason.ROOT_NOT_FOUND))
    if wish.source is RootSource.EXISTING:
        return Wanted(fault=_ask_for_issuer(snapshot, rotation, wish))
    if not place.is_ours:
        return Wanted(fault=_refuse_to_fill(wish, place))
    if wish.source is RootSource.IMPORT:
        return _import(snapshot, rotation, wish, previous.certificate)
    return _generate(snapshot, wish, previous.certificate)


def complete_root(
    snapshot: Snapshot, rotation: RotationTarget, place: Place, found: IssuerFacts
) -> tuple[Action, ...]:
    """Return the write that gives a root its key that Vault has without one, if the Secret can."""
    secret = snapshot.root_secret
    is_asked = rotation.next.source is RootSource.IMPORT and place.is_ours
    is_early = rotation.phase in {RotationPhase.PREPARE, RotationPhase.STAND}
    if found.has_key or not (is_asked and is_early) or not isinstance(secret, ImportedRoot):
        return ()
    if secret.certificate != found.certificate:
        return ()
    wanted = build_root_import(build_wish(rotation), secret.bundle)
    return (Action(verb=Verb.CREATE, wanted=wanted),)


def choose_common_name(wish: RootTarget, *, generation: int, previous: Certificate) -> str:
    """Return the name of a root that Vault makes: another one than that of the root in use.

    Vault gives a cross-certificate between namesakes the wrong authority key id, as Go does where
    subject and issuer are alike: OpenSSL and Envoy refuse it.
    """
    name = wish.common_name
    known = {render_common_name(name), render_common_name(_add_generation(name, generation))}
    return _add_generation(name, wish.generation) if previous.subject in known else name


def _add_generation(name: str, generation: int) -> str:
    ending = f" g{generation}"
    return name[: COMMON_NAME_MAX_LENGTH - len(ending)] + ending


def _generate(snapshot: Snapshot, wish: RootTarget, previous: Certificate) -> Wanted:
    fault = find_fault_of_life(wish, previous, snapshot)
    if fault is not None:
        return Wanted(fault=fault)
    generation = snapshot.target.root.generation
    name = choose_common_name(wish, generation=generation, previous=previous)
    wanted = build_root(replace(wish, common_name=name))
    return Wanted(actions=(Action(verb=Verb.CREATE, wanted=wanted),))


def _import(
    snapshot: Snapshot, rotation: RotationTarget, wish: RootTarget, previous: Certificate
) -> Wanted:
    secret, name = snapshot.root_secret, str(wish.secret)
    if isinstance(secret, Unread):
        return Wanted(fault=build_fault(secret.error))
    if secret is None:
        message = f"Put the next root and its key into Secret {name}."
        return Wanted(fault=refuse(message, Reason.SECRET_NOT_FOUND))
    fault = _find_fault_of_secret(snapshot, secret.certificate, previous, name=name)
    if fault is not None:
        return Wanted(fault=fault)
    known = _find_imported(snapshot, rotation, secret.certificate)
    if known is None:
        wanted = build_root_import(wish, secret.bundle)
        return Wanted(actions=(Action(verb=Verb.CREATE, wanted=wanted),))
    if known.issuer_name:
        return Wanted(fault=_refuse_other_name(wish, known))
    return Wanted(
        actions=(
            *([update(build_key_name(wish, known.key_id), {})] if known.key_id else []),
            update(build_root_name(wish, known.issuer_id), {}),
        )
    )


def _find_fault_of_secret(
    snapshot: Snapshot, certificate: Certificate, previous: Certificate, *, name: str
) -> Fault | None:
    if certificate.fingerprint == previous.fingerprint:
        return refuse(
            f"Secret {name} holds the root in use: put the next root and its key there instead.",
            Reason.INVALID_ROOT_SECRET,
        )
    remedy = build_secret_remedy(name)
    found = find_root_fault(certificate, now=snapshot.now, has_key=True, remedy=remedy)
    if found is not None:
        return refuse(f"The next root will not do. {found.message}", found.reason)
    return find_fault_beside(certificate, previous, remedy=remedy.replace)


def _find_imported(
    snapshot: Snapshot, rotation: RotationTarget, certificate: Certificate
) -> IssuerFacts | None:
    return next(
        (
            each
            for each in snapshot.facts.beside
            if each.certificate == certificate and each.issuer_id != rotation.previous.issuer
        ),
        None,
    )


def _refuse_other_name(wish: RootTarget, known: IssuerFacts) -> Fault:
    return refuse(
        f"The root of Secret {wish.secret} is in {wish.mount}/ already, as issuer "
        f"{known.issuer_name}: call it {wish.issuer} by `vault patch {wish.mount}/issuer/"
        f"{known.issuer_id} issuer_name={wish.issuer}`, or put another root into the Secret.",
        Reason.ROOT_FOUND,
    )


def _refuse_to_fill(wish: RootTarget, place: Place) -> Fault:
    conflict = place.conflict or Conflict(path=wish.mount, note="it is not roottrust's to fill")
    return refuse(
        f"{describe_conflicts((conflict,))} Or put the next root there yourself, as issuer "
        f"{wish.issuer}, and set management.root.source: Existing.",
        Reason.CONFLICT,
    )


def _build_gone(wish: RootTarget) -> Fault:
    return refuse(
        f"The next root, issuer {wish.issuer}, is gone from {wish.mount}/: restore it there from "
        "your backup, or roll the rotation back.",
        Reason.ROOT_NOT_FOUND,
    )


def _ask_for_issuer(snapshot: Snapshot, rotation: RotationTarget, wish: RootTarget) -> Fault:
    mount, name = wish.mount, wish.issuer
    others = [
        each.issuer_name or each.issuer_id
        for each in snapshot.facts.beside
        if each.issuer_id != rotation.previous.issuer
    ]
    has = f" (beside the root in use it has {list_some(others, most=_MAX_NAMES)})" if others else ""
    return Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.ROOT_NOT_FOUND,
        message=f"The mount {mount}/ has no issuer {name}, the next root{has}: make it by `vault "
        f"write {mount}/root/generate/internal issuer_name={name} common_name=NAME ttl="
        f"{build_hours(wish.ttl_days)}`, or import it with its key by `vault write {mount}/issuers/"
        f"import/bundle pem_bundle=@FILE` and name it by `vault patch {mount}/issuer/ID "
        f"issuer_name={name}`.",
    )
