"""What an istiod can do when its roots change, by its version and its settings.

Read in istio's source at its tags 1.10.0 to 1.30.3: `handleEvent` in
pilot/pkg/bootstrap/istio_ca.go, and `CreateCertificate` in security/pkg/server/ca/server.go. A
bundle of ours only grows at its end and loses its first root, so that one text holds the other,
as istiods before 1.30 ask for (`bytes.Contains`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

Version = tuple[int, int, int]

# With what a vendor or a flavour adds; a pre-release may be older than the change it is judged by.
_RELEASE = re.compile(r"v?(1)\.([0-9]{1,4})\.([0-9]{1,4})(?:[-+.](?!alpha|beta|rc|dev).*)?")


class TakesRoots(StrEnum):
    """When an istiod takes changed roots, in the words of docs/rotation.md."""

    RUNNING = "while it runs"
    IN_ORDER = "while it runs, in order"
    RESTARTED = "when it is restarted"
    UNTOLD = "nobody can tell"
    NOT_ALL = "never more than one"
    NOTHING = "no CA files while it runs"


@dataclass(frozen=True, kw_only=True)
class VersionRule:
    """What istiods do from a version on: with ISTIO_MULTIROOT_MESH, and without."""

    name: str
    since: Version
    with_setting: TakesRoots
    without: TakesRoots
    source: str


# Before it there was no istiod. Charts call themselves 1.0.0 until they are released.
_FIRST = (1, 5, 0)

# The newest first.
RULES = (
    VersionRule(
        name="1.30 and later",
        since=(1, 30, 0),
        with_setting=TakesRoots.RUNNING,
        without=TakesRoots.RESTARTED,
        source="istio 59909",
    ),
    VersionRule(
        name="1.20 to 1.29",
        since=(1, 20, 0),
        with_setting=TakesRoots.IN_ORDER,
        without=TakesRoots.RESTARTED,
        source="istio 47063",
    ),
    VersionRule(
        name="1.18 and 1.19",
        since=(1, 18, 0),
        with_setting=TakesRoots.RESTARTED,
        without=TakesRoots.RESTARTED,
        source="istio 31522 and 43946",
    ),
    VersionRule(
        name="before 1.18",
        since=_FIRST,
        with_setting=TakesRoots.NOTHING,
        without=TakesRoots.NOTHING,
        source="istio 43946",
    ),
)
# What all have in common since istiod can take roots at all.
_UNKNOWN = RULES[1]

# They hand roots to workloads one by one (istio 55060), and istio's agent takes the last for all of
# them (issue 55793): each with the release that has it mended (istio 55835).
MENDED_IN = {(1, 24, 4): "1.24.5", (1, 25, 1): "1.25.2"}


@dataclass(frozen=True, kw_only=True)
class IstiodAbility:
    """When one istiod takes changed roots; `version` is None of what is no release."""

    takes: TakesRoots
    version: Version | None

    @property
    def needs_restart(self) -> bool:
        """Whether it takes changed roots only when it is restarted."""
        return self.takes is TakesRoots.RESTARTED

    @property
    def knows_setting(self) -> bool:
        """Whether ISTIO_MULTIROOT_MESH makes a difference to it."""
        return self.version is None or self.version >= _UNKNOWN.since


def judge_istiod(version: str | None, *, multi_root: bool | None) -> IstiodAbility:
    """Return what an istiod can do; `multi_root` is None of a setting that nobody can read.

    A version that is no release (a custom build, a commit) is judged by its settings alone.
    """
    found = read_release(version)
    if found in MENDED_IN:
        return IstiodAbility(takes=TakesRoots.NOT_ALL, version=found)
    rule = _UNKNOWN if found is None else next(each for each in RULES if found >= each.since)
    return IstiodAbility(takes=_choose(rule, multi_root=multi_root), version=found)


def read_release(text: str | None) -> Version | None:
    """Return the release that a version is of, None if it is of none."""
    found = _RELEASE.fullmatch(text or "")
    version = (int(found[1]), int(found[2]), int(found[3])) if found else None
    return version if version is not None and version >= _FIRST else None


def _choose(rule: VersionRule, *, multi_root: bool | None) -> TakesRoots:
    if multi_root is None and rule.with_setting is not rule.without:
        return TakesRoots.UNTOLD
    return rule.with_setting if multi_root else rule.without
