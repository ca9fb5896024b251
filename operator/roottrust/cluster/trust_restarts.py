"""Asking for the restart of a mesh whose trust has changed, once for each trust hash."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.mesh import RotationEvidence
from roottrust.api.restart_request import RestartRequest
from roottrust.cluster.first_seen import FirstSeen
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.mesh_directives import MeshDirectives
from roottrust.domain.mesh_bounce import MeshRestart, RestartCause
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.step_restart import find_step_restart, note_requested, note_step
from roottrust.domain.trust_restart import WorkloadTrust, find_restart, note_written, see_first

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
# The watch tells when what was asked for is there.
ASKED_SECONDS = 60.0
# API servers tell whole seconds: of the pods that are created in the very one since which a step is
# proven, nobody can tell whether they are older, so that no restart may begin in it.
STEP_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class RestartProgress:
    """What workloads count as restarted for, and when to look again if need be.

    `written` is what all was just written for; `request` is what the hub is to write; `evidence` is
    that of a step of a rotation.
    """

    known: WorkloadTrust
    written: MeshRestart | None = None
    request: RestartRequest | None = None
    pause: float | None = None
    evidence: RotationEvidence | None = None


class TrustRestarts:
    """Has the hub write directives, for one change at a time."""

    def __init__(
        self,
        directives: MeshDirectives,
        *,
        istiods: IstiodNamespaces,
        now: Callable[[], datetime],
    ) -> None:
        self._directives = directives
        self._istiods = istiods
        self._steps = FirstSeen(now=now)

    async def advance(
        self,
        trust: ObservedTrust,
        known: WorkloadTrust,
        evidence: RotationEvidence | None = None,
        *,
        told: RestartRequest | None = None,
    ) -> RestartProgress:
        """Ask for what is due; `told` is what was asked for last. Raises RootTrustError.

        What is written counts: a directive that a person deletes is not asked for again.
        """
        known = see_first(trust, known)
        if evidence is not None:
            known = note_step(trust, known, evidence)
            return await self._follow(trust, known, evidence, told=told)
        self._steps.forget(trust.istiod.full_name)
        restart = find_restart(trust, known)
        if restart is None or not await self._may_restart(trust):
            return RestartProgress(known=known)
        is_for_roots = restart.cause is RestartCause.ROOTS
        if not is_for_roots and self._directives.is_under_way(trust.istiod, trust.pinned or ""):
            return RestartProgress(known=known, pause=POLL_SECONDS)
        written = await self._directives.look(trust, restart, told=told)
        if not written.is_all:
            return RestartProgress(
                known=known, request=written.request, pause=_find_pause(written.request, told)
            )
        done = note_written(trust, known, restart, request=told)
        return RestartProgress(known=done, written=restart if written.is_any else None)

    async def _follow(
        self,
        trust: ObservedTrust,
        known: WorkloadTrust,
        evidence: RotationEvidence,
        *,
        told: RestartRequest | None,
    ) -> RestartProgress:
        """Ask for what a step of a rotation has restarted."""
        restart = find_step_restart(trust, evidence)
        if restart is None or not await self._may_restart(trust):
            return RestartProgress(known=known, evidence=evidence)
        age = self._steps.find_age(trust.istiod.full_name, (evidence.step, evidence.since))
        if restart.created_before is not None and age.total_seconds() < STEP_SECONDS:
            return RestartProgress(known=known, evidence=evidence, pause=STEP_SECONDS)
        written = await self._directives.look(trust, restart, told=told)
        if not written.is_all:
            return RestartProgress(
                known=known,
                evidence=evidence,
                request=written.request,
                pause=_find_pause(written.request, told),
            )
        return RestartProgress(
            known=known,
            written=restart if written.is_any else None,
            evidence=note_requested(evidence, restart),
        )

    async def _may_restart(self, trust: ObservedTrust) -> bool:
        """Whether an istiod is one, so that its mesh may be restarted."""
        if await self._istiods.has_istiod(trust.istiod.namespace):
            return True
        name = trust.istiod.full_name
        logger.warning("%s may not publish roots: nothing is restarted for it", name)
        return False


def _find_pause(request: RestartRequest | None, told: RestartRequest | None) -> float:
    """Return when to look again: at what the hub was asked for before, not so soon."""
    return ASKED_SECONDS if request is not None and request == told else POLL_SECONDS
