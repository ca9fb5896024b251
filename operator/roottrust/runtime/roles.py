"""The operator's process: its roles, and what they share.

One watch of each kind, one store, one client, one leadership and its fence, one server of health
and metrics. See docs/adr/0022-roles-in-one-process.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from roottrust.http.tls_buffer import shrink_tls_buffers
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.events import EventPoster
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.health import (
    HealthServer,
    build_queue_check,
    build_worker_check,
    find_first_trouble,
)
from roottrust.runtime.kopf_glue import KopfWatches
from roottrust.runtime.leadership import Leadership, open_leadership
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.process import Part, run_parts, tune_interpreter
from roottrust.runtime.role import Role, RolePlan, Shared
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key
from roottrust.runtime.watch_audit import WatchAudit
from roottrust.runtime.watching import list_watched, merge_watched
from roottrust.runtime.workers import LIMIT_SECONDS


async def run_roles(
    settings: OperatorSettings,
    access: KubeAccess,
    plans: Sequence[RolePlan],
    *,
    stop: asyncio.Event,
) -> None:
    """Run these roles until the stop.

    Raises RootTrustError when the process cannot start or leads no more, an ExceptionGroup when a
    part of it fails.
    """
    tune_interpreter()
    shrink_tls_buffers()
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        leadership = await stack.enter_async_context(
            open_leadership(settings, access, metrics=metrics)
        )
        client = KubeClient(
            access,
            concurrency=settings.kubernetes_concurrency,
            on_write=metrics.count_kubernetes_write,
            guard=leadership.check,
        )
        stack.push_async_callback(client.close)
        process = _Process(
            settings, access, plans, client=client, leadership=leadership, metrics=metrics
        )
        await process.run(stop)


class _Process:
    """The parts of one process, and the ways of changes between them."""

    def __init__(
        self,
        settings: OperatorSettings,
        access: KubeAccess,
        plans: Sequence[RolePlan],
        *,
        client: KubeClient,
        leadership: Leadership,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._client = client
        self._leadership = leadership
        self._metrics = metrics
        self._watched = merge_watched(each.watched for each in plans)
        self._kinds = {each.resource: each for each in self._watched}
        self._store = ObjectStore(self._kinds)
        self._events = EventQueue(EventPoster(client).post_event, is_busy=self._is_busy)
        shared = Shared(
            settings=settings,
            client=client,
            store=self._store,
            events=self._events,
            leadership=leadership,
            metrics=metrics,
        )
        self._roles: dict[str, Role] = {each.name: each.build(shared) for each in plans}
        self._watches = KopfWatches(access=access, watched=self._watched, on_event=self._take_event)
        self._audit = WatchAudit(
            client=client, store=self._store, watched=self._watched, on_change=self._take_missed
        )

    async def run(self, stop: asyncio.Event) -> None:
        """List everything, then stand by or work until the stop."""
        await list_watched(self._client, self._store, self._watched)
        for role in self._roles.values():
            await role.prepare()
        self._show_metrics()
        parts: dict[str, Part] = {
            "health": self._build_health().run,
            "watches": self._watches.run,
            "audit": self._audit.run,
            "events": self._events.run,
        }
        for name, role in self._roles.items():
            parts[f"{name} workers"] = partial(role.work.run, on_lead=role.enqueue_all)
            parts.update(role.build_parts())
        await self._leadership.run(lambda: self._run_parts(parts, stop))

    async def _run_parts(self, parts: dict[str, Part], stop: asyncio.Event) -> None:
        try:
            await run_parts(parts, stop=stop)
        finally:
            for role in self._roles.values():
                role.work.close()
            await self._events.flush()
            for role in self._roles.values():
                await role.close()

    def _take_event(
        self, *, kind: ResourceKind, type_: str | None, found: Mapping[str, Any]
    ) -> None:
        before = self._store.get_by_key(build_key(kind, found))
        key = self._store.apply_event(kind, type_, self._kinds[kind].keep(found))
        if key is not None:
            self._tell(key, before)

    def _take_missed(self, key: ObjectKey) -> None:
        self._tell(key, None)

    def _tell(self, key: ObjectKey, before: Mapping[str, Any] | None) -> None:
        now = self._store.get_by_key(key)
        for role in self._roles.values():
            role.take_change(key, before=before, now=now)

    def _is_busy(self) -> bool:
        return any(role.work.queue.depth > 0 for role in self._roles.values())

    def _build_health(self) -> HealthServer:
        works = [role.work for role in self._roles.values()]
        http = self._settings.http
        return HealthServer(
            host=http.host,
            port=http.port,
            metrics=self._metrics,
            live={
                "workers": find_first_trouble(
                    build_worker_check(each.workers, stuck_seconds=2 * LIMIT_SECONDS)
                    for each in works
                )
            },
            ready={
                "queue": find_first_trouble(build_queue_check(each.queue) for each in works),
                "started": lambda: None if self._watches.is_started else "the watches are starting",
                "watches": self._audit.check,
            },
            describe=self._leadership.describe,
        )

    def _show_metrics(self) -> None:
        queues = [role.work.queue for role in self._roles.values()]
        self._metrics.show_leader(lambda: self._leadership.leads)
        self._metrics.show_queue(
            depth=lambda: sum(each.depth for each in queues),
            oldest=lambda: max(each.oldest_age_seconds for each in queues),
        )
        for kind in self._store.kinds:
            self._metrics.show_watch(
                kind=str(kind),
                age=partial(self._store.get_event_age, kind),
                is_silent=partial(self._audit.is_silent, kind),
            )
