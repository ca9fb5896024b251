"""The controller of RootTrustPolicies: one reconcile for create, edit, resync and restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from roottrust.api.choices import ManagementMode
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.acceptance import check_agents_ca, find_ca_reference
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.fault import build_fault
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.issuance import read_agent_options
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.outcome import Outcome
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.precedence import Claim, settle
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.course import Course, follow_course
from roottrust.domain.rotation.revocation import SETTLE_TIME
from roottrust.domain.rotation.wish import KUBELET_TIME
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import tell_keys
from roottrust.domain.vault_object import VaultKind
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_work import ClusterWork
from roottrust.hub.finalizer import Finalizers
from roottrust.hub.issuance_work import observe_issuance, work_on_issuance
from roottrust.hub.key_book import KeyBook
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_deletion import DELETION_SECONDS, PolicyDeleter
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_outcome import build_outcome, find_next_look
from roottrust.hub.policy_reader import Demand, PolicyReader
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.reviewer_book import ReviewerBook
from roottrust.hub.revocation_work import RevocationResult, Revocations
from roottrust.hub.root_secret import read_root_secret
from roottrust.hub.root_work import RootWork
from roottrust.hub.rotation_work import RotationResult, Rotations
from roottrust.hub.status_patience import StatusPatience
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_work import VaultWork, observe_snapshot, work_on_vault
from roottrust.kube.client import KubeClient
from roottrust.kube.secrets import read_secret_key
from roottrust.runtime.store import ObjectKey

_ROOT_KINDS = frozenset({VaultKind.ROOT, VaultKind.ROOT_IMPORT, VaultKind.ISSUER_NAME})


@dataclass(frozen=True, kw_only=True)
class _Result:
    """What came of a reconcile; early is one for whose root another policy is to make it first."""

    outcome: Outcome
    work: VaultWork
    error: RootTrustError | None = None
    rotation: RotationResult | None = None
    revocations: RevocationResult | None = None
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
        self._hub = hub
        self._clusters = clusters
        self._client = client
        self._homes = homes
        self._servers = servers
        self._reporter = reporter
        self._now = now
        self._on_root = on_root
        self._on_report = on_report
        self._on_rotation = on_rotation
        self.keys = KeyBook()
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
        self.claims = ClaimBook(homes, read=lambda policy: self._reader.read(policy).claim)
        self._rotations = Rotations(
            clusters=clusters,
            homes=homes,
            claims=self.claims,
            reader=self._reader,
            now=now,
            kubelet_time=kubelet_time,
        )
        self._root_work = RootWork(
            servers=servers,
            rotations=self._rotations,
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
        if any(action.wanted.kind in _ROOT_KINDS for action in result.work.applied):
            self._on_root()
        wait = self._patience.find_wait(
            policy,
            result.outcome,
            is_early=result.is_early,
            is_quiet=result.error is None and not result.work.applied,
        )
        if wait > 0:
            return wait
        await self._reporter.report(policy, result.outcome, applied=result.work.applied)
        rotation = result.rotation
        if rotation is not None and rotation.concerned:
            self._on_rotation(rotation.concerned)
        if result.error is not None:
            raise result.error
        looks = tuple(each.next_look for each in (rotation, result.revocations) if each)
        return find_next_look(result.outcome, self._now(), looks=looks)

    async def close(self) -> None:
        """End what still goes on in clusters."""
        await self._cluster_work.close()

    async def accept(self, policy: PolicyObject) -> Acceptance:
        """Return what a policy asks for; raises RootTrustError when it cannot be accepted."""
        demand, failure = await self._read(policy)
        options = read_agent_options(demand.spec, ca_pem=await self._read_agents_ca(policy, demand))
        target = settle(demand.claim, self.claims.list_beside(demand.claim))
        told = policy.status.warnings if policy.status else ()
        counts = self.keys.find(policy.identity, target)
        warnings = tell_keys(target.warnings, counts, before=told)
        target = replace(target, warnings=warnings)
        course = None
        if failure is None:
            try:
                course = await self._find_course(demand, target)
            except RootTrustError as error:
                failure = error
        if course is not None:
            is_owner = course.owner.full_name == policy.identity.full_name
            target = follow_course(target, course, is_owner=is_owner)
        return Acceptance(
            demand=demand, target=target, options=options, course=course, failure=failure
        )

    async def _find_course(self, demand: Demand, target: VaultTarget) -> Course | None:
        get_server = partial(self._servers.get, target.server, target.namespace)
        return await self._rotations.find_course(demand.claim, get_server)

    async def look(self, policy: PolicyObject, accepted: Acceptance) -> Snapshot:
        """Return what `reconcile` would plan from, and write nothing; raises RootTrustError."""
        if accepted.failure is not None:
            raise accepted.failure
        target = accepted.target
        server = self._servers.get(target.server, target.namespace)
        return await observe_snapshot(
            server,
            target,
            claimant=self._build_claimant(policy, target),
            known_root=_find_known_root(policy, accepted),
            root_secret=await self._read_root_secret(target),
            reviewer_tokens=policy.find_reviewer_tokens(target),
            now=self._now,
        )

    def observe_certificates(
        self, policy: PolicyObject, accepted: Acceptance, plan: Plan | None
    ) -> IssuanceRequest:
        """Return what IssuedCertificates are planned from; `plan` is the last one of Vault."""
        return observe_issuance(
            self._clusters,
            claimant=self._build_claimant(policy, accepted.target),
            target=accepted.target,
            options=accepted.options,
            plan=plan,
            known_roots=policy.find_known_roots(accepted.target),
        )

    def list_accepted(self) -> Iterator[tuple[PolicyObject, Demand]]:
        """Return the policies that can be accepted and are not being deleted."""
        for key in sorted(self._homes.list_keys()):
            policy = self._homes.read(key)
            if policy is not None and not policy.is_deleted:
                with suppress(RootTrustError):
                    yield policy, self._reader.read(policy)

    def _forget(self, key: ObjectKey) -> None:
        self._reporter.forget(key)
        self._reader.forget(key)
        self._root_work.forget(key)
        self._patience.forget(key)
        self._deleter.forget(key)

    async def _work_on(self, policy: PolicyObject) -> _Result:
        try:
            accepted = await self.accept(policy)
        except RootTrustError as error:
            outcome = Outcome(generation=policy.generation, refusal=build_fault(error))
            return _Result(outcome=outcome, work=VaultWork(), error=error)
        spec, work = accepted.demand.spec, VaultWork(failure=accepted.failure)
        if accepted.failure is None:
            try:
                if policy.wants_deletion:
                    await self._finalizers.add(policy)  # before anything is there to be removed
                work = await self._work_on_vault(policy, spec, accepted)
            except RootTrustError as error:
                work = VaultWork(failure=error)
        outcome = build_outcome(policy, spec, accepted.target, work)
        request = self.observe_certificates(policy, accepted, outcome.plan)
        issuance = await work_on_issuance(
            self._clusters,
            request,
            work=self._cluster_work,
            writes=not outcome.is_observed_only,
            now=self._now(),
        )
        self._on_report(policy, issuance.report)
        outcome = replace(outcome, issuance=issuance.report)
        followed = await self._root_work.go_on(policy, accepted, outcome, work.facts, request)
        result = _Result(
            outcome=followed.outcome,
            work=work,
            error=work.failure or issuance.failure,
            rotation=followed.rotation,
            revocations=followed.revocations,
        )
        return replace(result, is_early=self._is_early(result, accepted.demand.claim))

    async def _read(self, policy: PolicyObject) -> tuple[Demand, RootTrustError | None]:
        """Return what a policy asks for, and why nobody can be asked for it if the login fails.

        It is read again after the login, which tells what else is reserved.
        """
        demand = self._reader.read(policy)
        try:
            if await self._servers.log_in(demand.claim.target.server):
                self.claims.outdate_all()
        except RootTrustError as error:
            return demand, error
        return self._reader.read(policy), None

    def _is_early(self, result: _Result, claim: Claim) -> bool:
        error = result.error
        is_missing = error is not None and error.reason is Reason.ROOT_NOT_FOUND
        return is_missing and self.claims.find_maker(claim) is not None

    async def _read_agents_ca(self, policy: PolicyObject, demand: Demand) -> str | None:
        """Return the CA of Vault, which agents are given inline: they cannot read the Secret.

        A policy that names none gets the operator's own for that server.
        """
        reference = find_ca_reference(policy.identity, demand.spec)
        if reference is None:
            given = demand.spec.config.agent_ca.vault.ca_bundle
            return given or self._servers.get_ca(demand.claim.target.server)
        secret = await read_secret_key(
            self._client,
            namespace=policy.identity.namespace,
            name=reference.name,
            key=reference.key,
        )
        pem = secret.get_secret_value()
        check_agents_ca(pem)
        return pem

    async def _work_on_vault(
        self,
        policy: PolicyObject,
        spec: RootTrustPolicySpec,
        accepted: Acceptance,
    ) -> VaultWork:
        target = accepted.target
        server = self._servers.get(target.server, target.namespace)
        return await work_on_vault(
            server,
            target,
            claimant=self._build_claimant(policy, target),
            known_root=_find_known_root(policy, accepted),
            root_secret=await self._read_root_secret(target),
            reviewers=ReviewerBook(
                policy.find_reviewer_tokens(target), issue=self._clusters.issue_reviewer_token
            ),
            writes=spec.management.mode is ManagementMode.MANAGE,
            now=self._now,
        )

    async def _read_root_secret(self, target: VaultTarget) -> ImportedRoot | Unread | None:
        """Return what an import has to give: the root in use, or the one to take its place."""
        return await read_root_secret(
            self._client, target.rotation.next if target.rotation else target.root
        )

    def _build_claimant(self, policy: PolicyObject, target: VaultTarget) -> Claimant:
        return Claimant(
            hub=self._hub,
            policy=policy.identity,
            adopts=policy.adopts,
            created=policy.find_created_paths(target),
            existing=self._homes,
        )


def _find_known_root(policy: PolicyObject, accepted: Acceptance) -> str | None:
    """Return the fingerprint of the root in use; a rotation says which one that is by now."""
    course = accepted.course
    return policy.find_known_root(accepted.target, rotated=course.root if course else None)
