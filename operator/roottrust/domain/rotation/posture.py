"""What an istiod is to have in each stage: who signs, which roots it trusts, and what helps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.stage import IN_WAVES, find_stage_before, list_stages

_STEP_DIGITS = 12


class Side(StrEnum):
    """One of the two roots."""

    PREVIOUS = "previous"
    NEXT = "next"


@dataclass(frozen=True, kw_only=True)
class Posture:
    """Who signs, the trust bundle in its order, and whether chains hold the cross-certificate.

    A bundle grows by appending and shrinks by its first root (istio 59909).
    """

    signer: Side
    roots: tuple[Side, ...]
    is_crossed: bool = False


_ONLY_PREVIOUS = (Side.PREVIOUS,)
_ONLY_NEXT = (Side.NEXT,)
_BOTH = (Side.PREVIOUS, Side.NEXT)

START = Posture(signer=Side.PREVIOUS, roots=_ONLY_PREVIOUS)

_POSTURES = {
    Strategy.CROSS_SIGNED: {
        Stage.PREPARE: START,
        Stage.SIGN: Posture(signer=Side.NEXT, roots=_ONLY_PREVIOUS, is_crossed=True),
        Stage.WIDEN: Posture(signer=Side.NEXT, roots=_BOTH, is_crossed=True),
        Stage.PROVE: Posture(signer=Side.NEXT, roots=_BOTH, is_crossed=True),
        Stage.DROP: Posture(signer=Side.NEXT, roots=_ONLY_NEXT, is_crossed=True),
        Stage.RETIRE: Posture(signer=Side.NEXT, roots=_ONLY_NEXT),
    },
    Strategy.MULTI_ROOT: {
        Stage.PREPARE: START,
        Stage.WIDEN: Posture(signer=Side.PREVIOUS, roots=_BOTH),
        Stage.CONFIRM: Posture(signer=Side.PREVIOUS, roots=_BOTH),
        Stage.SIGN: Posture(signer=Side.NEXT, roots=_BOTH),
        Stage.PROVE: Posture(signer=Side.NEXT, roots=_BOTH),
        Stage.DROP: Posture(signer=Side.NEXT, roots=_ONLY_NEXT),
        Stage.RETIRE: Posture(signer=Side.NEXT, roots=_ONLY_NEXT),
    },
    Strategy.DISTRUST_FIRST: {
        Stage.PREPARE: START,
        Stage.WIDEN: Posture(signer=Side.PREVIOUS, roots=_BOTH),
        Stage.SIGN: Posture(signer=Side.NEXT, roots=_BOTH, is_crossed=True),
        Stage.PROVE: Posture(signer=Side.NEXT, roots=_BOTH, is_crossed=True),
        Stage.DROP: Posture(signer=Side.NEXT, roots=_ONLY_NEXT, is_crossed=True),
        Stage.RETIRE: Posture(signer=Side.NEXT, roots=_ONLY_NEXT),
    },
}


def find_posture(state: RotationStatus, *, wave: int) -> Posture:
    """Return what the clusters of a wave are to have; those that wait have the stage before."""
    stage, strategy = state.stage, state.strategy
    if stage is None or stage is Stage.NARROW or strategy not in _POSTURES:
        return START
    if stage is Stage.RETURN:
        is_wide = has_widened(state) and not _waited_to_widen(state, wave)
        return Posture(signer=Side.PREVIOUS, roots=_BOTH if is_wide else _ONLY_PREVIOUS)
    if stage in IN_WAVES and wave > (state.wave or 0):
        stage = find_stage_before(stage, strategy)
    posture = _POSTURES[strategy][stage]
    if strategy is Strategy.DISTRUST_FIRST and state.cross_certificate is None:
        return replace(posture, is_crossed=False)  # it goes on without: distrust comes first
    return posture


def has_widened(state: RotationStatus) -> bool:
    """Whether any cluster may trust both roots already, or may have done so when it turned back."""
    stage = state.returned_from or state.stage
    strategy = state.strategy
    if stage is None or strategy is None:
        return False
    order = list_stages(strategy)
    return order.index(stage) >= order.index(Stage.WIDEN) if stage in order else False


def _waited_to_widen(state: RotationStatus, wave: int) -> bool:
    """Whether a roll-back began before a cluster's wave was widened: it never is, then."""
    return state.returned_from is Stage.WIDEN and wave > (state.wave or 0)


def name_step(state: RotationStatus, posture: Posture) -> str:
    """Return what a posture is known by to everybody: of the same signer and roots, the same.

    The cross-certificate is left out: that it goes makes no leaf too old. Whoever comes back to a
    posture, by a roll-back or after lost status, calls it by another name: a cluster that did not
    see the one in between would prove it by what it saw before.
    """
    known = {Side.PREVIOUS: state.previous, Side.NEXT: state.next}
    found = [known[side] for side in (posture.signer, *posture.roots)]
    text = " ".join(root.fingerprint if root else "" for root in found)
    text += f" {state.started_at} {state.returned_from}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"g{state.to_generation or 0}-{digest[:_STEP_DIGITS]}"
