"""Everything that was read, before anything is judged: what could not be read says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.found import FoundObjects, read_place
from roottrust.cli.status.report import StatusReport
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.runtime.settings import OperatorSettings
from roottrust.vault.client import VaultHealth

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """What could not be read; `right` is `VERB RESOURCE` where only a right was missing."""

    message: str
    reason: Reason | None = None
    right: str | None = None
    is_absent: bool = False


Objects = tuple[Manifest, ...] | Unseen


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How far a clock is ahead of this machine's; `margin` is how sure that is."""

    name: str
    ahead: timedelta
    margin: timedelta


@dataclass(frozen=True, kw_only=True)
class VaultFacts:
    """One Vault of the configuration.

    `objects` says which of the policies' objects are there, None without a token of the person's.
    """

    address: str
    endpoint: str
    health: VaultHealth | Unseen
    objects: Mapping[str, bool | Unseen] | None = None


@dataclass(frozen=True, kw_only=True)
class ConfigurationFacts:
    """The operator's configuration, and where it is."""

    settings: OperatorSettings
    source: str


@dataclass(frozen=True, kw_only=True)
class BadConfiguration:
    """One that cannot be used: a line for each fault."""

    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One look at an installation; `home` is the operator's namespace."""

    read_at: datetime
    version: str
    server: str
    kubernetes: str
    home: str
    crds: Mapping[str, Manifest | Unseen | None] = field(default_factory=dict)
    policies: Objects = ()
    meshes: Objects = ()
    certificates: Objects = ()
    lease: Manifest | Unseen | None = None
    deployments: Objects = ()
    pods: Objects = ()
    configuration: ConfigurationFacts | BadConfiguration | Unseen = field(
        default_factory=lambda: Unseen(message="It was not looked for.")
    )
    vaults: tuple[VaultFacts, ...] = ()
    clocks: tuple[Clock, ...] = ()
    registrations: Objects = ()
    foreign: Mapping[tuple[str, str], bool | Unseen] = field(default_factory=dict)
    events: Mapping[str, Objects] = field(default_factory=dict)

    @cached_property
    def believed_meshes(self) -> tuple[Manifest, ...]:
        """Those in the operator's namespace or beside their istiod: others could be anybody's."""
        return tuple(
            each
            for each in list_seen(self.meshes)
            if (place := read_place(each)) is not None
            and each["metadata"].get("namespace") in {self.home, place.namespace}
        )

    @property
    def istiod_namespaces(self) -> dict[tuple[str, str], str]:
        """Where istiods run, by their clusters and the names of their Meshes."""
        found: dict[tuple[str, str], str] = {}
        for mesh in self.believed_meshes:
            place = read_place(mesh)
            if place is not None:
                found[place.cluster, str(mesh["metadata"]["name"])] = place.namespace
        return found

    @cached_property
    def tree(self) -> StatusReport:
        """What `roottrust status` makes of the same objects."""
        lease = None if isinstance(self.lease, Unseen) else self.lease
        objects = FoundObjects(
            home=self.home,
            policies=list_seen(self.policies),
            meshes=list_seen(self.meshes),
            certificates=list_seen(self.certificates),
            lease=lease,
        )
        return build_report(objects, read_at=self.read_at)


def list_seen(objects: Objects) -> tuple[Manifest, ...]:
    """Return what could be read, nothing of what could not."""
    return () if isinstance(objects, Unseen) else objects


def build_unseen(error: RootTrustError, *, right: str) -> Unseen:
    """Return why something could not be read; `right` is what a refusal was about."""
    is_denied = isinstance(error, AccessDeniedError)
    return Unseen(
        message=f"You may not {right}." if is_denied else error.message,
        reason=error.reason,
        right=right if is_denied else None,
        is_absent=isinstance(error, DependencyMissingError),
    )
