"""Deleting a policy whose deletionPolicy is Delete: Vault first, then the object, within a bound.

What cannot be removed in time is left behind and told, since a namespace that hangs helps nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus, VaultPlace
from roottrust.domain.acceptance import find_namespace
from roottrust.domain.deletion_plan import Leftover
from roottrust.domain.deletion_report import (
    EVENT_LIMIT,
    DeletionProgress,
    describe_kept,
    describe_leftovers,
    describe_removed,
    list_leftovers,
)
from roottrust.domain.deletion_scope import (
    DeletionScope,
    list_asked_objects,
    list_made_objects,
    list_root_mounts,
)
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.fault import build_outage, is_outage
from roottrust.domain.outcome import Outcome
from roottrust.domain.ownership import Claimant
from roottrust.domain.reasons import Reason
from roottrust.domain.remote_policy import check_namespace
from roottrust.domain.server_terms import find_server, find_terms
from roottrust.domain.status import describe_place
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_work import ClusterWork
from roottrust.hub.deletion_work import DeletionWork, delete_from_vault
from roottrust.hub.dependants import find_dependants
from roottrust.hub.finalizer import Finalizers
from roottrust.hub.issuance_work import remove_certificates
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_reader import PolicyReader
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.fence import FencedError
from roottrust.runtime.store import ObjectKey

logger = logging.getLogger(__name__)

DELETION_SECONDS = 120.0
RETRY_SECONDS = 5.0
# An attempt always has so long, also the first one after the operator was away.
ATTEMPT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One policy with everything that its deletion needs; no place if none is known.

    `users` are the clusters that it asks for intermediate mounts for.
    """

    policy: PolicyObject
    scope: DeletionScope
    where: str
    place: VaultPlace | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    refusal: RootTrustError | None = None


