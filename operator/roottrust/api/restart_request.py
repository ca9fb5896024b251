"""What the cluster role asks the hub for: one PodBounceDirective of a mesh."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from roottrust.api.listing import ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.pod_bounce_directive import GROUPS_MAX, PodSelector
from roottrust.api.text import LABELS_MAX, Count, Fingerprint, Timestamp

# More than any mesh has groups for, also where its roots change to and fro.
PARTS_MAX = 9999

# One for each group of proxies, and all of istiod's.
_LABELS_MAX = GROUPS_MAX + LABELS_MAX


def _check_size(groups: Any) -> Any:
    """Refuse what takes long to look at: a hostile cluster may ask a hundred times a second."""
    listed = groups if isinstance(groups, list | tuple) else ()
    labels = (each.get("labels") for each in listed if isinstance(each, dict))
    if len(listed) > GROUPS_MAX or sum(map(_count, labels)) > _LABELS_MAX:
        raise ValueError(f"must be {GROUPS_MAX} groups with {_LABELS_MAX} labels in all at most")
    return groups


def _count(labels: object) -> int:
    return len(labels) if isinstance(labels, dict) else 0


Part = Annotated[int, Field(ge=1, le=PARTS_MAX)]


class RestartRequest(ExchangedModel):
    """A part of a restart that is due; the hub writes it where `autoRestartPods` is on."""

    trust_hash: Fingerprint = Field(
        description="The `trustHash` of the directive; the hub knows those of its own changes."
    )
    part: Part = Field(description="Which directive of that trust hash: 1 is the first.")
    created_before: Timestamp | None = Field(
        default=None, description="The `createdBefore` of the directive."
    )
    intermediate_generation: Count | None = Field(
        default=None,
        description="The intermediateGeneration that each istiod served when this was asked for: "
        "a restart for changed roots counts for it as well.",
    )
    pods_to_bounce: Annotated[
        tuple[PodSelector, ...],
        Field(min_length=1, max_length=GROUPS_MAX, json_schema_extra=ordered()),
        BeforeValidator(_check_size),
    ] = Field(description="The `podsToBounce` of the directive.")
