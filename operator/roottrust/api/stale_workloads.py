"""Workloads that may still trust only the roots before: what a Mesh tells, and a policy."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.listing import distinct, ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.rule import full_match
from roottrust.api.text import Count, Fingerprint, Timestamp

ROOTS_MAX = 32
STALE_WORKLOADS_MAX = 20
# A policy has room for a hundred meshes.
TOLD_WORKLOADS_MAX = 3

WORKLOAD_PATTERN = (
    "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[A-Za-z][A-Za-z0-9]{0,62}/"
    "[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
)

WorkloadText = Annotated[
    str,
    Field(min_length=5, max_length=384),
    full_match(WORKLOAD_PATTERN, "must be NAMESPACE/KIND/NAME, such as shop/Deployment/cart"),
]


class StaleWorkloads(ExchangedModel):
    """Workloads with pods that are older than a change of roots."""

    since: Timestamp = Field(description="When istiod published the roots that it has now.")
    roots: Annotated[
        tuple[Fingerprint, ...], Field(max_length=ROOTS_MAX, json_schema_extra=ordered())
    ] = Field(default=(), description="SHA-256 of those roots.")
    total: Count = Field(default=0, description="How many workloads there are.")
    first: Annotated[
        tuple[WorkloadText, ...],
        Field(max_length=STALE_WORKLOADS_MAX, json_schema_extra=distinct()),
    ] = Field(default=(), description="The first of them: NAMESPACE/KIND/NAME.")


class ToldStaleWorkloads(ExchangedModel):
    """The same of one mesh of a policy, as far as there is room for it."""

    total: Count = Field(default=0, description="How many workloads there are.")
    first: Annotated[
        tuple[WorkloadText, ...],
        Field(max_length=TOLD_WORKLOADS_MAX, json_schema_extra=distinct()),
    ] = Field(default=(), description="The first of them: NAMESPACE/KIND/NAME.")
