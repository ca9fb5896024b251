"""By what a step of a rotation is known: to the hub, the agents and the cluster role alike."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.rule import full_match

RotationStep = Annotated[
    str,
    Field(min_length=1, max_length=64),
    full_match("[a-z0-9-]+", "must be lower-case letters, digits and hyphens"),
]
