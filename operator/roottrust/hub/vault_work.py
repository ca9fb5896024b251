"""Observe, plan, apply, until Vault is as the policy wants it; then say what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action
from roottrust.domain.errors import ConflictError, DependencyMissingError, RootTrustError
from roottrust.domain.facts import Unread, VaultFacts
from roottrust.domain.judgement import find_plan_fault
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan, plan_policy
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.logs import bind_context

logger = logging.getLogger(__name__)

# One for a root, one for what needs it, one for an answer that got lost, one to verify.
MAX_ROUNDS = 4


@dataclass(kw_only=True)
class VaultWork:
    """What was written, the last plan, and the first failure that asks for a retry."""

    plan: Plan | None = None
    applied: list[Action] = field(default_factory=list)
    failure: RootTrustError | None = None
    in_the_way: ConflictError | None = None


async def work_on_vault(
    server: VaultServer,
    target: VaultTarget,
    *,
    claimant: Claimant,
    known_root: str | None,
    writes: bool,
    now: Callable[[], datetime],
) -> VaultWork:
    """Bring Vault to what a policy asks for, as far as it goes; `writes` False only looks.

    Raises RootTrustError when Vault cannot be observed at all.
    """
    work = VaultWork()
    for number in range(MAX_ROUNDS):
        snapshot = await observe_snapshot(
            server, target, claimant=claimant, known_root=known_root, now=now
        )
        work.plan = plan_policy(snapshot)
        work.failure = work.failure or find_failure(work.plan, snapshot.facts)
        is_stuck = number > 0 and work.failure is not None  # retries belong to the queue
        if not writes or not work.plan.actions or is_stuck:
            return work
        work.in_the_way = None
        await _apply_plan(server, work.plan, work)
    if work.plan is not None:
        waiting = ", ".join(str(action) for action in work.plan.actions)
        logger.warning("Vault does not keep what is written: %s", waiting)
        work.failure = work.failure or work.in_the_way
    return work


async def observe_snapshot(
    server: VaultServer,
    target: VaultTarget,
    *,
    claimant: Claimant,
    known_root: str | None,
    now: Callable[[], datetime],
) -> Snapshot:
    """Return what a policy asks for beside what Vault has; raises RootTrustError."""
    facts = await server.observe(target)
    return Snapshot(claimant=claimant, target=target, facts=facts, known_root=known_root, now=now())


async def _apply_plan(server: VaultServer, plan: Plan, work: VaultWork) -> None:
    """Make all writes: without the root nothing else, but each cluster apart from the others."""
    if not await _apply_all(server, plan.root.actions, work):
        return
    for name, cluster in plan.clusters.items():
        with bind_context(cluster=name):
            await _apply_all(server, cluster.actions, work)


async def _apply_all(server: VaultServer, actions: Iterable[Action], work: VaultWork) -> bool:
    for action in actions:
        try:
            await server.apply(action)
        except ConflictError as error:
            work.in_the_way = error  # mostly, it is there by now: the next round sees it
            return False
        except RootTrustError as error:
            work.failure = work.failure or error
            return False
        logger.info("%s in Vault%s", action, _explain(action))
        work.applied.append(action)
    return True


def _explain(action: Action) -> str:
    fields = ", ".join(each.field for each in action.differences)
    return f" ({fields})" if fields else ""


def find_failure(plan: Plan, facts: VaultFacts) -> RootTrustError | None:
    """Return what asks for a retry: something unread, or something that must exist first."""
    found = (facts.root_issuer, *facts.clusters.values())
    unread = next((each.error for each in found if isinstance(each, Unread)), None)
    if unread is not None:
        return unread
    fault = find_plan_fault(plan)
    if fault is None or fault.status is ConditionStatus.FALSE:
        return None
    return DependencyMissingError(fault.message, reason=fault.reason)
