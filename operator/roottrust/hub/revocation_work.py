"""Revoking the intermediates that a person calls compromised, once nothing uses them any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.domain.rotation.compromised_intermediates import read_compromised
from roottrust.domain.rotation.revocation import (
    SETTLE_TIME,
    RevocationDecision,
    decide_revocation,
    is_settled,
)
from roottrust.domain.rotation.revocation_report import (
    CompromiseOrder,
    Obstacle,
    ToldRevocations,
    is_over,
    tell_decision,
    tell_done,
    tell_doubtful,
    tell_waiting,
)
from roottrust.domain.rotation.served_intermediates import (
    ServedCluster,
)
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.mount_revocation import work_on_mount
from roottrust.hub.revocation_look import RevocationLook, find_obstacle, view_served
from roottrust.hub.signed_intermediates import READ_MAX, KnownMount
from roottrust.runtime.store import ObjectKey

# What a person changes in Vault, nobody tells.
LOOK_AGAIN = timedelta(minutes=3)
VIEW_AGAIN = timedelta(seconds=15)
GO_ON = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class RevocationResult:
    """What is told, and when to look again."""

    told: ToldRevocations
    next_look: datetime | None = None


class Revocations:
    """Follows what policies call compromised; what is lost with it is found out again.

    What is done is done by the status, and costs nothing any more.
    """

    def __init__(
        self,
        *,
        clusters: ClusterRegistry,
        now: Callable[[], datetime],
        settle_time: timedelta = SETTLE_TIME,
        read_max: int = READ_MAX,
    ) -> None:
        self._clusters = clusters
        self._now = now
        self._settle_time = settle_time
        self._read_max = read_max
        self._known: dict[ObjectKey, KnownMount] = {}

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._known.pop(policy, None)

    async def go_on(self, look: RevocationLook) -> RevocationResult:
        """Revoke what can be, and tell how far that is; what Vault refuses is told as well."""
        orders = read_compromised(look.policy.annotations)
        before = look.policy.status.compromised_intermediates if look.policy.status else ()
        known = {(each.cluster, each.generation): each for each in before}
        entries: list[CompromisedIntermediates] = []
        looks: list[datetime] = []
        for cluster, generation in sorted(orders.generations.items()):
            order = CompromiseOrder(
                cluster=cluster,
                generation=generation,
                mount=look.target.root.mount,
                owner=look.owner.full_name,
            )
            entry, moment = await self._follow(look, order, known.get((cluster, generation)))
            entries.append(entry)
            looks += [moment] if moment is not None else []
        if all(each.revoked_at is not None for each in entries):
            self.forget(look.policy.key)
        root, now = look.root_fingerprint, self._now()
        warned = (each.message for each in entries if not is_over(each, root=root, now=now))
        return RevocationResult(
            told=ToldRevocations(entries=tuple(entries), warnings=(*orders.problems, *warned)),
            next_look=min(looks, default=None),
        )

    async def _follow(
        self,
        look: RevocationLook,
        order: CompromiseOrder,
        before: CompromisedIntermediates | None,
    ) -> tuple[CompromisedIntermediates, datetime | None]:
        """Return how far one cluster is, and when to look again."""
        now = self._now().replace(microsecond=0)
        if before is not None and before.revoked_at is not None:
            done = tell_done(order, before, root=look.root_fingerprint, now=now)
            return done, done.trusted_until if (done.trusted_until or now) > now else None
        served = view_served(self._clusters, look, order, now=now)
        obstacle = find_obstacle(self._clusters, look, order, served)
        if obstacle is not None:
            # What changes of the meshes of others, nobody tells this policy.
            soon = now + VIEW_AGAIN if served.others else None
            return tell_waiting(order, obstacle, before=before), soon
        begin = served.own_begin
        if begin is None:
            wait = Obstacle(message=f"No istiod of {order.cluster} serves an intermediate.")
            return tell_waiting(order, wait, before=before), None
        issued_before = (before.issued_before if before else None) or begin
        if not is_settled(issued_before, now=now, settle_time=self._settle_time):
            wait = Obstacle(message="Agents are given some time to tell what they have.")
            return tell_waiting(order, wait, before=before), issued_before + self._settle_time
        return await self._look(look, order, served, issued_before)

    async def _look(
        self,
        look: RevocationLook,
        order: CompromiseOrder,
        served: ServedCluster,
        issued_before: datetime,
    ) -> tuple[CompromisedIntermediates, datetime | None]:
        """Look through the mount, from time to time, and revoke what is to be."""
        now = self._now().replace(microsecond=0)
        known = self._find_known(look.policy.key, order.mount)

        def decide() -> RevocationDecision:
            return decide_revocation(
                known.intermediates,
                served,
                cluster=order.cluster,
                issued_before=issued_before,
                now=now,
            )

        if _is_due(known, order, decide(), now=now):
            await work_on_mount(look, order, known, decide, now=now, read_max=self._read_max)
        decision = decide()
        obstacle = known.obstacles.get(order.cluster)
        pause = LOOK_AGAIN if order.cluster in known.looked_at else GO_ON
        if obstacle is None and decision.doubtful:
            pause = VIEW_AGAIN  # it ends by what others serve
            policies = [each.policy for each in served.others]
            obstacle = tell_doubtful(order, decision.doubtful, policies)
        entry = tell_decision(
            order,
            decision,
            issued_before=issued_before,
            roots=look.roots,
            obstacle=obstacle,
            now=now,
        )
        return entry, entry.trusted_until if obstacle is None else now + pause

    def _find_known(self, policy: ObjectKey, mount: str) -> KnownMount:
        known = self._known.get(policy)
        if known is None or known.mount != mount:
            known = self._known[policy] = KnownMount(mount=mount)
        return known


def _is_due(
    known: KnownMount, order: CompromiseOrder, decision: RevocationDecision, *, now: datetime
) -> bool:
    """Whether to ask Vault now: at first, for what is new, and from time to time for the rest."""
    last = known.looked_at.get(order.cluster)
    is_new = bool(decision.revoke) and order.cluster not in known.obstacles
    return last is None or is_new or now - last >= LOOK_AGAIN
