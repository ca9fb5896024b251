"""What a reconcile found out: the input of a status."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.deletion_report import DeletionProgress
from roottrust.domain.fault import Fault
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.plan import Plan
from roottrust.domain.reviewer import ReviewerTokens
from roottrust.domain.rotation.report import ToldRotation
from roottrust.domain.rotation.revocation_report import ToldRevocations
from roottrust.domain.target import VaultTarget


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far a policy came.

    `refusal` tells why it is not accepted, `outage` why Vault cannot be used, `failure` what a read
    or write in Vault met; `plan` is the last one, made after the last write. `reviewer_tokens` is
    what is known of them now, None if nothing new is. `issuance` tells of the IssuedCertificates,
    None for a policy that is not accepted. `deletion` is there while the policy is being
    deleted. `rotation` and `revocations` are None where nothing new is known of them.
    """

    generation: int
    target: VaultTarget | None = None
    refusal: Fault | None = None
    outage: Fault | None = None
    failure: Fault | None = None
    plan: Plan | None = None
    reviewer_tokens: ReviewerTokens | None = None
    issuance: IssuanceReport | None = None
    is_observed_only: bool = False
    deletion: DeletionProgress | None = None
    rotation: ToldRotation | None = None
    revocations: ToldRevocations | None = None
