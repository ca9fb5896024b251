"""What one pass over a policy has found out, in Vault and in clusters."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.facts import VaultFacts
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.plan import Plan
from roottrust.domain.precedence import Claim
from roottrust.domain.target import VaultTarget
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_object import PolicyObject


@dataclass(frozen=True, kw_only=True)
class PolicyPass:
    """All that the work on the policy's root goes on from.

    `plan` and `facts` are None where Vault could not be looked at; `writes` is False for a policy
    that is observed only.
    """

    policy: PolicyObject
    accepted: Acceptance
    plan: Plan | None
    facts: VaultFacts | None
    request: IssuanceRequest
    report: IssuanceReport
    writes: bool

    @property
    def claim(self) -> Claim:
        """What the policy claims."""
        return self.accepted.demand.claim

    @property
    def target(self) -> VaultTarget:
        """What it asks for in Vault."""
        return self.accepted.target
