"""Letting only one of two roots sign: the next one, or after a roll-back not that one.

What a mount that is not ours holds is left as it is, and told with the commands that change it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action
from roottrust.domain.desired import (
    build_default_issuer,
    build_issuer_revocation,
    build_issuer_usage,
)
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
    default = snapshot.facts.default_issuer
    done = _retire(snapshot, rotation, is_ours=is_ours)
    if default != rotation.previous.issuer or default == following.issuer_id:
        return done
    if not is_ours:
        return replace(done, left=(_tell_default(rotation, following), *done.left))
    wanted = build_default_issuer(rotation.next, following.issuer_id)
    return replace(done, actions=(update(wanted, {"default": default}), *done.actions))


def _retire(snapshot: Snapshot, rotation: RotationTarget, *, is_ours: bool) -> Withdrawal:
    """Return what takes the right to sign from the previous root; a compromised one for ever."""
    previous, mount = find_previous(snapshot, rotation), rotation.next.mount
    if previous is None:
        return Withdrawal()
    done = _withdraw(mount, previous, is_ours=is_ours)
    if not rotation.is_compromised or previous.is_revoked:
        return done
    if not is_ours:
        return replace(done, left=(*done.left, _tell_revocation(mount, previous)))
    wanted = build_issuer_revocation(mount, previous.issuer_id)
    # What is revoked never signs, whatever Vault tells of its usage: nothing is left to warn of.
    return Withdrawal(actions=(*done.actions, update(wanted, {"revoked": "false"})))


def plan_return(rotation: RotationTarget, found: IssuerFacts, *, is_ours: bool) -> Withdrawal:
    """Return what keeps the next root from signing; an administrator's own is theirs to keep."""
    is_ours = is_ours and rotation.next.source is not RootSource.EXISTING
    done = _withdraw(rotation.next.mount, found, is_ours=is_ours)
    return Withdrawal(actions=done.actions, warnings=(*done.warnings, *done.left))


def _withdraw(mount: str, issuer: IssuerFacts, *, is_ours: bool) -> Withdrawal:
    """Return what takes the right to sign from one of the roots, if it has that."""
    if not issuer.may_sign:
        return Withdrawal()
    if issuer.usages is None:
        return Withdrawal(warnings=(_warn_untold(mount, issuer),))
    usages = issuer.usages - {ISSUING}
    if not is_ours:
        return Withdrawal(left=(_tell_signing(mount, issuer, usages),))
    wanted = build_issuer_usage(mount, issuer.issuer_id, usages)
    return Withdrawal(actions=(update(wanted, {"usage": ",".join(sorted(issuer.usages))}),))


def _tell_default(rotation: RotationTarget, following: UsableRoot) -> str:
    mount = rotation.next.mount
    return (
        f"The previous root is still the default issuer of {mount}/, which is not roottrust's "
        f"to change: `vault write {mount}/config/issuers default={following.issuer_id}`."
    )


def _tell_signing(mount: str, issuer: IssuerFacts, usages: frozenset[str]) -> str:
    left = ",".join(sorted(usages))
    advice = f": `vault patch {mount}/issuer/{issuer.issuer_id} usage={left}`" if left else ""
    return (
        f"The issuer {issuer.issuer_name or issuer.issuer_id} in {mount}/ may still sign, and is "
        f"not roottrust's to change{advice}."
    )


def _tell_revocation(mount: str, issuer: IssuerFacts) -> str:
    return (
        f"The compromised root {issuer.issuer_name or issuer.issuer_id} in {mount}/ is still to be "
        f"revoked, and is not roottrust's to change: `vault write -force "
        f"{mount}/issuer/{issuer.issuer_id}/revoke`."
    )


def _warn_untold(mount: str, issuer: IssuerFacts) -> str:
    return (
        f"Vault does not tell what the issuer {issuer.issuer_name or issuer.issuer_id} in {mount}/ "
        "may be used for: it may still sign."
    )
