"""What a policy asks for that is accepted, beside all others."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.errors import RootTrustError
from roottrust.domain.issuance import AgentOptions
from roottrust.domain.rotation.course import Course
from roottrust.domain.target import VaultTarget
from roottrust.hub.policy_reader import Demand


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What an accepted policy asks for, and what of that is left beside the others.

    `course` is how far the rotation of its root is, None while that is not known; `failure` is why
    nobody can be asked for it.
    """

    demand: Demand
    target: VaultTarget
    options: AgentOptions
    course: Course | None = None
    failure: RootTrustError | None = None
