"""The controller of PodBounceDirectives: observe, plan, apply, tell, and look again soon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roottrust.api.choices import BounceState
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.cluster.bounce_observer import BounceObserver
from roottrust.cluster.bounce_report import BounceReporter
from roottrust.cluster.bounce_writer import BounceWriter
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.bounce_bounds import (
    Directive,
    check_bounds,
    check_cluster,
    check_reference,
    read_directive,
)
from roottrust.domain.bounce_plan import plan_bounce
from roottrust.domain.bounce_snapshot import BounceSnapshot
from roottrust.domain.bounce_status import (
    build_bounce_status,
    build_interruption,
    build_refusal,
    is_settled,
)
from roottrust.domain.bounced_workload import WorkloadName
from roottrust.domain.errors import (
    ConflictError,
    InvalidSpecError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.reasons import Reason
from roottrust.runtime.store import ObjectKey, ObjectStore

# Rollouts are not watched. One that moves is looked at often, one that a person must see to is not.
MOVING_SECONDS = 2.0
WAITING_SECONDS = 5.0
FAILED_SECONDS = 15.0
NAMESPACE_SECONDS = 0.25

Manifest = Mapping[str, Any]


class BounceController:
    """Reconciles one directive at a time; what it does follows from what is there alone."""

    def __init__(
        self,
        *,
        place: MeshPlace,
        store: ObjectStore,
        observer: BounceObserver,
        writer: BounceWriter,
        reporter: BounceReporter,
        istiods: IstiodNamespaces,
        now: Callable[[], datetime],
    ) -> None:
        self._place = place
        self._store = store
        self._observer = observer
        self._writer = writer
        self._reporter = reporter
        self._istiods = istiods
        self._now = now

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Do what is next, and tell of it; return when to look again, None once it is done."""
        found = self._store.get_by_key(key)
        if found is None or found["metadata"].get("deletionTimestamp"):
            self._reporter.forget(key)
            return None
        try:
            return await self._carry_out(found)
        except InvalidSpecError as error:
            await self._refuse(found, error)
            return None
        except (ConflictError, TransientError):
            raise
        except RootTrustError as error:
            await self._interrupt(found, error)
            raise

    async def _carry_out(self, found: Manifest) -> float | None:
        directive = read_directive(found)
        before = PodBounceDirectiveStatus.find(found.get("status"))
        generation = _read_generation(found)
        if before and is_settled(before, trust_hash=directive.trust_hash, generation=generation):
            self._reporter.show(found, before)
            return None
        await self._check(directive)
        plan = plan_bounce(await self._observe(directive, before))
        for action in plan.actions:
            await self._writer.apply(action)
        status = build_bounce_status(
            plan,
            trust_hash=directive.trust_hash,
            before=before,
            generation=generation,
            now=self._now(),
        )
        await self._reporter.report(found, status)
        return _find_pause(status, directive)

    async def _check(self, directive: Directive) -> None:
        """See that it may be obeyed; raises InvalidSpecError."""
        check_cluster(directive, cluster=self._place.cluster)
        check_reference(directive)
        is_privileged = directive.namespace == self._place.home or (
            bool(directive.foreign_namespaces)
            and await self._istiods.has_istiod(directive.namespace)
        )
        check_bounds(directive, is_privileged=is_privileged)

    async def _observe(
        self, directive: Directive, before: PodBounceDirectiveStatus | None
    ) -> BounceSnapshot:
        told = before.workloads if before and before.trust_hash == directive.trust_hash else ()
        known = {
            WorkloadName(namespace=each.namespace, kind=each.kind, name=each.name): each
            for each in told
        }
        started = frozenset(name for name, each in known.items() if each.started_at is not None)
        return BounceSnapshot(
            groups=await self._observer.observe(directive, started=started),
            trust_hash=directive.trust_hash,
            now=self._now(),
            later_hashes=self._find_later_hashes(directive),
            before=known,
        )

    def _find_later_hashes(self, directive: Directive) -> frozenset[str]:
        """Return the hashes of younger directives, so that two never undo each other's work."""
        others = (_read_other(each) for each in self._store.list(DIRECTIVES))
        return frozenset(
            each.trust_hash for each in others if each and each.age_order > directive.age_order
        )

    async def _refuse(self, found: Manifest, error: InvalidSpecError) -> None:
        status = build_refusal(
            reason=error.reason,
            message=error.message,
            before=PodBounceDirectiveStatus.find(found.get("status")),
            generation=_read_generation(found),
            now=self._now(),
        )
        await self._reporter.report(found, status)

    async def _interrupt(self, found: Manifest, error: RootTrustError) -> None:
        status = build_interruption(
            PodBounceDirectiveStatus.find(found.get("status")),
            reason=error.reason,
            message=error.message,
            generation=_read_generation(found),
            now=self._now(),
        )
        await self._reporter.report(found, status)


def _read_other(manifest: Manifest) -> Directive | None:
    try:
        return read_directive(manifest)
    except InvalidSpecError:
        return None


def _read_generation(found: Manifest) -> int:
    return int(found["metadata"].get("generation") or 0)


def _find_pause(status: PodBounceDirectiveStatus, directive: Directive) -> float | None:
    """Return when to look again, None for never; later the more there is to look at."""
    if status.state is BounceState.FINISHED:
        return None
    is_moving = any(each.reason == Reason.RESTARTING for each in status.workloads)
    seconds = MOVING_SECONDS if is_moving else WAITING_SECONDS
    if status.state is BounceState.FAILED:
        seconds = FAILED_SECONDS
    namespaces = {each.namespace for each in directive.spec.pods_to_bounce}
    return seconds + NAMESPACE_SECONDS * len(namespaces)
