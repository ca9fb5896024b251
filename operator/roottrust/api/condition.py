"""Conditions as Kubernetes has them (metav1.Condition)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import ConditionStatus
from roottrust.api.listing import keyed_by
from roottrust.api.model import ExchangedModel
from roottrust.api.text import ObservedGeneration, StatusText, Timestamp


class Condition(ExchangedModel):
    """One aspect of an object's state, in the form that `kubectl wait` and GitOps tools read."""

    type: str = Field(min_length=1, max_length=63, description="Which aspect, such as `Ready`.")
    status: ConditionStatus = Field(description="Whether it holds.")
    reason: str = Field(
        min_length=1,
        max_length=64,
        description="One CamelCase word for programs on why it is so.",
    )
    message: StatusText = Field(description="One sentence for people that says what to do next.")
    last_transition_time: Timestamp = Field(description="When `status` last changed.")
    observed_generation: ObservedGeneration | None = Field(
        default=None, description="The `metadata.generation` that this was judged by."
    )


CONDITIONS_MAX = 16

Conditions = Annotated[
    tuple[Condition, ...],
    Field(max_length=CONDITIONS_MAX, json_schema_extra=keyed_by("type")),
]
