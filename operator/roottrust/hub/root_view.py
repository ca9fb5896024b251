"""The two roots of a rotation as Vault has them, and one signed by the other."""

from __future__ import annotations

from datetime import datetime

from roottrust.api.choices import RotationStrategy
from roottrust.api.rotation_status import RotationRoot
from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import RootTrustError
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.facts import VaultFacts
from roottrust.domain.plan import Plan
from roottrust.domain.rotation.course import Course
from roottrust.domain.rotation.cross import can_cross_sign, check_cross
from roottrust.domain.rotation.evidence import VaultView
from roottrust.domain.rotation.gate import choose_strategy
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.fence import FencedError

_CROSSED = frozenset({RotationStrategy.CROSS_SIGNED, RotationStrategy.DISTRUST_FIRST})


async def look_at_roots(
    server: VaultServer, plan: Plan, facts: VaultFacts, course: Course, *, now: datetime
) -> VaultView:
    """Return both roots as Vault has them; has the next one signed by the other if need be."""
    root, following = plan.root.usable, plan.next_root
    default = facts.default_issuer or ""
    if following is None:
        return VaultView(previous=_refer_usable(root), default_issuer=default)
    fault = following.fault.message if following.fault else None
    cross, problem, can_cross = None, None, False
    if root is not None and following.usable is not None:
        can_cross = can_cross_sign(root.certificate, following.usable.certificate)
        cross, problem = await _find_cross(server, root, following.usable, course, now=now)
    return VaultView(
        previous=_refer_usable(root),
        next=_refer_usable(following.usable),
        can_cross_sign=can_cross,
        cross_certificate=cross,
        cross_fault=problem,
        fault=fault or (None if course.wish.is_hurried else problem),
        interference=following.default_fault.message if following.default_fault else None,
        is_settled=following.is_done and not plan.root.actions and not following.actions,
        left=following.left,
        default_issuer=default,
    )


async def _find_cross(
    server: VaultServer,
    root: UsableRoot,
    following: UsableRoot,
    course: Course,
    *,
    now: datetime,
) -> tuple[str | None, str | None]:
    """Return the next root signed by the one in use, or what keeps it from being so."""
    roots = (root.certificate, following.certificate)
    known = course.state.cross_certificate
    if known is not None and check_cross(known, *roots, now=now) is None:
        return known, None
    if not _wants_cross(course, *roots):
        return None, None
    pem = following.certificate.pem
    try:
        made = await server.cross_sign(course.wanted.mount, root.issuer_id, pem)
    except FencedError:
        raise
    except RootTrustError as error:
        return None, error.message
    problem = check_cross(made, *roots, now=now)
    return (made, None) if problem is None else (None, problem)


def _wants_cross(course: Course, root: Certificate, following: Certificate) -> bool:
    """Whether a cross-certificate is to be made; of a compromised root only while that is new."""
    strategy, can_cross = course.state.strategy, can_cross_sign(root, following)
    if strategy is None:
        strategy = choose_strategy(course.wish, VaultView(can_cross_sign=can_cross))
        return can_cross and strategy in _CROSSED
    return can_cross and strategy is RotationStrategy.CROSS_SIGNED


def _refer_usable(root: UsableRoot | None) -> RotationRoot | None:
    if root is None:
        return None
    return RotationRoot(issuer=root.issuer_id, fingerprint=root.certificate.fingerprint)
