"""Removing keys that Vault made at `csrPath` once nobody needs them there: a slow pass of its own.

What agents are newly seen to have goes within seconds. When a key was seen first is kept in memory
alone: after a restart each key has its time anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from roottrust.api.choices import ManagementMode, ObjectOrigin
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.facts import MountFacts
from roottrust.domain.fault import is_outage
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.mark import parse_mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_keys import KeyCount, MountKeys, decide_keys
from roottrust.hub.confirmed_keys import ConfirmedKeys
from roottrust.hub.key_book import PolicyMount, list_mounts
from roottrust.hub.pace import DEFAULT_PACE, Pace
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_reader import Demand
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.vault_server import VaultServer, VaultServers
from roottrust.runtime.clock import count_seconds, wait_for_event
from roottrust.runtime.fence import FencedError
from roottrust.runtime.leadership import Leadership
from roottrust.runtime.log_context import bind_context
from roottrust.runtime.log_subject import describe_policy
from roottrust.runtime.metrics import Metrics

logger = logging.getLogger(__name__)

# Of one mount in one pass; the rest has time until the next.
MAX_REMOVED = 500
MAX_READ = 100
# How soon a key goes that its agent was seen to have.
SOON_SECONDS = 2.0


@dataclass(kw_only=True)
class _Mount:
    """One intermediate mount as one policy uses it."""

    policy: PolicyObject
    demand: Demand
    cluster: str
    place: PolicyMount
    is_managed: bool


@dataclass(kw_only=True)
class _Pass:
    """What one pass has found out about one namespace of a Vault."""

    server: VaultServer
    mounts: dict[str, MountFacts] = field(default_factory=dict)


class KeySweep:
    """Counts the keys of all intermediate mounts, and removes those of mounts that we made."""

    def __init__(
        self,
        *,
        hub: str,
        controller: PolicyController,
        servers: VaultServers,
        reporter: PolicyReporter,
        metrics: Metrics,
        confirmed: ConfirmedKeys,
        on_change: Callable[[PolicyObject], None],
        pace: Pace = DEFAULT_PACE,
        clock: Callable[[], float] = count_seconds,
    ) -> None:
        self._hub = hub
        self._list_accepted = controller.acceptor.list_accepted
        self._servers = servers
        self._book = controller.keys
        self._reporter = reporter
        self._metrics = metrics
        self._confirmed = confirmed
        self._on_change = on_change
        self._pace = pace
        self._clock = clock
        self._seen_at: dict[PolicyMount, dict[str, float]] = {}
        self._key_ids: dict[PolicyMount, dict[str, str | None]] = {}
        self._told: dict[PolicyIdentity, frozenset[str]] = {}
        self._asked: set[PolicyIdentity] = set()

    def take_report(self, policy: PolicyObject, report: IssuanceReport) -> None:
        """Have the mounts of a policy looked at soon once an agent has something new."""
        found = frozenset(
            instance.certificate.fingerprint
            for mesh in report.meshes
            for instance in (mesh.issuance.instances if mesh.issuance else ())
            if instance.certificate is not None
        )
        if not found <= self._told.get(policy.identity, frozenset()):
            self._asked.add(policy.identity)
        self._told[policy.identity] = found

    async def run(self, stop: asyncio.Event, *, leadership: Leadership) -> None:
        """Make a pass from time to time, while this hub leads, until the stop."""
        if not await leadership.wait(stop):
            return
        timer, interval = asyncio.get_running_loop(), self._pace.keys_seconds
        due = self._clock() + interval
        pause = min(SOON_SECONDS, interval)
        while not await wait_for_event(stop, timer, seconds=pause):
            if self._clock() >= due:
                await self.sweep(stop)
                due = self._clock() + interval
            else:
                await self.sweep_asked(stop)

    async def sweep(self, stop: asyncio.Event) -> None:
        """Make one pass; a mount that fails hinders no other, a Vault that is away is left out."""
        mounts = {each.place: each for each in self._list_mounts()}
        self._seen_at = {each: self._seen_at.get(each, {}) for each in mounts}
        self._key_ids = {each: self._key_ids.get(each, {}) for each in mounts}
        policies = {each.policy for each in mounts}
        self._told = {each: self._told[each] for each in policies if each in self._told}
        self._asked.clear()
        self._book.keep(mounts)
        await self._sweep_all(mounts, stop)

    async def sweep_asked(self, stop: asyncio.Event) -> None:
        """Look only after the mounts of policies whose agents have something new."""
        asked, self._asked = self._asked, set()
        if asked:
            mounts = {each.place: each for each in self._list_mounts()}
            chosen = {place: each for place, each in mounts.items() if place.policy in asked}
            await self._sweep_all(chosen, stop)

    async def _sweep_all(self, mounts: Mapping[PolicyMount, _Mount], stop: asyncio.Event) -> None:
        passes: dict[tuple[str, str | None], _Pass | None] = {}
        for place, mount in mounts.items():
            if stop.is_set():
                return
            where = (place.server, place.namespace)
            if where not in passes:
                passes[where] = await self._begin(place)
            found = passes[where]
            with bind_context(**{**describe_policy(place.policy), "cluster": mount.cluster}):
                if found is not None and not await self._sweep_mount(mount, found, stop):
                    passes[where] = None

    def _list_mounts(self) -> Iterator[_Mount]:
        for policy, demand in self._list_accepted():
            is_managed = demand.spec.management.mode is ManagementMode.MANAGE
            for cluster, place in list_mounts(policy.identity, demand.claim.target):
                yield _Mount(
                    policy=policy,
                    demand=demand,
                    cluster=cluster,
                    place=place,
                    is_managed=is_managed,
                )

    async def _begin(self, place: PolicyMount) -> _Pass | None:
        try:
            server = self._servers.get(place.server, place.namespace)
            return _Pass(server=server, mounts=await server.read_mounts())
        except RootTrustError as error:
            message = "the keys in Vault %s are not looked at: %s"
            logger.info(message, place.server, error.message, extra={"reason": error.reason})
            return None

    async def _sweep_mount(self, mount: _Mount, found: _Pass, stop: asyncio.Event) -> bool:
        """Look after one mount; return whether that Vault can be asked for others."""
        facts = found.mounts.get(mount.place.mount)
        if facts is None or facts.type != "pki" or self._is_of_others(mount, facts):
            self._book.forget(mount.place)
            return True
        is_ours = mount.is_managed and self._was_made(mount, facts)
        try:
            kept = await self._look_after(mount, found.server, stop, removes=is_ours)
            count = KeyCount(kept=kept, is_ours=is_ours)
        except FencedError:
            return False
        except RootTrustError as error:
            if is_outage(error):
                return False
            about = {"reason": error.reason}
            logger.info("the keys in %s: %s", mount.place.mount, error.message, extra=about)
            count = KeyCount(is_ours=is_ours, trouble=error.message)
        if self._book.put(mount.place, count):
            self._on_change(mount.policy)
        return True

    async def _look_after(
        self, mount: _Mount, server: VaultServer, stop: asyncio.Event, *, removes: bool
    ) -> int:
        """Return how many keys are left."""
        place = mount.place
        keys = await server.observe_keys(place.mount)
        confirmed = await self._find_confirmed(mount, server, keys) if removes else frozenset()
        decision = decide_keys(
            keys,
            seen_at=self._seen_at.get(place, {}),
            now=self._clock(),
            unused_seconds=self._pace.unused_key_seconds,
            confirmed=confirmed,
        )
        self._seen_at[place] = dict(decision.seen_at)
        if not removes:
            return len(keys.keys)
        removed = 0
        try:
            for key in decision.remove[:MAX_REMOVED]:
                if stop.is_set():
                    break
                await server.delete_key(place.mount, key)
                removed += 1
        finally:
            await self._tell(mount, removed, kept=len(keys.keys) - removed)
        return len(keys.keys) - removed

    async def _find_confirmed(
        self, mount: _Mount, server: VaultServer, keys: MountKeys
    ) -> frozenset[str]:
        """Return the keys that agents are seen to have; each one is asked for once."""
        known = self._key_ids.get(mount.place, {})
        known = self._key_ids[mount.place] = {key: known[key] for key in keys.keys if key in known}
        held = self._confirmed.find(mount.policy, mount.demand, cluster=mount.cluster)
        unknown = [key for key in keys.keys if key not in known and key not in keys.used]
        try:
            for key in unknown[:MAX_READ] if held else ():
                known[key] = await server.read_key_id(mount.place.mount, key)
        except AccessDeniedError:
            logger.info("keys in %s may not be read: they go by age", mount.place.mount)
        return frozenset(key for key, key_id in known.items() if key_id in held)

    async def _tell(self, mount: _Mount, removed: int, *, kept: int) -> None:
        if not removed:
            return
        self._metrics.vault_keys_removed.inc(removed)
        message = (
            f"Removed {removed} keys from {mount.place.mount} that nobody needs there any more; "
            f"{kept} are left."
        )
        await self._reporter.post(
            mount.policy, reason=Reason.KEYS_REMOVED, message=message, is_normal=True
        )

    def _is_of_others(self, mount: _Mount, facts: MountFacts) -> bool:
        mark = parse_mark(facts.description)
        return mark is not None and not mark.has_owner(hub=self._hub, policy=mount.policy.identity)

    def _was_made(self, mount: _Mount, facts: MountFacts) -> bool:
        mark = parse_mark(facts.description)
        return (
            mark is not None
            and mark.has_owner(hub=self._hub, policy=mount.policy.identity)
            and mark.origin is ObjectOrigin.CREATED
        )
