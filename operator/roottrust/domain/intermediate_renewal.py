"""When an intermediate is renewed, and why."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from roottrust.domain.issuance_record import IssuanceRecord

# The share of its life that is left when it is renewed.
RATIO_DEFAULT = 1 / 3

# Replicas are spread over so much of the time before that, and none is later.
_SPREAD = 0.1
_STEPS = 2**32
_DAY = timedelta(days=1)
# A new one has to end later by so much of the time since the old one began, a day at most.
_GAIN = 0.25
# By so much the hub lowers ttlDays at once when the root's end comes near (`compute_ttl_days`), and
# the times of both cluster and Vault come on top.
_WEEKLY_FROM_DAYS = 63
_WEEKLY_STEP = timedelta(days=8)
_DAILY_STEP = timedelta(days=2)


def get_renewal_time(
    *,
    not_before: datetime,
    not_after: datetime,
    issuers_end: datetime,
    ttl_days: int,
    ratio: float | None,
    pod: str,
    serial: str,
) -> datetime:
    """Return when it is due: at two thirds of its life or by the policy's ratio, a little before.

    How much before is the pod's own and the serial's, so that replicas are spread and a restart
    changes nothing. `issuers_end` is the first end above it, `ttl_days` what the next one gets. A
    renewal that would gain too little waits, at most until the end: under a root that ends they
    would follow each other ever faster (cert-manager 7741).
    """
    life = not_after - not_before
    before = life * (1 - (RATIO_DEFAULT if ratio is None else ratio))
    due = not_before + before * (1 - _SPREAD * _get_share(f"{pod}/{serial}"))
    ttl = ttl_days * _DAY
    gain = min(_DAY, (due - not_before) * _GAIN, ttl * _GAIN)
    if issuers_end - not_after < gain:
        return min(not_after, issuers_end)
    return min(max(due, not_after + gain - ttl), not_after)


def explain_renewal(
    *,
    renewal: datetime,
    now: datetime,
    not_after: datetime,
    issuers_end: datetime,
    record: IssuanceRecord | None,
    wanted: IssuanceRecord,
) -> str | None:
    """Return why a new one is due, None if it is not.

    Once one is obtained for `wanted`, none is until `renewal`.
    """
    if record is None:
        return "it is not known what the present one was issued for"
    if wanted.intermediate_generation > record.intermediate_generation:
        return f"generation {wanted.intermediate_generation} is asked for"
    if wanted.trust != record.trust:
        return "the trust bundle or the cross-certificates have changed"
    if wanted.options != record.options:
        return "the certificate options or the issuer have changed"
    new_end = min(now + wanted.ttl_days * _DAY, issuers_end)
    if _is_life_edited(record.ttl_days, wanted.ttl_days, gain=new_end - not_after):
        return f"a life of {wanted.ttl_days} days is asked for"
    if now >= renewal:
        return "it is time"
    return None


def _is_life_edited(before_days: int, after_days: int, *, gain: timedelta) -> bool:
    """Tell an edit of ttlDays from what the hub does to it because the root's end comes near.

    The latter comes again and again, and leaves the end of the next one where it was.
    """
    if after_days > before_days:
        return gain >= _DAY
    step = _WEEKLY_STEP if after_days >= _WEEKLY_FROM_DAYS else _DAILY_STEP
    return after_days < before_days and -gain > step


def _get_share(text: str) -> float:
    """Return a number from 0 to 1 that is this text's own."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / _STEPS
