"""The rotation of a root, as a part of the result of `roottrust status -o json`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from roottrust.api.choices import RotationEnd, RotationStage, RotationStrategy
from roottrust.cli.report_model import ReportModel
from roottrust.domain.health import Health


class StageState(StrEnum):
    """How far one stage is; a roll-back begins in the one that is Left."""

    DONE = "Done"
    UNDER_WAY = "UnderWay"
    LEFT = "Left"
    OPEN = "Open"


class StageReport(ReportModel):
    """One stage of the line of progress."""

    name: RotationStage = Field(description="Which one.")
    state: StageState = Field(description="Done, UnderWay, Left or Open.")


class RotationClusterReport(ReportModel):
    """How far one cluster is in the stage under way."""

    name: str = Field(description="The cluster.")
    health: Health = Field(
        description="Good once it has given its evidence, Unknown while it is waited for, Bad if "
        "that needs a person, Warning if a person has taken it out."
    )
    meshes_done: int = Field(description="Meshes that have given their evidence.")
    meshes_total: int = Field(description="Meshes that have to.")
    workloads: int | None = Field(
        default=None,
        description="Workloads that may have a leaf from before; null where nothing is told of the "
        "stage's leaves.",
    )
    message: str | None = Field(default=None, description="What is waited for; null if nothing.")


class SlowestReport(ReportModel):
    """The workloads that hold the rotation up longest."""

    cluster: str = Field(description="Their cluster.")
    mesh: str = Field(description="Their mesh.")
    workloads: int = Field(description="How many there are in this mesh.")
    first: tuple[str, ...] = Field(description="The first of them, NAMESPACE/KIND/NAME.")
    ends_at: datetime = Field(description="When the last leaf from before has ended.")


class PastRotationReport(ReportModel):
    """A rotation that has ended."""

    generation: int = Field(description="The rootGeneration that it was for.")
    end: RotationEnd = Field(description="Completed or RolledBack.")
    strategy: RotationStrategy | None = Field(default=None, description="How it was made.")
    fingerprint: str | None = Field(default=None, description="SHA-256 of the root in use then.")
    started_at: datetime | None = Field(default=None, description="When it started.")
    ended_at: datetime = Field(description="When it ended.")
    excluded: tuple[str, ...] = Field(
        default=(), description="Clusters that a person took out of it."
    )
    distrusted_at: datetime | None = Field(
        default=None, description="Of a compromised root: when it was dropped everywhere."
    )
    left_behind: tuple[str, ...] = Field(
        default=(), description="Of a compromised root: clusters that were not waited for."
    )


class RotationReport(ReportModel):
    """How far the rotation of a root is; that of its owner where the root is another policy's."""

    health: Health = Field(
        description="Good at rest, Unknown while one is under way or asked for, Bad if it needs a "
        "person for more than an approval."
    )
    owner: str | None = Field(
        default=None, description="NAMESPACE/NAME of the policy that owns the root; null: this one."
    )
    wanted_generation: int = Field(description="spec.rotation.rootGeneration.")
    root_generation: int | None = Field(
        default=None, description="Generation of the root in use; null before it is told."
    )
    to_generation: int | None = Field(
        default=None, description="Generation that is rotated to; null if none is."
    )
    rejected_generation: int | None = Field(
        default=None, description="Generation that was rolled back last."
    )
    strategy: RotationStrategy | None = Field(default=None, description="How it is made.")
    stage: RotationStage | None = Field(default=None, description="Stage under way; null if none.")
    stages: tuple[StageReport, ...] = Field(default=(), description="All stages, in their order.")
    wave: int | None = Field(
        default=None, description="Wave that the stage has reached, from 1; null without waves."
    )
    waves: int | None = Field(default=None, description="How many there are.")
    started_at: datetime | None = Field(default=None, description="When it started.")
    stage_started_at: datetime | None = Field(default=None, description="When its stage started.")
    proven_at: datetime | None = Field(
        default=None, description="Since when the stage's evidence has been complete."
    )
    compromised: bool = Field(
        default=False, description="The root that is replaced is compromised: it is in a hurry."
    )
    distrusted_at: datetime | None = Field(
        default=None, description="Of a compromised root: since when it is dropped everywhere."
    )
    message: str | None = Field(default=None, description="What it waits for.")
    needs_person: bool = Field(
        default=False, description="What it waits for does not pass by itself."
    )
    awaits_approval: RotationStage | None = Field(
        default=None, description="Stage that waits for `roottrust rotate approve`."
    )
    paused: bool = Field(default=False, description="A person has paused it.")
    clusters: tuple[RotationClusterReport, ...] = Field(
        default=(), description="Those that are waited for first; there is room for 100."
    )
    clusters_total: int = Field(default=0, description="Clusters that depend on the root.")
    slowest: SlowestReport | None = Field(
        default=None, description="What holds it up longest, where an end of it is known."
    )
    history: tuple[PastRotationReport, ...] = Field(
        default=(), description="Rotations that have ended, the last one first."
    )


class TrustedRootReport(ReportModel):
    """One root of the trust bundle."""

    fingerprint: str = Field(description="SHA-256 of its certificate.")
    reason: str = Field(description="Why it is trusted: Root, NextRoot, PreviousRoot, Passive.")
    subject: str | None = Field(default=None, description="Its subject (RFC 4514).")
    not_after: datetime | None = Field(default=None, description="When it ends.")
