"""How far the replicas of one istiod are in a step of a rotation of their root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.instance_check import InstanceState
from roottrust.domain.issuance_object import find_step, read_issuance
from roottrust.domain.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class ObservedStep:
    """One step; `serving` are the pods that serve what it asks for.

    `holding` are those whose agents have it, though their istiod does not serve it; `lacking` are
    all others that report. `stale` are those of `serving` whose istiod has started with other
    roots, by which it knows its clients.
    """

    name: str
    serving: frozenset[str] = frozenset()
    holding: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()

    def is_served_by(self, replicas: int) -> bool:
        """Whether so many replicas serve it, and none that reports does not.

        One that is being replaced still gives certificates, so that it counts until it is gone.
        """
        return 0 < replicas <= len(self.serving) and not self.holding and not self.lacking

    def is_held_by(self, replicas: int) -> bool:
        """Whether so many have it from their agents, and not all of them serve it."""
        known = len(self.serving) + len(self.holding)
        return 0 < replicas <= known and bool(self.holding) and not self.lacking


def read_step(found: Manifest, *, now: datetime) -> ObservedStep | None:
    """Return the step that an IssuedCertificate names, None where it names none.

    Of one that this version cannot read, nobody counts as serving.
    """
    name = find_step(found)
    if name is None:
        return None
    issuance = read_issuance(found, replicas=None, now=now)
    states = {each.pod: each.state for each in issuance.instances} if issuance else {}
    serving = frozenset(pod for pod, state in states.items() if state.is_serving)
    holding = frozenset(pod for pod, state in states.items() if state is InstanceState.UNLOADED)
    return ObservedStep(
        name=name,
        serving=serving,
        holding=holding,
        lacking=frozenset(states) - serving - holding,
        stale=frozenset(issuance.stale if issuance else ()),
    )
