"""Looking through a root's mount for compromised intermediates, and revoking them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from roottrust.domain.counted import count
from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.rotation.revocation import RevocationDecision
from roottrust.domain.rotation.revocation_report import (
    CompromiseOrder,
    Obstacle,
    tell_hindrance,
    tell_refused,
)
from roottrust.hub.revocation_look import RevocationLook
from roottrust.hub.signed_intermediates import KnownMount
from roottrust.runtime.fence import FencedError

logger = logging.getLogger(__name__)

# Of one cluster in one pass: Vault may make a new CRL for each.
REVOKE_MAX = 50

_MORE = Obstacle(message="There are more of them than are revoked at once.")


async def work_on_mount(
    look: RevocationLook,
    order: CompromiseOrder,
    known: KnownMount,
    decide: Callable[[], RevocationDecision],
    *,
    now: datetime,
    read_max: int,
) -> None:
    """Read what the mount has signed and revoke; keep what is in the way, and when that was."""
    known.obstacles.pop(order.cluster, None)
    has_looked = known.looked_at.pop(order.cluster, None) is not None
    again = [each.serial for each in decide().left] if has_looked else []
    try:
        await known.read(look.get_server(), again=again, read_max=read_max)
    except FencedError:
        raise
    except RootTrustError as error:
        obstacle: Obstacle | None = _build_refusal(order, decide(), error)
    else:
        if known.unread:
            left = count(known.unread, "certificate")
            known.obstacles[order.cluster] = Obstacle(
                message=f"{left} of {order.mount}/ are still to be looked at."
            )
            return
        obstacle = await _revoke_all(look, order, known, decide)
    if obstacle is not None:
        known.obstacles[order.cluster] = obstacle
    if obstacle is not _MORE:
        known.looked_at[order.cluster] = now


async def _revoke_all(
    look: RevocationLook,
    order: CompromiseOrder,
    known: KnownMount,
    decide: Callable[[], RevocationDecision],
) -> Obstacle | None:
    """Revoke what is to be; return what is in the way of the rest."""
    wanted = decide().revoke
    hindrance = look.hindrance
    if wanted and hindrance is not None:
        return tell_hindrance(order, wanted, hindrance)
    refusal: RootTrustError | None = None
    for each in wanted[:REVOKE_MAX]:
        try:
            await look.get_server().revoke(order.mount, each.serial)
        except FencedError:
            raise
        except RootTrustError as error:
            refusal = refusal or error
            if not isinstance(error, DependencyMissingError):
                break  # the others would meet the same
            continue
        known.note_revoked(each.serial)
        about = {"cluster": order.cluster}
        logger.info(
            "intermediate %s of %s is revoked in Vault", each.serial, order.cluster, extra=about
        )
    if refusal is not None:
        return _build_refusal(order, decide(), refusal)
    return _MORE if len(wanted) > REVOKE_MAX else None


def _build_refusal(
    order: CompromiseOrder, decision: RevocationDecision, error: RootTrustError
) -> Obstacle:
    needs_person, why = not isinstance(error, TransientError), error.message
    if isinstance(error, AccessDeniedError) and error.path.endswith("/revoke"):
        why = f"{why.removesuffix('.')} (`roottrust vault-policy --for revoke` prints it)."
    return tell_refused(order, decision.revoke, why, needs_person=needs_person)
