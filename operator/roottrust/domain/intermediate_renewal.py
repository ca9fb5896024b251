"""When an intermediate is renewed, and why."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from roottrust.domain.issuance_record import IssuanceRecord

# The share of its life that is left when it is renewed.
RATIO_DEFAULT = 1 / 3

# Replicas are spread over so much of the time before or after it, whichever is less.
_SPREAD = 0.1
_SAME_END = timedelta(days=1)
_STEPS = 2**32


def get_renewal_time(
    *,
    not_before: datetime,
    not_after: datetime,
    root_not_after: datetime,
    ratio: float | None,
    pod: str,
) -> datetime:
    """Return when it is due: a third before its end, or the policy's ratio, a little later by pod.

    One that ends along with its root is due then: a new one would end no later
    (cert-manager 7741).
    """
    if not_after + _SAME_END >= root_not_after:
        return min(not_after, root_not_after)
    life = not_after - not_before
    left = life * (RATIO_DEFAULT if ratio is None else ratio)
    return not_after - left + min(left, life - left) * _SPREAD * _get_share(pod)


def explain_renewal(
    *, renewal: datetime, now: datetime, record: IssuanceRecord | None, wanted: IssuanceRecord
) -> str | None:
    """Return why a new one is due, None if it is not."""
    if record is None:
        return "it is not known what the present one was issued for"
    if wanted.intermediate_generation > record.intermediate_generation:
        return f"generation {wanted.intermediate_generation} is asked for"
    if wanted.options != record.options:
        return "the certificate options, the issuer or the trust bundle have changed"
    if now >= renewal:
        return "it is time"
    return None


def _get_share(pod: str) -> float:
    """Return a number from 0 to 1 that is the pod's own, so that a restart changes nothing."""
    return int.from_bytes(hashlib.sha256(pod.encode()).digest()[:4], "big") / _STEPS
