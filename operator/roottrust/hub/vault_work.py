"""Observe, plan, apply, until Vault is as the policy wants it; then say what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action
from roottrust.domain.errors import (
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.facts import Unread, VaultFacts
from roottrust.domain.fault import is_doubtful, is_outage
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.judgement import find_plan_fault
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan, list_next_actions, plan_policy
from roottrust.domain.preview import foresee_policy
from roottrust.domain.reviewer import ReviewerTokens
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.hub.outage import find_outage
from roottrust.hub.reviewer_book import ReviewerBook
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.log_context import bind_context

logger = logging.getLogger(__name__)

# One for a root, one for what needs it, one for an answer that got lost, one to verify.
MAX_ROUNDS = 4
# Of one policy; how many requests there are at once is the server's own limit.
CLUSTERS_AT_ONCE = 16


class RootPart(Enum):
    """What is worked on for all clusters: the root in use, and the one to take its place."""

    IN_USE = "in use"
    NEXT = "next"


# What is worked on apart from the rest; a cluster by its name.
Part = RootPart | str


@dataclass(kw_only=True)
class VaultWork:
    """What was written, the last plan, and the failure that asks for a retry.

    `facts` are what the plan was made from, `refused` is what the writes of a part have met that is
    left for now, `in_the_way` what is looked at once more; `outage` ended it all.
    """

    plan: Plan | None = None
    facts: VaultFacts | None = None
    applied: list[Action] = field(default_factory=list)
    failure: RootTrustError | None = None
    refused: dict[Part, RootTrustError] = field(default_factory=dict)
    in_the_way: dict[Part, ConflictError] = field(default_factory=dict)
    outage: RootTrustError | None = None
    reviewer_tokens: ReviewerTokens | None = None


async def work_on_vault(
    server: VaultServer,
    target: VaultTarget,
    *,
    claimant: Claimant,
    known_root: str | None,
    root_secret: ImportedRoot | Unread | None,
    reviewers: ReviewerBook,
    writes: bool,
    now: Callable[[], datetime],
) -> VaultWork:
    """Bring Vault to what a policy asks for, as far as it goes; `writes` False only looks.

    A part that fails is left to the queue's retry, and the others go on. Raises RootTrustError when
    Vault cannot be observed at all.
    """
    work = VaultWork(reviewer_tokens=reviewers.known)
    look = partial(
        observe_snapshot,
        server,
        target,
        claimant=claimant,
        known_root=known_root,
        root_secret=root_secret,
        reviewer_tokens=reviewers.known,
        now=now,
    )
    for number in range(MAX_ROUNDS):
        try:
            snapshot = await look()
        except RootTrustError as error:
            if not work.applied:
                raise
            # What was written is to be told nevertheless.
            work.plan, work.facts, work.failure = None, None, error
            return work
        if number == 0 and writes and plan_policy(snapshot).builds_on_mounts:
            # Mounts are read for all policies at once: whose they are may have changed since.
            server.forget()
            snapshot = await look()
        work.plan = plan_policy(snapshot) if writes else foresee_policy(snapshot)
        work.facts = snapshot.facts
        work.outage = await _find_outage_of_reads(server, snapshot.facts)
        if not writes or work.outage is not None:
            break
        if not await _apply_round(server, work, work.plan, reviewers):
            break
    else:
        _give_up(work, work.plan)
    work.failure = _choose_failure(work, snapshot)
    return work


async def observe_snapshot(
    server: VaultServer,
    target: VaultTarget,
    *,
    claimant: Claimant,
    known_root: str | None,
    root_secret: ImportedRoot | Unread | None,
    reviewer_tokens: ReviewerTokens,
    now: Callable[[], datetime],
) -> Snapshot:
    """Return what a policy asks for beside what Vault has; raises RootTrustError."""
    facts = await server.observe(target)
    return Snapshot(
        claimant=claimant,
        target=target,
        facts=facts,
        known_root=known_root,
        now=now(),
        root_secret=root_secret,
        reviewer_tokens=dict(reviewer_tokens),
    )


async def _apply_round(
    server: VaultServer, work: VaultWork, plan: Plan, reviewers: ReviewerBook
) -> bool:
    """Make the writes of all parts that have not failed yet; return whether there were any.

    Clusters build on the root, and not on each other: a policy may have a thousand.
    """
    parts = _list_parts(work, plan)
    apply = partial(_apply_part, server, work, reviewers)
    root = parts.pop(RootPart.IN_USE, None)
    if root is not None:
        await apply(RootPart.IN_USE, root)
        if RootPart.IN_USE in work.refused or RootPart.IN_USE in work.in_the_way:
            return work.outage is None  # without the root there is nothing else to do
    waiting = iter(parts.items())

    async def drain() -> None:
        for part, actions in waiting:
            if work.outage is not None:
                return
            await apply(part, actions)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(CLUSTERS_AT_ONCE, len(parts))):
            group.create_task(drain())
    return (root is not None or bool(parts)) and work.outage is None


async def _apply_part(
    server: VaultServer,
    work: VaultWork,
    reviewers: ReviewerBook,
    part: Part,
    actions: tuple[Action, ...],
) -> None:
    """Make the writes of one part, and remember what kept it from them."""
    cluster = part if isinstance(part, str) else ""
    with bind_context(cluster=cluster):
        error = await _apply_all(server, actions, work, reviewers, cluster=cluster)
    work.in_the_way.pop(part, None)
    if isinstance(error, ConflictError):
        work.in_the_way[part] = error  # mostly, it is there by now: the next round sees it
    elif error is not None:
        work.refused[part] = error
        work.outage = await find_outage(server, error) or work.outage


def _list_parts(work: VaultWork, plan: Plan) -> dict[Part, tuple[Action, ...]]:
    if RootPart.IN_USE in work.refused:
        return {}
    parts: dict[Part, tuple[Action, ...]] = {
        RootPart.IN_USE: plan.root.actions,
        RootPart.NEXT: list_next_actions(plan),
        **{name: cluster.actions for name, cluster in plan.clusters.items()},
    }
    return {part: each for part, each in parts.items() if each and part not in work.refused}


async def _apply_all(
    server: VaultServer,
    actions: Iterable[Action],
    work: VaultWork,
    reviewers: ReviewerBook,
    *,
    cluster: str,
) -> RootTrustError | None:
    """Make writes that build on each other; return what the first one to fail has met."""
    for action in actions:
        if work.outage is not None:
            return None  # another cluster has met it
        try:
            await server.apply(await reviewers.fill(action, cluster=cluster))
        except RootTrustError as error:
            return error
        reviewers.take(action)
        logger.info("%s in Vault%s", action, _explain(action))
        work.applied.append(action)
    return None


def _explain(action: Action) -> str:
    fields = ", ".join(each.field for each in action.differences)
    return f" ({fields})" if fields else ""


def _give_up(work: VaultWork, plan: Plan | None) -> None:
    """Leave what comes up again each time; what is in the way of it is the failure then."""
    parts = _list_parts(work, plan) if plan else {}
    waiting = ", ".join(str(action) for actions in parts.values() for action in actions)
    logger.warning("Vault does not keep what is written: %s", waiting)
    work.refused |= {part: work.in_the_way[part] for part in parts if part in work.in_the_way}


async def _find_outage_of_reads(server: VaultServer, facts: VaultFacts) -> RootTrustError | None:
    """Return what keeps all of Vault from being used, if that is why something is unread."""
    errors = _list_unread(facts)
    worst = max(errors, key=lambda each: (is_outage(each), not is_doubtful(each)), default=None)
    return None if worst is None else await find_outage(server, worst)


def _list_unread(facts: VaultFacts) -> list[RootTrustError]:
    found = (facts.root_issuer, *facts.clusters.values())
    return [each.error for each in found if isinstance(each, Unread)]


def _choose_failure(work: VaultWork, snapshot: Snapshot) -> RootTrustError | None:
    """Return what asks for a retry: what passes soonest by itself, though not before its time."""
    if work.outage is not None:
        return work.outage
    found = [*work.refused.values(), *_list_unread(snapshot.facts)]
    missing = find_failure(work.plan, snapshot.facts) if work.plan else None
    found += [] if missing is None else [missing]
    return max(found, key=_rank_failure, default=None)


def _rank_failure(error: RootTrustError) -> tuple[bool, float]:
    if not isinstance(error, TransientError):
        return False, 0
    return True, error.retry_after_seconds or 0


def find_failure(plan: Plan, facts: VaultFacts) -> RootTrustError | None:
    """Return what asks for a retry: something unread, or something that must exist first."""
    unread = _list_unread(facts)
    if unread:
        return unread[0]
    fault = find_plan_fault(plan)
    if fault is None or fault.status is ConditionStatus.FALSE:
        return None
    return DependencyMissingError(fault.message, reason=fault.reason)
