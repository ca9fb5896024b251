"""The status of an IssuedCertificate, but for its instances: these are the agents' own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from roottrust.api.issued_certificate import IssuedCertificateStatus
from roottrust.domain.condition_judgement import Judgement, build_conditions
from roottrust.domain.manifest import Manifest
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.reasons import ConditionType

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
    ready = Judgement(
        type=ConditionType.READY,
        status=condition.status,
        reason=condition.reason,
        message=condition.message,
    )
    generation = int(found["metadata"].get("generation") or 0)
    return IssuedCertificateStatus(
        observed_generation=generation,
        state=issuance.state,
        message=condition.message,
        conditions=build_conditions((ready,), before.conditions, generation=generation, now=now),
    )


def _read_status(found: Manifest) -> IssuedCertificateStatus:
    try:
        return IssuedCertificateStatus.model_validate(found.get("status") or {})
    except ValidationError:
        return IssuedCertificateStatus()
