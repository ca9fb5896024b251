"""How far the rotation of a root to one generation is, by what `roottrust status` knows; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import RotationEnd
from roottrust.cli.rotate.progress import describe_unasked, find_base_trouble, find_base_wait
from roottrust.cli.status.report import PolicyReport, StatusReport
from roottrust.cli.status.rotation_report import PastRotationReport, RotationReport
from roottrust.domain.health import Health


@dataclass(frozen=True, kw_only=True)
class RootProgress:
    """`end` says how it ended, None before; `waits_for` is one sentence, None after."""

    policy: str
    generation: int
    read_at: datetime
    rotation: RotationReport | None = None
    end: RotationEnd | None = None
    past: PastRotationReport | None = None
    waits_for: str | None = None
    is_faulty: bool = False


def judge_root(report: StatusReport, *, generation: int) -> RootProgress:
    """Return how far the only policy of a report is with a generation of its root."""
    (policy,) = report.policies
    rotation = policy.rotation
    past = _find_past(rotation, generation) if rotation else None
    end = _find_end(rotation, past, generation) if rotation else None
    trouble = find_base_trouble(policy)
    is_wrong = trouble is not None and trouble.health is Health.BAD
    needs_person = rotation is not None and rotation.stage is not None and rotation.needs_person
    return RootProgress(
        policy=policy.full_name,
        generation=generation,
        read_at=report.read_at,
        rotation=rotation,
        end=end,
        past=past,
        waits_for=None if end else _find_wait(policy, rotation, generation),
        is_faulty=end is None and (is_wrong or needs_person),
    )


def _find_past(rotation: RotationReport, generation: int) -> PastRotationReport | None:
    return next((each for each in rotation.history if each.generation == generation), None)


def _find_end(
    rotation: RotationReport, past: PastRotationReport | None, generation: int
) -> RotationEnd | None:
    """Return how it ended; of what the history has no word on any more the generations tell."""
    if past is not None:
        return past.end
    if (rotation.root_generation or 0) >= generation:
        return RotationEnd.COMPLETED
    if (rotation.rejected_generation or 0) >= generation:
        return RotationEnd.ROLLED_BACK
    return None


def _find_wait(policy: PolicyReport, rotation: RotationReport | None, generation: int) -> str:
    wanted = rotation.wanted_generation if rotation else 1
    is_own = rotation is None or rotation.owner is None
    if is_own and wanted < generation:
        return describe_unasked(wanted)
    base = find_base_wait(policy)
    if base is not None:
        return base
    if rotation is None or rotation.message is None:
        return f"The rotation to generation {generation} has not begun yet."
    return rotation.message
