"""The form of the guide: a topic of reasons, each with what it means and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.domain.reasons import Reason


@dataclass(frozen=True)
class Advice:
    """What a reason means, and the next step; none where all is as it should be.

    `command` is what is typed first, and stands in `fix` as {command}. It may have NAMESPACE and
    NAME of the policy, and CLUSTER, for whoever knows them to fill in.
    """

    meaning: str
    fix: str = ""
    command: str = ""

    def tell_fix(self) -> str:
        """Return the next step with its command, as people read it."""
        return self.fix.replace("{command}", f"`{self.command}`")


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Reasons that belong together; `about` says where they are met, `why` why they matter."""

    title: str
    about: str
    why: str = ""
    advice: Mapping[Reason, Advice]
