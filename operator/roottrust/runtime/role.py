"""A role of the operator, alone in its process or beside another one that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from roottrust.kube.client import KubeClient
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.leadership import Leadership
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.process import Part
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.watching import WatchedKind

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the roles of one process have in common; the client writes for the leader only."""

    settings: OperatorSettings
    client: KubeClient
    store: ObjectStore
    events: EventQueue
    leadership: Leadership
    metrics: Metrics


class Role(Protocol):
    """What a role does with what it watches."""

    @property
    def work(self) -> KeyWork:
        """The keys that it reconciles."""

    async def prepare(self) -> None:
        """Get ready, once everything was listed; raises RootTrustError."""

    def build_parts(self) -> Mapping[str, Part]:
        """Return what else runs, by a name that no other role uses."""

    def enqueue_all(self) -> None:
        """Add every key: this process begins to lead."""

    def take_change(self, key: ObjectKey, *, before: Object | None, now: Object | None) -> None:
        """Take notice of what became of an object in the store.

        None for `now` is for one that is gone, for `before` for one that was not there or is not
        known as it was.
        """

    async def close(self) -> None:
        """Do what is left to do while this process leads."""


@dataclass(frozen=True, kw_only=True)
class RolePlan:
    """How a role is set up; `watched` comes first, since the store is made for it."""

    name: str
    watched: tuple[WatchedKind, ...]
    build: Callable[[Shared], Role]
