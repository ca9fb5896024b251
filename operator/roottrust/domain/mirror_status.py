"""The status of a mirror: what its cluster told, what the hub judged, and whether it is of now.

A cluster may be in strange hands, and people read this in the management cluster: what a terminal
would obey is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import CONDITIONS_MAX, Condition
from roottrust.api.mesh import MeshStatus
from roottrust.api.mirrored_issuance import MirroredIssuance
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.printable import blot_out
from roottrust.domain.reasons import MeshConditionType, Reason
from roottrust.domain.redaction import redact_secrets


def build_mirror_status(
    told: MeshStatus | None,
    *,
    issuance: MirroredIssuance | None,
    cluster: str,
    trouble: ClusterTrouble | None,
    previous: MeshStatus | None,
    now: datetime,
) -> MeshStatus:
    """Return the whole status; `previous` is what the mirror has, `told` what its cluster tells.

    While that cluster is in trouble, what it told last stays, but is no claim any more.
    """
    base = _clean(told or MeshStatus(), issuance)
    current = _judge_current(trouble, previous, now=now)
    if trouble is None:
        return _take_over(base, current=current, message=base.message)
    since = current.last_transition_time
    ready = current.model_copy(update={"type": MeshConditionType.READY, **_UNKNOWN})
    message = replace(trouble, since=since).describe(cluster)
    return _take_over(base, current=current, message=message, ready=ready)


def find_current(status: MeshStatus) -> Condition | None:
    """Return the condition that says whether a mirror is of now, None for what is no mirror."""
    found = (each for each in status.conditions if each.type == MeshConditionType.CURRENT)
    return next(found, None)


def _take_over(
    base: MeshStatus, *, current: Condition, message: str | None, ready: Condition | None = None
) -> MeshStatus:
    """Return a status with our condition; generations are those of another object, so they go."""
    ours = {MeshConditionType.CURRENT: current}
    if ready is not None:
        ours[MeshConditionType.READY] = ready
    kept = [each for each in base.conditions if each.type not in ours]
    conditions = [
        each.model_copy(update={"observed_generation": None})
        for each in kept[: CONDITIONS_MAX - len(ours)]
    ]
    return base.model_copy(
        update={
            "observed_generation": None,
            "conditions": (*conditions, *reversed(ours.values())),
            "message": message,
        }
    )


def _judge_current(
    trouble: ClusterTrouble | None, previous: MeshStatus | None, *, now: datetime
) -> Condition:
    """Return the condition; since when, a mirror knows better than a hub that has just started."""
    known = find_current(previous) if previous else None
    if trouble is None:
        status, reason = ConditionStatus.TRUE, Reason.MIRRORED
        message, turned_at = "This is what its cluster tells.", now
    else:
        status, reason = ConditionStatus.FALSE, trouble.reason
        message, turned_at = trouble.message, trouble.since or now
    if known is not None and known.status is status:
        turned_at = known.last_transition_time
    return Condition(
        type=MeshConditionType.CURRENT,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=turned_at,
    )


def _clean(told: MeshStatus, issuance: MirroredIssuance | None) -> MeshStatus:
    """Return what can be shown to people, nothing of what has no form then."""
    given = told.model_copy(update={"issuance": issuance, "restart_request": None})
    try:
        return MeshStatus.model_validate(_clean_texts(given.model_dump(mode="json")))
    except ValidationError:
        return MeshStatus()


def _clean_texts(value: Any) -> Any:
    if isinstance(value, str):
        return blot_out(" ".join(redact_secrets(value).split()))
    if isinstance(value, Mapping):
        return {name: _clean_texts(each) for name, each in value.items()}
    return [_clean_texts(each) for each in value] if isinstance(value, list) else value


_UNKNOWN = {"status": ConditionStatus.UNKNOWN}
