"""How far a revocation is, in the words of a status: also what it does not do.

Vault's word counts for whoever asks Vault. Peers do not: istiod is given no CRL, so that only
another root, or their end, has compromised intermediates distrusted (ADR 48).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.domain.certificate import Certificate
from roottrust.domain.counted import count
from roottrust.domain.moment import show_time
from roottrust.domain.redaction import build_one_line
from roottrust.domain.rotation.revocation import (
    RevocationDecision,
    SignedIntermediate,
    find_trusted,
)
from roottrust.domain.some_names import list_some

_COMMANDS_SHOWN = 3
# What is not distrusted stands behind it, and must not be cut off.
_OBSTACLE_MAX = 600


@dataclass(frozen=True, kw_only=True)
class ToldRevocations:
    """What is to be told of all clusters of a policy, and what of it should not stay as it is."""

    entries: tuple[CompromisedIntermediates, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompromiseOrder:
    """What a person calls compromised, and whose the root is that they are under."""

    cluster: str
    generation: int
    mount: str
    owner: str

    @property
    def subject(self) -> str:
        """Which intermediates, as the beginning of a sentence."""
        return f"Intermediates of {self.cluster} below generation {self.generation}"


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why not all is revoked; `needs_person` says that it does not pass by itself."""

    message: str
    needs_person: bool = False


def tell_waiting(
    order: CompromiseOrder, obstacle: Obstacle, *, before: CompromisedIntermediates | None = None
) -> CompromisedIntermediates:
    """Return what is told before it is known which are compromised."""
    known = before or CompromisedIntermediates(cluster=order.cluster, generation=order.generation)
    why = build_one_line(obstacle.message, limit=_OBSTACLE_MAX)
    text = (
        f"{order.subject} are compromised, and are not revoked yet: {why} "
        f"{_tell_trust(order, known.trusted_until)}"
    )
    return _change(known, needs_person=obstacle.needs_person, message=text)


def tell_decision(
    order: CompromiseOrder,
    decision: RevocationDecision,
    *,
    issued_before: datetime,
    roots: tuple[Certificate, ...],
    obstacle: Obstacle | None,
    now: datetime,
) -> CompromisedIntermediates:
    """Return what is told of what was found; without an obstacle it is done."""
    trusted = find_trusted(decision.all, roots)
    entry = CompromisedIntermediates(
        cluster=order.cluster,
        generation=order.generation,
        issued_before=issued_before,
        revoked=len(decision.revoked),
        left=len(decision.left),
        trusted_until=max((each.certificate.not_after for each in trusted), default=None),
        root=_find_one_root(trusted, roots),
    )
    if obstacle is not None:
        return tell_waiting(order, obstacle, before=entry)
    return tell_done(order, _change(entry, revoked_at=now), root=None, now=now)


def tell_done(
    order: CompromiseOrder, entry: CompromisedIntermediates, *, root: str | None, now: datetime
) -> CompromisedIntermediates:
    """Return what is told of one that is done; `root` is the fingerprint of the one in use."""
    are = "is" if entry.revoked == 1 else "are"
    done = f"{order.subject}: {entry.revoked} {are} revoked in {order.mount}/."
    if not entry.revoked:
        rest = "It has none from before that has not ended."
    elif entry.trusted_until is None:
        rest = "Nobody trusts any of them."
    elif entry.trusted_until <= now:
        rest = "They have ended, and nobody trusts them any more."
    elif entry.root is not None and root is not None and root != entry.root:
        rest = "The root that they are under was replaced: nobody trusts them any more."
    else:
        rest = _tell_trust(order, entry.trusted_until)
    return _change(entry, left=0, needs_person=False, message=f"{done} {rest}")


def is_over(entry: CompromisedIntermediates, *, root: str | None, now: datetime) -> bool:
    """Whether nobody trusts them any more, so that nothing has to be warned of."""
    if entry.revoked_at is None:
        return False
    is_replaced = entry.root is not None and root is not None and root != entry.root
    return entry.trusted_until is None or entry.trusted_until <= now or is_replaced


def tell_hindrance(
    order: CompromiseOrder, left: tuple[SignedIntermediate, ...], why: str
) -> Obstacle:
    """Return why the hub may revoke nothing in a mount, with the commands that do."""
    return Obstacle(
        message=f"{why}, so that a person has to revoke {'it' if len(left) == 1 else 'them'}: "
        f"{_list_commands(order, left)}.",
        needs_person=True,
    )


def tell_refused(
    order: CompromiseOrder, left: tuple[SignedIntermediate, ...], why: str, *, needs_person: bool
) -> Obstacle:
    """Return what Vault has refused, with the commands that revoke where a person has to."""
    if not needs_person:
        return Obstacle(message=why)
    commands = f" Or revoke by hand: {_list_commands(order, left)}." if left else ""
    return Obstacle(message=f"{why}{commands}", needs_person=True)


def tell_doubtful(
    order: CompromiseOrder, doubtful: tuple[SignedIntermediate, ...], policies: Iterable[str]
) -> Obstacle:
    """Return that what is left may be in use by others, who are to rotate as well."""
    names = sorted(set(policies))
    commands = [
        f"`roottrust rotate intermediate {each} --cluster {order.cluster} --compromised`"
        for each in names
    ]
    return Obstacle(
        message=f"{count(len(doubtful), 'intermediate')} may be what an istiod of "
        f"{list_some(names)} has, for all of one cluster have one name: order the same there "
        f"({list_some(commands)}).",
        needs_person=True,
    )


def _change(entry: CompromisedIntermediates, **fields: Any) -> CompromisedIntermediates:
    """Return an entry with other fields, within the bounds of a status."""
    return CompromisedIntermediates.model_validate({**entry.model_dump(), **fields})


def _tell_trust(order: CompromiseOrder, until: datetime | None) -> str:
    end = show_time(until) if until else "they end"
    return (
        f"Revoked or not, peers go on trusting what they sign until {end}, or until the root is "
        f"replaced (`roottrust rotate root {order.owner} --compromised`): istiod is given no CRL."
    )


def _list_commands(order: CompromiseOrder, left: tuple[SignedIntermediate, ...]) -> str:
    commands = [
        f"`vault write {order.mount}/revoke serial_number={each.serial}`"
        for each in left[:_COMMANDS_SHOWN]
    ]
    return list_some(commands, most=_COMMANDS_SHOWN, of=len(left))


def _find_one_root(
    trusted: tuple[SignedIntermediate, ...], roots: tuple[Certificate, ...]
) -> str | None:
    """Return the root in use if all of them are under that, None if they are under several."""
    if not trusted or not roots:
        return None
    is_one = len(find_trusted(trusted, roots[:1])) == len(trusted)
    return roots[0].fingerprint if is_one else None
