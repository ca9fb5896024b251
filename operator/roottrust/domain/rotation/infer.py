"""Where a rotation is, worked out anew after its status was lost: from Vault and clusters alone.

The next root's issuer is named after its generation, and the previous one may sign until Retire;
what clusters have says the rest. What cannot be told apart counts as less far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.rotation.wish import RotationWish


@dataclass(frozen=True, kw_only=True)
class FoundPosture:
    """What one IssuedCertificate asks for; fingerprints, the roots in their order."""

    cluster: str
    signer: str
    roots: tuple[str, ...]
    cross_certificate: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoundRoots:
    """The issuers that Vault has: the root in use, and that of the highest generation there is.

    `generation` is the latter's, if that is not the wanted one: a rotation may have been asked for
    while another is under way. `is_default` says that it is the mount's default one; each may have
    been told to sign no more.
    """

    previous: RotationRoot | None
    named: RotationRoot | None
    generation: int | None = None
    is_default: bool = False
    is_named_withdrawn: bool = False

    @property
    def is_on_the_way(self) -> bool:
        """Whether one of them may be taking the other's place."""
        is_alone = self.named is None or self.previous is None or self.named == self.previous
        return not (is_alone or self.is_default or self.is_named_withdrawn)


def infer_state(
    wish: RotationWish,
    vault: FoundRoots,
    postures: Iterable[FoundPosture],
    *,
    now: datetime,
) -> RotationStatus:
    """Return the state of a policy whose status tells of none.

    At first sight the generation that is written counts as the one in use and starts nothing.
    `postures` are those of all clusters: as long as one cannot be read, nothing may be concluded,
    since it may be ahead of the others.
    """
    now = now.replace(microsecond=0)
    found, named, previous = tuple(postures), vault.named, vault.previous
    generation = vault.generation or wish.generation
    if named is None or previous is None:
        return RotationStatus(root_generation=wish.generation)
    if vault.is_default or named == previous:
        return RotationStatus(root_generation=wish.generation, root=named)
    # Before generation 2 no rotation can have changed the root that the policy names.
    before = RotationStatus(
        root_generation=generation - 1, root=previous if generation > 2 else None
    )
    if vault.is_named_withdrawn:
        return before.model_copy(update={"rejected_generation": generation})
    stage, strategy = _find_stage(found, named)
    if strategy is not None and generation in wish.orders.compromised:
        stage, strategy = _find_hurried(stage, strategy, found, named)
    at_stage = [wish.find_wave(each.cluster) for each in found if _has_reached(each, stage, named)]
    return RotationStatus(
        root_generation=before.root_generation,
        root=before.root,
        to_generation=generation,
        strategy=strategy,
        stage=stage,
        wave=max(at_stage, default=0),
        started_at=now,
        stage_started_at=now,
        previous=previous,
        next=None if stage is Stage.PREPARE else named,
        default_issuer=previous.issuer,
        cross_certificate=next((each.cross_certificate for each in found), None),
        members=tuple(sorted({each.cluster for each in found})),
    )


def _find_stage(
    found: tuple[FoundPosture, ...], named: RotationRoot
) -> tuple[Stage, Strategy | None]:
    """Return the stage that the furthest cluster is in, and by which strategy it came there."""
    new = named.fingerprint
    is_crossed = any(each.cross_certificate for each in found)
    strategy = Strategy.CROSS_SIGNED if is_crossed else Strategy.MULTI_ROOT
    if any(each.roots == (new,) for each in found):
        return Stage.DROP, strategy
    is_wide = any(new in each.roots for each in found)
    signs = any(each.signer == new for each in found)
    if strategy is Strategy.CROSS_SIGNED and is_wide:
        return Stage.WIDEN, strategy
    if signs:
        return Stage.SIGN, strategy
    return (Stage.WIDEN, strategy) if is_wide else (Stage.PREPARE, None)


def _find_hurried(
    stage: Stage, strategy: Strategy, found: tuple[FoundPosture, ...], named: RotationRoot
) -> tuple[Stage, Strategy]:
    """Return where the rotation of a compromised root is: the next one is trusted, then signs.

    One that was found out in the middle signed before: it goes on in its own order.
    """
    new = named.fingerprint
    signed_before = any(each.signer == new and new not in each.roots for each in found)
    if signed_before:
        return stage, strategy
    signs = any(each.signer == new for each in found)
    return Stage.SIGN if stage is Stage.WIDEN and signs else stage, Strategy.DISTRUST_FIRST


def _has_reached(found: FoundPosture, stage: Stage, named: RotationRoot) -> bool:
    new = named.fingerprint
    match stage:
        case Stage.DROP:
            return found.roots == (new,)
        case Stage.WIDEN:
            return new in found.roots
        case _:
            return found.signer == new
