"""The controller of RootTrustPolicies: one reconcile for create, edit, resync and restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import build_fault
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.precedence import Claim
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.revocation import SETTLE_TIME
from roottrust.domain.rotation.wish import KUBELET_TIME
from roottrust.domain.vault_object import VaultKind
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_work import ClusterWork
from roottrust.hub.finalizer import Finalizers
from roottrust.hub.issuance_work import observe_issuance, work_on_issuance
from roottrust.hub.key_book import KeyBook
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_acceptor import PolicyAcceptor
from roottrust.hub.policy_deletion import DELETION_SECONDS, PolicyDeleter
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_outcome import build_outcome, find_next_look
from roottrust.hub.policy_pass import PolicyPass
from roottrust.hub.policy_reader import PolicyReader
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.policy_vault import PolicyVault
from roottrust.hub.revocation_work import Revocations
from roottrust.hub.root_work import RootWork, RootWorkResult
from roottrust.hub.rotation_work import Rotations
from roottrust.hub.status_patience import StatusPatience
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_work import VaultWork
from roottrust.kube.client import KubeClient
from roottrust.runtime.store import ObjectKey

_ROOT_KINDS = frozenset({VaultKind.ROOT, VaultKind.ROOT_IMPORT, VaultKind.ISSUER_NAME})


@dataclass(frozen=True, kw_only=True)
class _Result:
    """What came of a pass; early is one for whose root another policy is to make it first."""

    outcome: Outcome
    work: VaultWork
    error: RootTrustError | None = None
    root: RootWorkResult = field(default_factory=RootWorkResult)
    is_early: bool = False


class PolicyController:
    """Reconciles one policy at a time by its key; holds nothing that could not be lost.

    `on_root` is told when a root was made: other policies may be waiting for it; `on_late` when
    work in a cluster has ended that a reconcile did not wait for; `on_report` of each look at what
    agents have; `on_rotation` of the policies that a step of a root's rotation concerns.
    """

    def __init__(
        self,
        *,
        hub: str,
        client: KubeClient,
        homes: PolicyHomes,
        clusters: ClusterRegistry,
        servers: VaultServers,
        reporter: PolicyReporter,
        now: Callable[[], datetime],
        deletion_seconds: float = DELETION_SECONDS,
        kubelet_time: timedelta = KUBELET_TIME,
        settle_time: timedelta = SETTLE_TIME,
        on_root: Callable[[], None] = lambda: None,
        on_late: Callable[[PolicyIdentity], None] = lambda _: None,
        on_report: Callable[[PolicyObject, IssuanceReport], None] = lambda *_: None,
        on_rotation: Callable[[Iterable[ObjectKey]], None] = lambda _: None,
    ) -> None:
        self._clusters = clusters
        self._homes = homes
        self._reporter = reporter
        self._now = now
        self._on_root = on_root
        self._on_report = on_report
        self._on_rotation = on_rotation
        self._patience = StatusPatience(now=now)
        self._reader = PolicyReader(clusters=clusters, servers=servers)
        self._finalizers = Finalizers(homes)
        self._cluster_work = ClusterWork(on_late=on_late)
        self._deleter = PolicyDeleter(
            hub=hub,
            reader=self._reader,
            servers=servers,
            finalizers=self._finalizers,
            clusters=clusters,
            cluster_work=self._cluster_work,
            reporter=reporter,
            now=now,
            patience_seconds=deletion_seconds,
        )
        self.keys = KeyBook()
        self.claims = ClaimBook(homes, read=lambda policy: self._reader.read(policy).claim)
        rotations = Rotations(
            clusters=clusters,
            homes=homes,
            claims=self.claims,
            reader=self._reader,
            now=now,
            kubelet_time=kubelet_time,
        )
        self.acceptor = PolicyAcceptor(
            client=client,
            homes=homes,
            servers=servers,
            reader=self._reader,
            claims=self.claims,
            keys=self.keys,
            rotations=rotations,
        )
        self.vault = PolicyVault(
            hub=hub, client=client, homes=homes, clusters=clusters, servers=servers, now=now
        )
        self._root_work = RootWork(
            servers=servers,
            rotations=rotations,
            revocations=Revocations(clusters=clusters, now=now, settle_time=settle_time),
        )

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Bring Vault to what the policy asks for, and tell of it; return when to look again.

        Raises whatever asks for a retry, after it was told of.
        """
        policy = self._homes.read(key)
        if policy is None:
            self._forget(key)
            return None
        if policy.is_deleted:
            return await self._deleter.delete(policy)
        if policy.has_finalizer and not policy.wants_deletion:
            await self._finalizers.remove(policy)
        result = await self._work_on(policy)
        applied = result.work.applied
        if any(action.wanted.kind in _ROOT_KINDS for action in applied):
            self._on_root()
        wait = self._patience.find_wait(
            policy,
            result.outcome,
            is_early=result.is_early,
            is_quiet=result.error is None and not applied,
        )
        if wait > 0:
            return wait
        await self._reporter.report(policy, result.outcome, applied=applied)
        if result.root.concerned:
            self._on_rotation(result.root.concerned)
        if result.error is not None:
            raise result.error
        return find_next_look(result.outcome, self._now(), looks=result.root.next_looks)

    async def close(self) -> None:
        """End what still goes on in clusters."""
        await self._cluster_work.close()

    def observe_certificates(
        self, policy: PolicyObject, accepted: Acceptance, plan: Plan | None
    ) -> IssuanceRequest:
        """Return what IssuedCertificates are planned from; `plan` is the last one of Vault."""
        return observe_issuance(
            self._clusters,
            claimant=self.vault.build_claimant(policy, accepted.target),
            target=accepted.target,
            options=accepted.options,
            plan=plan,
            known_roots=policy.find_known_roots(accepted.target),
        )

    def _forget(self, key: ObjectKey) -> None:
        self._reporter.forget(key)
        self._reader.forget(key)
        self._root_work.forget(key)
        self._patience.forget(key)
        self._deleter.forget(key)

    async def _work_on(self, policy: PolicyObject) -> _Result:
        try:
            accepted = await self.acceptor.accept(policy)
        except RootTrustError as error:
            outcome = Outcome(generation=policy.generation, refusal=build_fault(error))
            return _Result(outcome=outcome, work=VaultWork(), error=error)
        work = await self._work_on_vault(policy, accepted)
        outcome = build_outcome(policy, accepted.demand.spec, accepted.target, work)
        writes = not outcome.is_observed_only
        request = self.observe_certificates(policy, accepted, outcome.plan)
        issuance = await work_on_issuance(
            self._clusters, request, work=self._cluster_work, writes=writes, now=self._now()
        )
        self._on_report(policy, issuance.report)
        found = PolicyPass(
            policy=policy,
            accepted=accepted,
            plan=outcome.plan,
            facts=work.facts,
            request=request,
            report=issuance.report,
            writes=writes,
        )
        root = await self._root_work.go_on(found)
        failure = work.failure or issuance.failure
        return _Result(
            outcome=root.tell(replace(outcome, issuance=issuance.report)),
            work=work,
            error=failure,
            root=root,
            is_early=self._is_early(failure, found.claim),
        )

    async def _work_on_vault(self, policy: PolicyObject, accepted: Acceptance) -> VaultWork:
        if accepted.failure is not None:
            return VaultWork(failure=accepted.failure)
        try:
            if policy.wants_deletion:
                await self._finalizers.add(policy)  # before anything is there to be removed
            return await self.vault.work_on(policy, accepted)
        except RootTrustError as error:
            return VaultWork(failure=error)

    def _is_early(self, error: RootTrustError | None, claim: Claim) -> bool:
        is_missing = error is not None and error.reason is Reason.ROOT_NOT_FOUND
        return is_missing and self.claims.find_maker(claim) is not None
