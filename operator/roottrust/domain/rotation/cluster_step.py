"""What the rotation of a root asks of one cluster for now."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.rotation.posture import Posture


@dataclass(frozen=True, kw_only=True)
class ClusterStep:
    """The posture of a cluster's istiods, and what it is known by.

    `restarts` is whether workloads that have not followed may be restarted now, if the policy asks
    for restarts at all, or `forces_restarts` says that nobody is asked; with `is_istiod_alone` none
    of them is, but istiod where it has to be.
    """

    name: str
    posture: Posture
    cross_certificate: str | None = None
    restarts: bool = False
    forces_restarts: bool = False
    is_istiod_alone: bool = False
