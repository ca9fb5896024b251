"""What a pass over a policy means for its root: it is rotated, and what leaked under it revoked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from roottrust.domain.facts import VaultFacts
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.outcome import Outcome
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.revocation_look import RevocationLook
from roottrust.hub.revocation_work import RevocationResult, Revocations
from roottrust.hub.rotation_work import RotationLook, RotationResult, Rotations
from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class RootWorkResult:
    """The outcome with what is told of both."""

    outcome: Outcome
    rotation: RotationResult | None = None
    revocations: RevocationResult | None = None


class RootWork:
    """Goes on with both, as far as a pass has found out."""

    def __init__(
        self, *, servers: VaultServers, rotations: Rotations, revocations: Revocations
    ) -> None:
        self._servers = servers
        self._rotations = rotations
        self._revocations = revocations

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._rotations.forget(policy)
        self._revocations.forget(policy)

    async def go_on(
        self,
        policy: PolicyObject,
        accepted: Acceptance,
        outcome: Outcome,
        facts: VaultFacts | None,
        request: IssuanceRequest,
    ) -> RootWorkResult:
        """Return what came of it; raises RootTrustError of Vault."""
        rotation = await self._rotate(policy, accepted, outcome, facts, request)
        revocations = await self._revoke(policy, accepted, outcome, facts, request)
        told = replace(
            outcome,
            rotation=rotation.told if rotation else None,
            revocations=revocations.told if revocations else None,
        )
        return RootWorkResult(outcome=told, rotation=rotation, revocations=revocations)

    async def _rotate(
        self,
        policy: PolicyObject,
        accepted: Acceptance,
        outcome: Outcome,
        facts: VaultFacts | None,
        request: IssuanceRequest,
    ) -> RotationResult | None:
        """Go on with the rotation of the root."""
        if accepted.course is None or outcome.issuance is None:
            return None
        target = accepted.target
        look = RotationLook(
            policy=policy,
            claim=accepted.demand.claim,
            target=target,
            server=self._servers.get(target.server, target.namespace),
            plan=outcome.plan,
            facts=facts,
            request=request,
            report=outcome.issuance,
        )
        writes = not outcome.is_observed_only
        return await self._rotations.go_on(look, accepted.course, writes=writes)

    async def _revoke(
        self,
        policy: PolicyObject,
        accepted: Acceptance,
        outcome: Outcome,
        facts: VaultFacts | None,
        request: IssuanceRequest,
    ) -> RevocationResult | None:
        """Go on with what people call compromised."""
        if outcome.issuance is None or accepted.failure is not None:
            return None
        target, course = accepted.target, accepted.course
        look = RevocationLook(
            policy=policy,
            claimant=request.claimant,
            owner=course.owner if course else policy.identity,
            target=target,
            get_server=partial(self._servers.get, target.server, target.namespace),
            plan=outcome.plan,
            facts=facts,
            request=request,
            report=outcome.issuance,
            writes=not outcome.is_observed_only,
        )
        return await self._revocations.go_on(look)