class PolicyDeleter:
    """Reconciles policies that are being deleted and have our finalizer."""

    def __init__(
        self,
        *,
        hub: str,
        reader: PolicyReader,
        servers: VaultServers,
        finalizers: Finalizers,
        clusters: ClusterRegistry,
        cluster_work: ClusterWork,
        reporter: PolicyReporter,
        now: Callable[[], datetime],
        patience_seconds: float = DELETION_SECONDS,
    ) -> None:
        self._hub = hub
        self._reader = reader
        self._servers = servers
        self._finalizers = finalizers
        self._clusters = clusters
        self._cluster_work = cluster_work
        self._reporter = reporter
        self._now = now
        self._patience = timedelta(seconds=patience_seconds)
        self._seen_at: dict[ObjectKey, tuple[str, datetime]] = {}

    def forget(self, key: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._seen_at.pop(key, None)

    async def delete(self, policy: PolicyObject) -> float | None:
        """Go on with a deletion; return when to look again.

        Raises RootTrustError when the finalizer or the status cannot be written.
        """
        if not policy.has_finalizer:
            return None
        if not policy.wants_deletion:
            await self._finalizers.remove(policy)
            return None
        deadline = self._find_deadline(policy)
        case = self._build_case(policy)
        work = await self._attempt(case, deadline)
        left = (deadline - self._now()).total_seconds()
        if not work.is_done and left > 0:
            await self._tell_wait(case, work, deadline)
            return min(RETRY_SECONDS, left)
        await self._tell_end(case, work)
        await self._finalizers.remove(policy)
        return None

    def _find_deadline(self, policy: PolicyObject) -> datetime:
        """Return until when Vault is waited for; the API server's clock may be ahead of ours."""
        now = self._now()
        key, uid = policy.key, policy.identity.uid
        known, seen_at = self._seen_at.get(key, (uid, now))
        if known != uid:
            seen_at = now  # another policy of that name was deleted before
        self._seen_at[key] = (uid, seen_at)
        return min(policy.deleted_at or now, seen_at) + self._patience

    def _build_case(self, policy: PolicyObject) -> _Case:
        # The status of a policy in another cluster may be forged, and is not looked into.
        told = None if policy.identity.is_remote else policy.status
        made = list_made_objects(told)
        scope = DeletionScope(hub=self._hub, policy=policy.identity, made=made)
        try:
            place = self._find_place(policy, told)
            find_terms(place.server, self._servers.terms)
        except RootTrustError as error:
            return _Case(policy=policy, scope=scope, where="Vault", refusal=error)
        target = self._find_target(policy, place)
        scope = DeletionScope(
            hub=self._hub,
            policy=policy.identity,
            made=made,
            asked=list_asked_objects(target) if target is not None else (),
            root_mounts=list_root_mounts(_read_ca_path(policy), told),
            is_forced=policy.forces_deletion,
        )
        namespace = f", namespace {place.namespace}" if place.namespace else ""
        where = f"Vault {place.server}{namespace}"
        users = _list_users(target) if target is not None else {}
        return _Case(policy=policy, scope=scope, where=where, place=place, users=users)

    def _find_place(self, policy: PolicyObject, told: RootTrustPolicyStatus | None) -> VaultPlace:
        """Return where the policy's objects are: where they were seen last, or where it says."""
        if told is not None and told.vault is not None:
            return told.vault
        spec = policy.parse_spec()
        terms = find_server(spec, self._servers.terms)
        namespace = find_namespace(spec, terms)
        if policy.identity.is_remote:
            check_namespace(namespace, terms)
        return VaultPlace(server=terms.address, namespace=namespace or None)

    def _find_target(self, policy: PolicyObject, place: VaultPlace) -> VaultTarget | None:
        """Return what it asks for there."""
        try:
            target = self._reader.read(policy).claim.target
        except RootTrustError:
            return None  # what is not accepted any more is found by its marks and by status
        return target if describe_place(target) == place else None

    async def _attempt(self, case: _Case, deadline: datetime) -> DeletionWork:
        work = DeletionWork(failure=case.refusal)
        # First, lest agents ask for what is being taken away, and lest they keep a mount in use.
        claimant = self._build_claimant(case)
        work.kept = await remove_certificates(self._clusters, claimant, work=self._cluster_work)
        if case.place is None:
            return work
        address = case.place.server
        seconds = max((deadline - self._now()).total_seconds(), ATTEMPT_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                await self._servers.log_in(address)
                await delete_from_vault(
                    self._servers.get(address, case.place.namespace),
                    self._reserve(case.scope, address),
                    find_in_use=lambda: find_dependants(
                        self._clusters,
                        address,
                        users=case.users,
                        cluster=case.policy.identity.cluster,
                    ),
                    work=work,
                )
        except FencedError:
            raise
        except RootTrustError as error:
            work.failure = work.failure or error
        except TimeoutError:
            work.failure = work.failure or TransientError(
                f"{case.where} is too slow.", reason=Reason.UNREACHABLE
            )
        return work

    def _build_claimant(self, case: _Case) -> Claimant:
        return Claimant(hub=self._hub, policy=case.policy.identity, adopts=False)

    def _reserve(self, scope: DeletionScope, address: str) -> DeletionScope:
        """Return the scope without what is the operator's own, as it is known after a login."""
        terms = self._servers.terms[address]
        return replace(
            scope,
            reserved_roles=terms.reserved_roles,
            reserved_auth_mounts=terms.reserved_auth_mounts,
        )

    async def _tell_wait(self, case: _Case, work: DeletionWork, deadline: datetime) -> None:
        failure, hindrance = work.failure, work.hindrance
        until = deadline.strftime("%H:%M:%SZ")
        message = (
            f"Being deleted, and waiting until {until}: {hindrance.rstrip('.')}. Then what is left "
            "in Vault stays; set management.deletionPolicy: Retain to leave it now."
        )
        progress = DeletionProgress(message=message, removed=frozenset(work.removed))
        outage = build_outage(failure) if failure and is_outage(failure) else None
        outcome = Outcome(generation=case.policy.generation, outage=outage, deletion=progress)
        await self._reporter.report(case.policy, outcome, applied=())

    async def _tell_end(self, case: _Case, work: DeletionWork) -> None:
        if work.removed:
            message = describe_removed(work.removed, where=case.where)
            await self._reporter.post(
                case.policy, reason=Reason.REMOVED_FROM_VAULT, message=message, is_normal=True
            )
        if work.kept:
            await self._reporter.post(
                case.policy,
                reason=Reason.LEFT_IN_CLUSTERS,
                message=f"Left in clusters; remove by hand: {describe_kept(work.kept)}.",
                is_normal=False,
            )
        left = _list_left(case, work)
        if left:
            logger.warning("%s", describe_leftovers(left, where=case.where))
            message = describe_leftovers(left, where=case.where, limit=EVENT_LIMIT)
            await self._reporter.post(
                case.policy, reason=Reason.LEFT_IN_VAULT, message=message, is_normal=False
            )


def _list_users(target: VaultTarget) -> dict[str, str]:
    return {
        each.intermediate_mount: each.cluster
        for each in target.clusters
        if each.intermediate_mount is not None
    }


def _list_left(case: _Case, work: DeletionWork) -> Iterable[Leftover]:
    why = work.failure.message if work.failure else "it came back while it was removed"
    return list_leftovers(case.scope, work.plan, why=why)


def _read_ca_path(policy: PolicyObject) -> str:
    """Return it as it is written; what cannot be read names no mount."""
    try:
        return policy.parse_spec().config.agent_ca.vault.ca_path
    except RootTrustError:
        return ""
