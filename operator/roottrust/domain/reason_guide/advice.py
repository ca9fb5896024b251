"""The form of the guide: a topic of reasons, each with what it means and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.domain.reasons import Reason


@dataclass(frozen=True)
class Advice:
    """What a reason means, and the next step; none where all is as it should be."""

    meaning: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Reasons that belong together; `about` says where they are met."""

    title: str
    about: str
    advice: Mapping[Reason, Advice]
