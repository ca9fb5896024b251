"""What the cluster role asks the hub for: one PodBounceDirective of a mesh."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.listing import ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.pod_bounce_directive import GROUPS_MAX, PodSelector
from roottrust.api.text import Count, Fingerprint, Timestamp

# Each part waits for the one before; a mesh of as many groups as they hold has thousands.
PARTS_MAX = 99

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
    ] = Field(description="The `podsToBounce` of the directive.")
