"""The status of an IssuedCertificate, but for its instances: these are the agents' own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from roottrust.api.condition import Condition
from roottrust.api.issued_certificate import IssuedCertificateStatus
from roottrust.domain.issuance_plan import Manifest
from roottrust.domain.mesh_issuance import MeshIssuance

READY = "Ready"

_OWN = frozenset({"observed_generation", "state", "message", "conditions"})


def build_certificate_status(
    found: Manifest, issuance: MeshIssuance, *, now: datetime
) -> dict[str, Any] | None:
    """Return the fields that the hub writes, None if they are as they should be."""
    before = _read_status(found)
    status = _build(found, issuance, before, now=now)
    if all(getattr(status, name) == getattr(before, name) for name in _OWN):
        return None
    return status.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(_OWN))


def _build(
    found: Manifest, issuance: MeshIssuance, before: IssuedCertificateStatus, *, now: datetime
) -> IssuedCertificateStatus:
    condition = issuance.judge()
    known = next((each for each in before.conditions if each.type == READY), None)
    is_unmoved = known is not None and known.status is condition.status
    generation = int(found["metadata"].get("generation") or 0)
    return IssuedCertificateStatus(
        observed_generation=generation,
        state=issuance.state,
        message=condition.message,
        conditions=(
            Condition(
                type=READY,
                status=condition.status,
                reason=condition.reason,
                message=condition.message,
                last_transition_time=known.last_transition_time if known and is_unmoved else now,
                observed_generation=generation,
            ),
        ),
    )


def _read_status(found: Manifest) -> IssuedCertificateStatus:
    try:
        return IssuedCertificateStatus.model_validate(found.get("status") or {})
    except ValidationError:
        return IssuedCertificateStatus()
