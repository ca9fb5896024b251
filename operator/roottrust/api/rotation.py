"""When and how roots and intermediates are replaced before their time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from roottrust.api.choices import RotationStrategy, Verification
from roottrust.api.listing import distinct, keyed_by
from roottrust.api.model import ApiModel
from roottrust.api.rule import Rule, TransitionRule, never_lowered
from roottrust.api.text import DnsLabel, LabelMap

GENERATION_MAX = 1_000_000

Generation = Annotated[
    int,
    Field(ge=1, le=GENERATION_MAX),
    never_lowered(
        "cannot be lowered (leaving it out means 1): a generation only counts up; keep the number "
        "that is applied, or raise it to rotate"
    ),
]


# That of a compromised root is ordered for one rotation, and so is no part of a specification.
ChosenStrategy = Literal[
    RotationStrategy.AUTO, RotationStrategy.CROSS_SIGNED, RotationStrategy.MULTI_ROOT
]


class Wave(ApiModel):
    """Clusters that take a step together; the waves follow each other in the order written."""

    RULES = (
        Rule(
            cel="(has(self.clusters) && size(self.clusters) > 0) || "
            "(has(self.clusterSelector) && size(self.clusterSelector) > 0)",
            holds=lambda wave: bool(wave.clusters or wave.cluster_selector),
            message="must name clusters, or labels of clusters in clusterSelector",
        ),
    )

    name: DnsLabel = Field(description="Name of the wave, such as canary.")
    clusters: Annotated[
        tuple[DnsLabel, ...],
        Field(max_length=100, json_schema_extra=distinct()),
    ] = Field(default=(), description="Names of its clusters.")
    cluster_selector: LabelMap = Field(
        default_factory=dict,
        description="Labels of further clusters of it, as on their registrations; empty: none.",
    )


class ClusterGeneration(ApiModel):
    """A cluster whose intermediates were rotated more often than the policy's others."""

    name: DnsLabel = Field(description="The cluster's name.")
    intermediate_generation: int = Field(
        ge=1,
        le=GENERATION_MAX,
        description="As that of the policy, for this cluster alone; the higher one counts.",
    )


class ExternalDependant(ApiModel):
    """Something outside the meshes that trusts the root: it must be told of a new one."""

    name: DnsLabel = Field(description="A name for it, such as payment-gateway.")
    description: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="What it is and whom to ask, for whoever approves the rotation."
    )


class Rotation(ApiModel):
    """Raising a generation starts a rotation; everything else says how it goes."""

    root_generation: Generation = Field(
        default=1,
        description="Raise it by one to replace the root, in stages that no workload notices.",
    )
    intermediate_generation: Generation = Field(
        default=1,
        description="Raise it by one to have every istiod obtain a new intermediate now.",
    )
    clusters: Annotated[
        tuple[ClusterGeneration, ...], Field(max_length=100, json_schema_extra=keyed_by("name"))
    ] = Field(
        default=(),
        description="Clusters that are rotated alone. One is left out again once "
        "intermediateGeneration is as high.",
    )
    strategy: ChosenStrategy = Field(
        default=RotationStrategy.AUTO,
        description="CrossSigned: the new root is signed by the old one until everybody trusts "
        "it. MultiRoot: all trust both first (an istiod needs ISTIO_MULTIROOT_MESH, or is "
        "restarted by autoRestartPods). Auto: CrossSigned where Vault can do it.",
    )
    verification: Verification = Field(
        default=Verification.NONE,
        description="None: a stage follows as soon as the one before is proven everywhere. Manual: "
        "it also waits for a person's approval.",
    )
    soak_seconds: int = Field(
        default=0,
        ge=0,
        le=2_592_000,
        description="How long each stage is kept after it is proven; at most 30 days.",
    )
    waves: Annotated[tuple[Wave, ...], Field(max_length=32, json_schema_extra=keyed_by("name"))] = (
        Field(
            default=(),
            description="Order of the clusters; those in no wave come last. Default: all at once.",
        )
    )
    external_dependants: Annotated[
        tuple[ExternalDependant, ...], Field(max_length=64, json_schema_extra=keyed_by("name"))
    ] = Field(
        default=(),
        description="What else trusts the root. The old root is not dropped before each of these "
        "is acknowledged.",
    )

    def find_generation(self, cluster: str) -> int:
        """Return the generation of intermediates that a cluster is to have."""
        own = (each.intermediate_generation for each in self.clusters if each.name == cluster)
        return max(self.intermediate_generation, *own, 1)


_HIGHER = "n.intermediateGeneration >= o.intermediateGeneration"

# For the field that holds a Rotation: entries of lists are not compared one by one.
CLUSTERS_COUNT_UP = TransitionRule(
    cel="!has(oldSelf.clusters) || oldSelf.clusters.all(o, "
    "self.intermediateGeneration >= o.intermediateGeneration || (has(self.clusters) && "
    f"self.clusters.exists(n, n.name == o.name && {_HIGHER})))",
    holds=lambda _: True,
    allows=lambda before, after: _has_counted_up(before, after),
    message="clusters: a generation only counts up; keep each cluster's number or raise it, or "
    "leave the cluster out once intermediateGeneration is as high",
)


def _has_counted_up(before: Rotation, after: Rotation) -> bool:
    return all(
        after.find_generation(each.name) >= each.intermediate_generation for each in before.clusters
    )
