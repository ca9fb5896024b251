"""The whole input of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from roottrust.domain.facts import Unread, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.ownership import Claimant
from roottrust.domain.reviewer import ReviewerTokens
from roottrust.domain.target import VaultTarget


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One policy, what it asks for and what Vault has, at one time.

    `known_root` is the fingerprint of the root that the policy uses already, None if it uses none:
    no other one takes its place by itself. `root_secret` is what an import has to give,
    None if nothing is to be imported. `reviewer_tokens` is what is known of the tokens that Vault
    has, by the path of the auth config.
    """

    claimant: Claimant
    target: VaultTarget
    facts: VaultFacts
    known_root: str | None
    now: datetime
    root_secret: ImportedRoot | Unread | None = None
    reviewer_tokens: ReviewerTokens = field(default_factory=dict)
