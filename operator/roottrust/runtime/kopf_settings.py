"""How kopf is set up: it watches and reconnects, and writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import kopf

from roottrust.kube.page import PAGE_SIZE
from roottrust.runtime.watching import WatchedKind

ANNOTATION_PREFIX = "admin.gloo.solo.io"
FINALIZER = "admin.gloo.solo.io/roottrust"
COMPONENT = "roottrust-operator"

_SERVER_TIMEOUT_SECONDS = 600
_CLIENT_TIMEOUT_SECONDS = 660


def build_kopf_settings(watched: Iterable[WatchedKind]) -> kopf.OperatorSettings:
    """Return kopf's settings for watches whose handlers only enqueue."""
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True  # a Lease decides who leads
    settings.posting.loggers = False
    settings.posting.level = logging.WARNING
    settings.posting.worker_limit = 8
    settings.posting.reporting_component = COMPONENT
    settings.persistence.finalizer = FINALIZER
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(
        prefix=ANNOTATION_PREFIX
    )
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.watching.chunk_size = PAGE_SIZE
    settings.watching.server_timeout = _SERVER_TIMEOUT_SECONDS
    settings.watching.client_timeout = _CLIENT_TIMEOUT_SECONDS
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.networking.enforce_retry_after = True
    # Workers of kopf keep their slot and the last event's object while they idle; ours never block.
    settings.queueing.idle_timeout = 0.05
    settings.queueing.worker_limit = None
    settings.execution.max_workers = 32
    settings.scanning.disabled = True  # less RBAC; the first list has shown that the kinds exist
    settings.process.ultimate_exiting_timeout = None  # it kills the process, which is ours
    for kind in watched:
        if kind.label_selector:
            settings.watching.label_selectors[_name(kind)] = kind.label_selector
        if kind.field_selector:
            settings.watching.field_selectors[_name(kind)] = kind.field_selector
    return settings


class _NoDiffBase(kopf.DiffBaseStorage):
    """Nothing to compare with: handlers of events need none, and kopf's copies each object twice.

    That is a third of what kopf's watching costs.
    """

    def build(self, **_: Any) -> Any:
        """Return nothing of an object."""
        return {}

    def fetch(self, **_: Any) -> None:
        """Return that nothing is known."""

    def store(self, **_: Any) -> None:
        """Store nothing."""


def _name(kind: WatchedKind) -> Any:
    """Return the kind as a selector of kopf names it."""
    resource = kind.resource
    if resource.group:
        return resource.group, resource.version, resource.plural
    return resource.version, resource.plural
