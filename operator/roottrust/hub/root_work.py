"""What a pass over a policy means for its root: it is rotated, and what leaked under it revoked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from roottrust.domain.outcome import Outcome
from roottrust.hub.policy_pass import PolicyPass
from roottrust.hub.revocation_look import RevocationLook
from roottrust.hub.revocation_work import RevocationResult, Revocations
from roottrust.hub.rotation_work import RotationResult, Rotations
from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class RootWorkResult:
    """What came of both; each is None where nothing was to be done."""

    rotation: RotationResult | None = None
    revocations: RevocationResult | None = None

    @property
    def concerned(self) -> frozenset[ObjectKey]:
        """The policies that have to be looked at once this is told."""
        return self.rotation.concerned if self.rotation else frozenset()

    @property
    def next_looks(self) -> tuple[datetime | None, ...]:
        """When to look again."""
        return tuple(each.next_look for each in (self.rotation, self.revocations) if each)

    def tell(self, outcome: Outcome) -> Outcome:
        """Return the outcome of the pass with what is told of both."""
        return replace(
            outcome,
            rotation=self.rotation.told if self.rotation else None,
            revocations=self.revocations.told if self.revocations else None,
        )


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

    async def go_on(self, found: PolicyPass) -> RootWorkResult:
        """Return what came of it; raises RootTrustError of Vault."""
        return RootWorkResult(
            rotation=await self._rotate(found), revocations=await self._revoke(found)
        )

    async def _rotate(self, found: PolicyPass) -> RotationResult | None:
        """Go on with the rotation of the root."""
        course, target = found.accepted.course, found.target
        if course is None:
            return None
        server = self._servers.get(target.server, target.namespace)
        return await self._rotations.go_on(found, course, server=server)

    async def _revoke(self, found: PolicyPass) -> RevocationResult | None:
        """Go on with what people call compromised."""
        if found.accepted.failure is not None:
            return None
        target, course = found.target, found.accepted.course
        look = RevocationLook(
            policy=found.policy,
            claimant=found.request.claimant,
            owner=course.owner if course else found.policy.identity,
            target=target,
            get_server=partial(self._servers.get, target.server, target.namespace),
            plan=found.plan,
            facts=found.facts,
            request=found.request,
            report=found.report,
            writes=found.writes,
        )
        return await self._revocations.go_on(look)
