"""Letting only one of two roots sign: the next one, or after a roll-back not that one.

What a mount that is not ours holds is left as it is, and told with the commands that change it.
"""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action
from roottrust.domain.desired import build_default_issuer, build_issuer_usage
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.facts import ISSUING, IssuerFacts
from roottrust.domain.own_root import update
from roottrust.domain.rotation.next_root_check import find_previous
from roottrust.domain.rotation.vault_target import RotationTarget
from roottrust.domain.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """What to write; `left` is what a person has to do, `warnings` what nobody can tell."""

    actions: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def plan_retirement(
    snapshot: Snapshot, rotation: RotationTarget, following: UsableRoot, *, is_ours: bool
) -> Withdrawal:
    """Return what makes the next root the default one, if the one before was it, and the last."""
    mount, previous = rotation.next.mount, find_previous(snapshot, rotation)
    default = snapshot.facts.default_issuer
    is_default = default == rotation.previous.issuer and default != following.issuer_id
    may_sign = previous is not None and previous.may_sign
    if not is_ours:
        return _tell_left(snapshot, rotation, following if is_default else None)
    actions = []
    if is_default:
        wanted = build_default_issuer(rotation.next, following.issuer_id)
        actions.append(update(wanted, {"default": default or ""}))
    if previous is None or not may_sign:
        return Withdrawal(actions=tuple(actions))
    if previous.usages is None:
        return Withdrawal(actions=tuple(actions), warnings=(_warn_untold(mount, previous),))
    return Withdrawal(actions=(*actions, _withdraw(mount, previous)))


def plan_return(rotation: RotationTarget, found: IssuerFacts, *, is_ours: bool) -> Withdrawal:
    """Return what keeps the next root from signing; an administrator's own is theirs to keep."""
    mount = rotation.next.mount
    if not found.may_sign:
        return Withdrawal()
    if found.usages is None:
        return Withdrawal(warnings=(_warn_untold(mount, found),))
    if rotation.next.source is RootSource.EXISTING or not is_ours:
        return Withdrawal(warnings=(_tell_signing(mount, found),))
    return Withdrawal(actions=(_withdraw(mount, found),))


def _withdraw(mount: str, issuer: IssuerFacts) -> Action:
    wanted = build_issuer_usage(mount, issuer.issuer_id, _list_left(issuer))
    return update(wanted, {"usage": ",".join(sorted(issuer.usages or ()))})


def _list_left(issuer: IssuerFacts) -> frozenset[str]:
    return (issuer.usages or frozenset()) - {ISSUING}


def _tell_left(
    snapshot: Snapshot, rotation: RotationTarget, default: UsableRoot | None
) -> Withdrawal:
    """Tell an administrator what the rotation leaves: the mount carries no mark of ours."""
    mount, previous = rotation.next.mount, find_previous(snapshot, rotation)
    left = []
    if default is not None:
        left.append(
            f"The previous root is still the default issuer of {mount}/, which is not roottrust's "
            f"to change: `vault write {mount}/config/issuers default={default.issuer_id}`."
        )
    if previous is None or not previous.may_sign:
        return Withdrawal(left=tuple(left))
    if previous.usages is None:
        return Withdrawal(left=tuple(left), warnings=(_warn_untold(mount, previous),))
    return Withdrawal(left=(*left, _tell_signing(mount, previous)))


def _tell_signing(mount: str, issuer: IssuerFacts) -> str:
    left = ",".join(sorted(_list_left(issuer)))
    advice = f": `vault patch {mount}/issuer/{issuer.issuer_id} usage={left}`" if left else ""
    return (
        f"The issuer {issuer.issuer_name or issuer.issuer_id} in {mount}/ may still sign, and is "
        f"not roottrust's to change{advice}."
    )


def _warn_untold(mount: str, issuer: IssuerFacts) -> str:
    return (
        f"Vault does not tell what the issuer {issuer.issuer_name or issuer.issuer_id} in {mount}/ "
        "may be used for: it may still sign."
    )
