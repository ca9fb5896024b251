"""How far compromised intermediates are replaced and revoked, by what `roottrust status` knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roottrust.cli.rotate.progress import RotationProgress, judge_rotation
from roottrust.cli.rotate.render import list_lines, render_progress
from roottrust.cli.status.report import CompromisedReport, PolicyReport
from roottrust.cli.status.sign import build_line
from roottrust.domain.health import Health
from roottrust.domain.printable import make_printable
from roottrust.domain.rotation.compromised_intermediates import COMPROMISED_ANNOTATION


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """One cluster: `wait` is what it waits for as a sentence, None once all are revoked."""

    cluster: str
    told: CompromisedReport | None
    wait: str | None

    @property
    def needs_person(self) -> bool:
        """Whether it does not go on by itself."""
        return self.wait is not None and self.told is not None and self.told.needs_person


@dataclass(frozen=True, kw_only=True)
class CompromiseProgress:
    """What istiods serve, and what is revoked after that."""

    rotation: RotationProgress
    revocations: tuple[Revocation, ...]

    @property
    def waits_for(self) -> str | None:
        """What is waited for: first what istiods serve, then Vault."""
        waits = (each.wait for each in self.revocations)
        return self.rotation.waits_for or next((each for each in waits if each), None)

    @property
    def is_faulty(self) -> bool:
        """Whether that needs a person."""
        return self.rotation.is_faulty or any(each.needs_person for each in self.revocations)


def judge_compromise(
    policy: PolicyReport, *, generation: int, clusters: tuple[str, ...]
) -> CompromiseProgress:
    """Return how far clusters are, whose intermediates below a generation are compromised."""
    told = {each.cluster: each for each in policy.compromised if each.generation >= generation}
    return CompromiseProgress(
        rotation=judge_rotation(policy, generation=generation, clusters=clusters),
        revocations=tuple(_judge(each, told.get(each), generation) for each in clusters),
    )


def render_compromise(progress: CompromiseProgress) -> str:
    """Return the tree of what istiods serve, and a line for each cluster, with colours."""
    return render_progress(progress.rotation) + "".join(
        f"{_render(each)}\n" for each in progress.revocations
    )


def list_compromise_lines(progress: CompromiseProgress) -> Iterator[str]:
    """Return the same line by line, for a log in which only what changes is to be written."""
    yield from list_lines(progress.rotation)
    for each in progress.revocations:
        yield f"{each.cluster}: {_describe(each)}"


def _judge(cluster: str, told: CompromisedReport | None, generation: int) -> Revocation:
    wait: str | None = None
    if told is None:
        wait = (
            f"The operator has not told yet of {cluster} that its intermediates are compromised: "
            f'it does so once the policy has the annotation {COMPROMISED_ANNOTATION}: "{generation}'
            f'/{cluster}".'
        )
    elif told.revoked_at is None:
        wait = told.message
    return Revocation(cluster=cluster, told=told, wait=wait)


def _render(revocation: Revocation) -> str:
    health = Health.GOOD if revocation.wait is None else Health.UNKNOWN
    if revocation.needs_person:
        health = Health.BAD
    name = make_printable(f"{revocation.cluster}: revocation")
    return build_line(health, name, _describe(revocation))


def _describe(revocation: Revocation) -> str:
    told = revocation.told
    return make_printable(revocation.wait or (told.message if told else ""))
